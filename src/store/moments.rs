//! Timestamps of a database against the clock of the machine.
//!
//! Timestamps only grow. After the clock was ahead for a while, each new one would be the last plus a microsecond until
//! the clock has caught up: a matter of seconds for a small step, of years for a clock that was wrong by years.

use diesel::prelude::*;

use super::Failure;
use super::connect::Sql;
use super::schema::log_head;
use super::statements::{self, LastStamp};
use crate::model::Stamp;

/// How far the last timestamp may be ahead of the clock, in microseconds: a day.
const FARTHEST: i64 = 86_400_000_000;
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
        } else if ahead <= FARTHEST {
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
