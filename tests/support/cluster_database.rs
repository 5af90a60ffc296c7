//! A PostgreSQL database that several servers share.

use std::path::Path;

use super::database::{self, Database};
use super::postgres::PostgresServer;

/// Goes with its story.
pub(crate) enum SharedDatabase {
    /// On the server of this run.
    Made(Database),
    /// On a server of its own: this run has none.
    Own(PostgresServer),
}

impl SharedDatabase {
    /// An empty one.
    pub(crate) fn make() -> Self {
        match database::postgres() {
            Some(_) => Self::Made(Database::empty(Path::new("."))),
            None => Self::Own(PostgresServer::start()),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Made(database) => database.url(),
            Self::Own(server) => server.url("groundnut"),
        }
    }
}
