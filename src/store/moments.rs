//! Timestamps of a database, and its clock if it is a server, against the clock of the machine.
//!
//! Timestamps only grow. After the clock was ahead for a while, each new one would be the last plus a microsecond until
//! the clock has caught up: a matter of seconds for a small step, of years for a clock that was wrong by years.

use std::time::Duration;

use diesel::prelude::*;

use super::Failure;
use super::connect::Sql;
use super::schema::log_head;
use super::statements::{self, LastStamp};
use crate::model::Stamp;

/// How far the clock of the machine may be from that of a database server. Ids and order never come from clocks, but
/// timestamps, polls that close, and the lives of sessions do.
pub const FARTHEST: Duration = Duration::from_secs(300);
/// How far the last timestamp may be ahead of the clock, in microseconds: a day.
const FARTHEST_AHEAD: i64 = 86_400_000_000;
/// What is worth a warning: five seconds.
const NOTABLE: i64 = 5_000_000;

/// How far the last timestamp is ahead of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// Not, or by no more than clocks are corrected all the time.
    No,
    /// New timestamps crowd behind the last one until the clock has caught up.
    Some {
        /// By so much.
        seconds: i64,
    },
    /// So far that writing on would date everything wrongly for long.
    TooFar {
        /// By so much.
        seconds: i64,
    },
}

impl Ahead {
    /// The last timestamp beside the clock.
    pub fn of(last: Stamp, now: Stamp) -> Self {
        let ahead = last.0.saturating_sub(now.0);
        let seconds = ahead / 1_000_000;
        if ahead <= NOTABLE {
            Self::No
        } else if ahead <= FARTHEST_AHEAD {
            Self::Some { seconds }
        } else {
            Self::TooFar { seconds }
        }
    }

    /// Refuses to give out timestamps that are more than a day wrong.
    pub(super) fn allowed(self) -> Result<(), Failure> {
        match self {
            Self::No | Self::Some { .. } => Ok(()),
            Self::TooFar { seconds } => {
                let hours = seconds / 3600;
                let text = format!(
                    "the last write is dated {hours} hours after the clock of this machine; set the clock, or start \
                     once with --accept-clock if the clock is right"
                );
                Err(Failure::Trouble(text.into()))
            }
        }
    }
}

/// Compares, when a server opens the database. `accepts`: the clock is right, and what is dated after it stays so.
pub(super) fn check(sql: &mut Sql, now: Stamp, accepts: bool) -> Result<(), Failure> {
    let last = Stamp(statements::query::<LastStamp>(&[]).get_result(sql)?);
    match Ahead::of(last, now) {
        Ahead::No => Ok(()),
        Ahead::Some { seconds } | Ahead::TooFar { seconds } if accepts => {
            tracing::warn!(seconds, "timestamps go on from the clock of this machine");
            diesel::update(log_head::table)
                .set(log_head::stamp.eq(now.0))
                .execute(sql)?;
            Ok(())
        }
        Ahead::Some { seconds } => {
            tracing::warn!(
                seconds,
                "the last write is dated after the clock of this machine"
            );
            Ok(())
        }
        ahead @ Ahead::TooFar { .. } => ahead.allowed(),
    }
}

/// How far two clocks are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Apart {
    /// By so much.
    pub(super) by: Duration,
    machine: Stamp,
    database: Stamp,
}

impl Apart {
    /// The machine's clock before and after the question, and the answer.
    pub(super) fn of(asked: Stamp, answered: Stamp, database: Stamp) -> Self {
        // What the question itself took is no difference.
        let machine = Stamp(database.0.clamp(asked.0, answered.0.max(asked.0)));
        Self {
            by: Duration::from_micros(database.0.abs_diff(machine.0)),
            machine,
            database,
        }
    }

    /// Refuses what would be dated, or judged, by a clock that is wrong.
    pub(super) fn allowed(self, farthest: Duration) -> Result<(), Failure> {
        if self.by <= farthest {
            return Ok(());
        }
        let (machine, database) = (self.machine.iso(), self.database.iso());
        let text = format!(
            "the clock of this machine says {machine} and that of the database {database}: more than {} minutes apart; set \
             the one that is wrong",
            farthest.as_secs() / 60
        );
        Err(Failure::Trouble(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_apart_by_more_than_the_question_took() {
        let of = |asked, answered, database| {
            let stamp = Stamp::from_seconds;
            Apart::of(stamp(asked), stamp(answered), stamp(database))
        };
        assert_eq!(of(100, 104, 103).by, Duration::ZERO);
        assert_eq!(of(100, 104, 204).by, Duration::from_secs(100));
        assert_eq!(of(100, 104, 40).by, Duration::from_secs(60));
        assert!(of(1000, 1000, 700).allowed(FARTHEST).is_ok());
        assert!(of(700, 700, 1000).allowed(FARTHEST).is_ok());
        assert!(of(699, 699, 1000).allowed(FARTHEST).is_err());
        let refused = of(1000, 1000, 699).allowed(FARTHEST).unwrap_err();
        let refused = refused.to_string();
        assert!(refused.contains("1970-01-01T00:16:40Z"), "{refused}");
        assert!(refused.contains("1970-01-01T00:11:39Z"), "{refused}");
    }
}
