//! What a job may hold: a connection for reading, or its part of a write transaction.

use std::ops::{Deref, DerefMut};

use super::Failure;
use super::connect::Sql;
use super::group::Group;
use crate::event::{Payload, Pos};
use crate::model::Stamp;

/// One connection, for reading. A job sees one state of the database from its first to its last question.
///
/// Methods are in the files of their aggregates: `users.rs`, `channels/`, `messages/` …
pub struct Db<'c> {
    pub(super) sql: &'c mut Sql,
}

/// A job's part of a write transaction. Everything it did goes if it fails, its events too.
pub struct Tx<'c> {
    db: Db<'c>,
    group: &'c mut Group,
    accepted: Stamp,
}

impl<'c> Tx<'c> {
    /// `accepted`: when the job was let into the queue.
    pub(super) fn new(sql: &'c mut Sql, group: &'c mut Group, accepted: Stamp) -> Self {
        Self {
            db: Db { sql },
            group,
            accepted,
        }
    }

    /// A new timestamp, later than all issued ones, also over restarts.
    pub fn now(&mut self) -> Stamp {
        self.group.now()
    }

    /// The last event that was committed before.
    pub(super) fn head(&self) -> Pos {
        self.group.head
    }

    /// Appends an event to the log, if this job succeeds and its transaction commits.
    pub fn announce(&mut self, payload: Payload) {
        self.group.announce(self.accepted, payload);
    }

    /// The state of the job's group, without the connection.
    pub(super) fn parts(&mut self) -> (&mut Sql, &mut Group) {
        (self.db.sql, self.group)
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Db<'c>;
    fn deref(&self) -> &Self::Target {
        &self.db
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.db
    }
}

/// A JSON column that does not parse was not written by this program.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::trouble(format!("stored {what} is not readable: {error}")))
}

/// As a JSON column.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Failure::trouble(format!("not storable as JSON: {error}")))
}
