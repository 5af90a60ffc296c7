//! What a job may hold: a connection for reading, or its part of a write transaction.

use std::ops::{Deref, DerefMut};
use std::time::Instant;

use super::Failure;
use super::cache::Invalidated;
use super::connect::Sql;
use super::search::Words;
use crate::clock::Clock;
use crate::event::{Event, Payload, Timestamps};
use crate::model::Stamp;

/// One connection, for reading. A job sees one state of the database from its first to its last question.
///
/// Methods stand in the files of their aggregates: `users.rs`, `channels/`, `messages/` …
pub struct Db<'c> {
    pub(super) sql: &'c mut Sql,
}

/// A job's part of a write transaction. Everything it did goes if it fails, its events too.
pub struct Tx<'c> {
    db: Db<'c>,
    group: &'c mut Group,
    accepted: Stamp,
}

/// What the jobs of one commit leave behind.
pub(super) struct Group {
    /// When its transaction began.
    pub(super) began: Instant,
    clock: Clock,
    /// The last moment given out, by whichever process.
    pub(super) stamp: Stamp,
    /// In the order of their announcement; numbered at the end.
    pub(super) events: Vec<Event>,
    /// What the full-text index has to learn, in order; written at the end, in one go.
    pub(super) words: Vec<Words>,
    /// What caches must drop once this is committed.
    pub(super) invalidated: Vec<Invalidated>,
}

impl Group {
    pub(super) fn new(clock: Clock, stamp: Stamp) -> Self {
        Self {
            began: Instant::now(),
            clock,
            stamp,
            events: Vec::new(),
            words: Vec::new(),
            invalidated: Vec::new(),
        }
    }

    /// It is committed.
    pub(super) fn committed(&mut self, at: Stamp) {
        for event in &mut self.events {
            event.timestamps.committed = Some(at);
        }
    }
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

    /// A moment that nobody got before and that is later than all given out; over restarts, too.
    pub fn now(&mut self) -> Stamp {
        let next = self.group.stamp.0.saturating_add(1);
        self.group.stamp = Stamp(self.group.clock.now().0.max(next));
        self.group.stamp
    }

    /// Appends an event to the log, if this job succeeds and its transaction commits.
    pub fn announce(&mut self, payload: Payload) {
        let at = self.now();
        self.group.events.push(Event {
            pos: None,
            at,
            payload,
            timestamps: Timestamps {
                accepted: Some(self.accepted),
                committed: None,
            },
        });
    }

    pub(super) fn index(&mut self, words: Words) {
        self.group.words.push(words);
    }

    pub(super) fn mark_invalid(&mut self, invalidated: Invalidated) {
        self.group.invalidated.push(invalidated);
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

/// A JSON column that does not parse was written by somebody else.
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
