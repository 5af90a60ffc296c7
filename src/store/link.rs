//! The write lane's connection to a database server. The lane leaves it when the server hangs, and connects again when it is lost.
//! A database that is a file has none of this.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::connect::{Database, Socket, Sql};
use super::connecting::Connecting;
use super::head::begin;
use super::overdue::{Overdue, Watched};
use super::statements::{LaneStamp, Rollback, execute, query};
use super::{Failure, secret};
use crate::clock::Clock;
use crate::model::Stamp;

/// How long a group of writes may take. The server ends its statements earlier (`connect/postgres.rs`), if it lives.
const PATIENCE: Duration = Duration::from_secs(6);

/// The link of one lane.
pub(super) struct Link {
    database: Database,
    /// The lane's row in the database has this name.
    name: String,
    socket: Option<Socket>,
    overdue: Option<Arc<Overdue>>,
    is_lost: bool,
    connecting: Connecting<(Sql, Option<Socket>)>,
}

impl Link {
    pub(super) fn new(
        database: &Database,
        sql: &mut Sql,
        overdue: Option<Arc<Overdue>>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            database: database.clone(),
            name: secret::random_id(),
            socket: database.socket(sql)?,
            overdue,
            is_lost: false,
            connecting: Connecting::default(),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Connects again if the connection was lost. Whether it did: the server may be another one than before.
    ///
    /// # Errors
    /// The server is still away.
    pub(super) fn restore(&mut self, sql: &mut Sql) -> Result<bool, Failure> {
        if !self.is_lost {
            return Ok(false);
        }
        let database = self.database.clone();
        let made = self.connecting.until(Instant::now() + PATIENCE, move || {
            let mut made = database.connect()?;
            let socket = database.socket(&mut made)?;
            Ok((made, socket))
        });
        let Ok((made, socket)) = made else {
            return Err(Failure::Away);
        };
        tracing::info!(database = %self.database, "the database answers again");
        (*sql, self.socket, self.is_lost) = (made, socket, false);
        Ok(true)
    }

    /// What follows is left when it takes too long.
    pub(super) fn watch(&self) -> Option<Watched<'_>> {
        let (overdue, socket) = (self.overdue.as_ref()?, self.socket?);
        let until = Instant::now() + PATIENCE;
        Some(overdue.watch(socket, move || Instant::now() >= until))
    }

    /// The connection is not what it has to be: another one takes its place.
    pub(super) fn give_up(&mut self) {
        self.is_lost |= self.database.file().is_none();
    }

    /// Something failed: is the connection still there?
    pub(super) fn check(&mut self, sql: &mut Sql) {
        let is_server = self.database.file().is_none();
        if !is_server || self.is_lost {
            return;
        }
        let watched = self.watch();
        let asked = sql.batch_execute("SELECT 1");
        drop(watched);
        if asked.is_err() {
            tracing::warn!(database = %self.database, "the connection to the database is lost");
            self.is_lost = true;
        }
    }

    /// Whether a commit holds in which the connection was lost: it left this timestamp.
    ///
    /// # Errors
    /// The server is still away.
    pub(super) fn holds(
        &mut self,
        sql: &mut Sql,
        (stamp, clock): (Stamp, &Clock),
    ) -> Result<bool, Failure> {
        self.is_lost = true;
        self.restore(sql)?;
        let _watched = self.watch();
        // Waits for the transaction itself, which holds the row of the log's head until it has ended.
        begin(sql, clock)?;
        let binds = [self.name.as_str().into()];
        let left = query::<LaneStamp>(&binds).get_result::<i64>(sql).optional();
        execute::<Rollback>(sql, &[])?;
        Ok(left? == Some(stamp.0))
    }
}
