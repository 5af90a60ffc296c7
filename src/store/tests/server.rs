//! A PostgreSQL database for each test, if `GROUNDNUT_TEST_POSTGRES` names a server; else the tests use files.

use std::sync::OnceLock;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use tempfile::TempDir;

use crate::clock::Clock;
use crate::store::{Store, StoreOptions};

/// The address of a database of a user that may make others.
const SERVER: &str = "GROUNDNUT_TEST_POSTGRES";

/// The database of one test. It goes with this.
pub(super) struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// A new one, if the tests use a server.
    pub(super) fn of(directory: &TempDir) -> Option<Self> {
        let server = server()?;
        let name = name_of(directory);
        let template = template(server);
        run(
            server,
            &format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\" STRATEGY FILE_COPY"),
        );
        Some(Self { name })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(server) = server() {
            run(
                server,
                &format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name),
            );
        }
    }
}

/// Its address, if the tests use a server.
pub(super) fn url_of(directory: &TempDir) -> Option<String> {
    server().map(|server| within(server, &name_of(directory)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program itself has no such setting"
)]
fn server() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    URL.get_or_init(|| std::env::var(SERVER).ok()).as_deref()
}

fn name_of(directory: &TempDir) -> String {
    let name = directory.path().file_name().unwrap().to_str().unwrap();
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("test_{}_{plain}", std::process::id())
}

/// The address of another database of the server.
fn within(server: &str, name: &str) -> String {
    let (place, parameters) = server.split_once('?').unwrap_or((server, ""));
    let (place, _) = place.rsplit_once('/').unwrap();
    format!("{place}/{name}?{parameters}")
}

fn run(url: &str, statement: &str) {
    PgConnection::establish(url)
        .unwrap()
        .batch_execute(statement)
        .unwrap_or_else(|error| panic!("{error}: {statement}"));
}

/// A database with all migrations, to be copied: they take longer than most tests.
fn template(server: &str) -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("template_{}", std::process::id());
        run(server, &format!("CREATE DATABASE \"{name}\""));
        let options = StoreOptions {
            url: within(server, &name),
            read_connections: 1,
            ..StoreOptions::default()
        };
        let made = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let store = Store::open(&options, Clock::default(), std::sync::Arc::default()).unwrap();
            runtime.block_on(store.close());
        });
        made.join().unwrap();
        name
    })
}
