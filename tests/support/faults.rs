//! Faults that a story switches on in its server (`src/fault/mod.rs`), and a database that another process holds.

use std::path::PathBuf;

use super::database::Sql;
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

/// Runs statements on a database.
pub(crate) fn run_sql(url: &str, statements: &str) {
    Sql::connects(url).runs(statements);
}

/// The one number that a query gives on a database.
pub(crate) fn count(url: &str, query: &str) -> i64 {
    Sql::connects(url).count(query)
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
    pub(crate) fn holds_database(&self) -> Sql {
        let mut sql = Sql::connects(&self.database_url());
        sql.runs(match sql {
            Sql::File(_) => "BEGIN IMMEDIATE",
            // Each writer takes this row first.
            Sql::Postgres(_) => "BEGIN; SELECT pos FROM log_head FOR UPDATE",
        });
        sql
    }
}
