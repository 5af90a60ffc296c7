//! A PostgreSQL database for each test, if `GROUNDNUT_TEST_POSTGRES` names a server; else the tests use files.

use std::path::Path;
use std::sync::OnceLock;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use tempfile::TempDir;

use super::Place;
use crate::clock::Clock;
use crate::store::connect::Sql;
use crate::store::{Store, StoreOptions};

/// The address of a database of a user that may make others.
const SERVER: &str = "GROUNDNUT_TEST_POSTGRES";
/// How the names of the databases begin; the id of the process that made it follows.
const PREFIX: &str = "groundnut_store_";

/// The database of one test. It goes with this.
pub(super) struct TestDatabase {
    pub(super) name: String,
}

impl TestDatabase {
    /// A new one with all tables, if the tests use a server.
    pub(super) fn of(directory: &TempDir) -> Option<Self> {
        let server = server()?;
        let made = Self::made(directory, &format!("TEMPLATE {}", template(server)))?;
        // A copy of a log is the same log, and each test has one of its own.
        let epoch = format!("UPDATE log_head SET epoch = '{}'", made.name);
        run(&within(server, &made.name), &epoch);
        Some(made)
    }

    /// One that nothing has been in, if the tests use a server. `how`: as CREATE DATABASE is told.
    pub(super) fn made(directory: &TempDir, how: &str) -> Option<Self> {
        let server = server()?;
        let name = name_of(directory);
        run(server, &format!("CREATE DATABASE {name} {how}"));
        Some(Self { name })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(server) = server() {
            let gone = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            run(server, &gone);
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
    URL.get_or_init(|| std::env::var(SERVER).ok().filter(|url| !url.is_empty()))
        .as_deref()
}

fn name_of(directory: &TempDir) -> String {
    let name = directory.path().file_name().unwrap().to_str().unwrap();
    // Upper-case letters would need quotes.
    let hex: String = name.bytes().map(|byte| format!("{byte:x}")).collect();
    format!("{PREFIX}{}_{hex}", std::process::id())
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
        drop_those_of_ended_runs(server);
        let name = format!("{PREFIX}{}_template", std::process::id());
        run(server, &format!("CREATE DATABASE {name}"));
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

/// Each run leaves its template, and one that was killed the databases of its tests.
fn drop_those_of_ended_runs(server: &str) {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let mut sql = PgConnection::establish(server).unwrap();
    let all = diesel::sql_query("SELECT datname::text AS name FROM pg_database");
    for Named { name } in all.load(&mut sql).unwrap() {
        let process = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('_').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // Another run may do the same.
            drop(sql.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        }
    }
}

/// What the two databases are told in different words.
impl Place {
    /// Statements behind the store's back.
    pub(super) async fn run(&self, sqlite: &'static str, postgres: &'static str) {
        self.write(move |tx| {
            let statements = match tx.sql {
                Sql::Sqlite(_) => sqlite,
                Sql::Postgres(_) => postgres,
            };
            Ok(tx.sql.batch_execute(statements)?)
        })
        .await;
    }

    /// A transaction on a server that has read a table, and goes on until it is dropped.
    pub(super) fn reads_for_long(&self, table: &str) -> Option<PgConnection> {
        let mut reader = PgConnection::establish(&url_of(&self.directory)?).unwrap();
        let reads = format!("BEGIN; LOCK TABLE {table} IN ACCESS SHARE MODE");
        reader.batch_execute(&reads).unwrap();
        Some(reader)
    }

    /// The one number that a query gives.
    pub(super) async fn number(&self, sqlite: &'static str, postgres: &'static str) -> i64 {
        self.read(move |db| {
            let query = match db.sql {
                Sql::Sqlite(_) => sqlite,
                Sql::Postgres(_) => postgres,
            };
            let number = diesel::dsl::sql::<BigInt>(&format!("({query})"));
            Ok(diesel::select(number).get_result::<i64>(db.sql)?)
        })
        .await
    }

    /// A connection that the store knows nothing of.
    pub(super) fn connect(&self) -> Sql {
        self.options().database().unwrap().connect().unwrap()
    }

    /// Every word in a full-text index, with what holds it: in the column `words` or `marks`.
    pub(super) async fn indexed(
        &self,
        index: &'static str,
        column: &'static str,
    ) -> Vec<(String, i64)> {
        #[derive(QueryableByName)]
        struct Held {
            #[diesel(sql_type = Text)]
            term: String,
            #[diesel(sql_type = BigInt)]
            doc: i64,
        }
        let held = self.write(move |tx| {
            let all = match tx.sql {
                Sql::Sqlite(_) => {
                    let vocabulary = format!(
                        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.held
                        USING fts5vocab(main, {index}, 'instance')"
                    );
                    diesel::sql_query(vocabulary).execute(tx.sql)?;
                    format!("SELECT term, doc FROM temp.held WHERE col = '{column}'")
                }
                // Each mark begins with a sign.
                Sql::Postgres(_) => format!(
                    "SELECT ltrim(lexeme, '=') AS term, id AS doc FROM {index}, unnest(words)
                    WHERE (lexeme LIKE '=%') = ('{column}' = 'marks')"
                ),
            };
            let all = diesel::sql_query(format!("{all} ORDER BY 2, 1"));
            Ok(all.load::<Held>(tx.sql)?)
        });
        let held = held.await.into_iter();
        held.map(|one| (one.term, one.doc)).collect()
    }
}

/// On PostgreSQL an index fails if a trigger says so: until this is undone, no row of the table is added or deleted.
pub(super) const BREAKS_POSTS: &str =
    "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
    CREATE TRIGGER breaks BEFORE INSERT OR DELETE ON post_words EXECUTE FUNCTION breaks()";
/// The same for messages.
pub(super) const BREAKS_MESSAGES: &str =
    "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
    CREATE TRIGGER breaks BEFORE INSERT OR DELETE ON message_words EXECUTE FUNCTION breaks()";
/// The same for channels.
pub(super) const BREAKS_CHANNELS: &str =
    "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
    CREATE TRIGGER breaks BEFORE INSERT OR DELETE ON channel_words EXECUTE FUNCTION breaks()";
/// All is well again.
pub(super) const MENDS: &str = "DROP FUNCTION IF EXISTS breaks CASCADE";
