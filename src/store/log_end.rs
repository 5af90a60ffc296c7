//! The end of the log, for a server that delivers what several of them write. It is asked for many times a second, so it is
//! one statement.

use diesel::RunQueryDsl as _;
use serde::Serialize;

use super::connect::Sql;
use super::db::to_json;
use super::statements::{EndOfLog, query};
use super::{Db, Failure};
use crate::event::Pos;
use crate::model::Stamp;

/// An event that was delivered: the log that has another one at its position is not the one that was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LogMark {
    /// Where it is.
    pub pos: Pos,
    /// When it was announced: no two events have the same moment.
    pub at: Stamp,
}

/// What the table says of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// The newest position.
    pub pos: Pos,
    /// When the event there was announced, if it is not trimmed.
    pub at: Option<Stamp>,
    /// Another event is where a mark is. A mark whose row is trimmed says nothing.
    pub is_another: bool,
}

impl Db<'_> {
    /// The end of the log, compared with marks of it. Nothing but this program writes to a file, so there it is the position
    /// alone.
    pub fn log_end(&mut self, marks: &[LogMark]) -> Result<LogEnd, Failure> {
        if let Sql::Sqlite(_) = self.sql {
            return Ok(LogEnd {
                pos: Pos(self.log_position()?),
                at: None,
                is_another: false,
            });
        }
        let marks = to_json(&marks)?;
        let (pos, at, others) = query::<EndOfLog>(&[(&*marks).into()])
            .get_result::<(i64, Option<i64>, i64)>(self.sql)?;
        Ok(LogEnd {
            pos: Pos(pos),
            at: at.map(Stamp),
            is_another: others > 0,
        })
    }
}
