//! Faults that a story switches on in its server (`src/fault/mod.rs`), and a database that another process holds.

use std::path::PathBuf;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

use super::{TestServer, eventually};

/// The folder beside the database whose files switch faults on.
pub(crate) const FAULTS: &str = "faults";

/// A fault that is on until this goes.
pub(crate) struct Switch(PathBuf);

impl Switch {
    pub(super) fn on(file: PathBuf) -> Self {
        std::fs::write(&file, b"").expect("a folder for faults");
        Self(file)
    }

    /// Waits until its victim has arrived and is held.
    pub(crate) fn is_met(&self) {
        let met = self.0.with_extension("met");
        eventually("the fault is met", || met.exists());
    }

    /// Off again.
    pub(crate) fn off(self) {
        drop(self);
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // One that happens once takes its file away itself.
        drop(std::fs::remove_file(&self.0));
        drop(std::fs::remove_file(self.0.with_extension("met")));
    }
}

fn connects(url: &str) -> SqliteConnection {
    let path = url.strip_prefix("sqlite://").expect("a path");
    let mut sql = SqliteConnection::establish(path).expect("the database");
    sql.batch_execute("PRAGMA busy_timeout = 10000")
        .expect("a setting");
    sql
}

/// Runs statements on a database.
pub(crate) fn run_sql(url: &str, statements: &str) {
    connects(url)
        .batch_execute(statements)
        .unwrap_or_else(|error| panic!("{error}: {statements}"));
}

/// The one number that a query gives on a database.
pub(crate) fn count(url: &str, query: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let asked = diesel::sql_query(format!("SELECT ({query}) AS count"));
    let counted: Count = asked
        .get_result(&mut connects(url))
        .unwrap_or_else(|error| panic!("{error}: {query}"));
    counted.count
}

/// What another process does to the database.
impl TestServer {
    /// Runs statements.
    pub(crate) fn sql(&self, statements: &str) {
        run_sql(&self.database_url(), statements);
    }

    /// The one number that a query gives.
    pub(crate) fn count(&self, query: &str) -> i64 {
        count(&self.database_url(), query)
    }

    /// Keeps all other connections from writing until it goes. (The server gives its writes up soon.)
    pub(crate) fn holds_database(&self) -> SqliteConnection {
        let mut sql = connects(&self.database_url());
        sql.batch_execute("BEGIN IMMEDIATE").expect("the lock");
        sql
    }
}
