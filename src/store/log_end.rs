//! The end of the log, for a server that delivers what several of them write. It is asked for many times a second, so while
//! nothing is written it is one statement, without a transaction.

use diesel::RunQueryDsl as _;

use super::connect::Sql;
use super::statements::{EndOfLog, OtherEvents, Values, query, set};
use super::{Db, Failure, Purpose, Store};
use crate::event::Pos;
use crate::model::Stamp;

/// An event that was delivered: the log that has another one at its position is not the one that was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Store {
    /// The end of the log, compared with marks of it. Nothing but this program writes to a file, so there it is the position
    /// alone.
    pub async fn log_end(&self, marks: Vec<LogMark>) -> Result<LogEnd, Failure> {
        let read = move |db: &mut Db<'_>| db.log_end(&marks);
        let reading = &self.shared.reading;
        reading.read_apart(Purpose::Delivery, read).await
    }
}

impl Db<'_> {
    /// The log that has another event at a mark has one there for good, so the two questions need not be of one moment.
    fn log_end(&mut self, marks: &[LogMark]) -> Result<LogEnd, Failure> {
        let sql = match self.sql {
            Sql::Sqlite(_) => {
                return Ok(LogEnd {
                    pos: Pos(self.log_position()?),
                    at: None,
                    is_another: false,
                });
            }
            Sql::Postgres(sql) => sql,
        };
        let end = query::<EndOfLog>(&[]).get_result::<(i64, Option<i64>)>(sql)?;
        let (pos, at) = (Pos(end.0), end.1.map(Stamp));
        let is_another = match marks {
            [] => false,
            [mark] if mark.pos == pos => at.is_some_and(|at| at != mark.at),
            marks => {
                let columns = [
                    Values::Ints(marks.iter().map(|mark| mark.pos.0).collect()),
                    Values::Ints(marks.iter().map(|mark| mark.at.0).collect()),
                ];
                set::<OtherEvents>(&columns).get_result::<i64>(sql)? > 0
            }
        };
        Ok(LogEnd {
            pos,
            at,
            is_another,
        })
    }
}
