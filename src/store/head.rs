//! The head of the log at the begin of a transaction: what it finds there holds until it ends.

use std::time::Duration;

use diesel::{QueryResult, RunQueryDsl as _};

use super::Failure;
use super::connect::Sql;
use super::moments::Apart;
use super::statements::{Begin, LockLogHead, Rollback, execute, query};
use crate::clock::Clock;
use crate::event::Pos;
use crate::model::Stamp;

/// The newest message id, and the last timestamp of the commit as of which it was so. Each write that issues an id issues
/// a timestamp too, and each commit stores its last timestamp: while that is still the last one in the database,
/// no other process has given out an id.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewestMessage {
    pub(super) id: i64,
    pub(super) as_of: Stamp,
}

/// The head of the log, as a transaction finds it.
pub(super) struct Head {
    /// The last timestamp of any process.
    pub(super) stamp: Stamp,
    /// How often tokens have ended.
    pub(super) tokens_ended: i64,
    /// The last event before it.
    pub(super) pos: Pos,
    /// The newest message, as of the last commit that said so.
    pub(super) newest: NewestMessage,
    /// How far the clock of the machine is from that of a database that is a server.
    pub(super) apart: Option<Apart>,
}

impl Head {
    /// # Errors
    /// The clock of this machine is farther from that of the database: nothing may be dated by it, or removed for its age.
    pub(super) fn demand_near(&self, farthest: Duration) -> Result<(), Failure> {
        self.apart.map_or(Ok(()), |apart| apart.allowed(farthest))
    }
}

/// Begins a transaction during which no other one writes. None is left if it cannot.
pub(super) fn begin(sql: &mut Sql, clock: &Clock) -> QueryResult<Head> {
    execute::<Begin>(sql, &[])?;
    let asked = clock.now();
    let locked = query::<LockLogHead>(&[]).get_result::<(i64, i64, i64, i64, i64, i64)>(sql);
    if locked.is_err() {
        // PostgreSQL waits for the row no longer than `lock_timeout`, and then takes nothing but the end of the transaction.
        drop(execute::<Rollback>(sql, &[]));
    }
    let (stamp, tokens_ended, pos, now, newest, newest_at) = locked?;
    let apart = match sql {
        Sql::Sqlite(_) => None,
        Sql::Postgres(_) => Some(Apart::of(asked, clock.now(), Stamp(now))),
    };
    Ok(Head {
        stamp: Stamp(stamp),
        tokens_ended,
        pos: Pos(pos),
        newest: NewestMessage {
            id: newest,
            as_of: Stamp(newest_at),
        },
        apart,
    })
}
