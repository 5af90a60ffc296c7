//! The event log: appended to as the last step of a write transaction, read by position, trimmed by age and size.

mod parcel;
mod reading;
mod row;
mod verifying;
mod written;

pub use parcel::Parcel;
pub(super) use verifying::verify;
pub(super) use written::Written;

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;

use super::connect::Sql;
use super::group::Group;
use super::schema::{log_events, log_head};
use super::statements::{EndGroup, MoveLogHead, Values, query, set};
use super::{Db, Failure};
use crate::event::{ChannelNews, Event, Owner, Pos};
use crate::model::Stamp;

/// Rows per step of trimming: few enough not to delay writes.
const SLICE: i64 = 512;

/// The state of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Random at the creation of the log: a cursor of another epoch means nothing here.
    pub epoch: String,
    /// The newest event.
    pub pos: Pos,
    /// The oldest retained event; one after `pos` if there is none. A reader at `oldest - 1` or later has missed nothing.
    pub oldest: Pos,
    /// The last timestamp that was given out.
    pub stamp: Stamp,
}

/// What is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention {
    pub(super) max_age: Duration,
    pub(super) max_bytes: i64,
}

impl Retention {
    pub(super) fn oldest_at(&self, now: Stamp) -> Stamp {
        let age = i64::try_from(self.max_age.as_micros()).unwrap_or(i64::MAX);
        Stamp(now.0.saturating_sub(age))
    }
}

/// What one step of trimming did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trimmed {
    pub(super) events: usize,
    pub(super) is_done: bool,
}

impl Db<'_> {
    /// The last position, as a number.
    pub fn log_position(&mut self) -> Result<i64, Failure> {
        let head = log_head::table.select(log_head::pos);
        Ok(head.get_result(self.sql)?)
    }

    /// The state of the log.
    pub fn log_head(&mut self) -> Result<LogHead, Failure> {
        let (epoch, pos, stamp) = log_head::table
            .select((log_head::epoch, log_head::pos, log_head::stamp))
            .get_result::<(String, i64, i64)>(self.sql)?;
        let oldest = log_events::table
            .select(diesel::dsl::min(log_events::pos))
            .get_result::<Option<i64>>(self.sql)?;
        Ok(LogHead {
            epoch,
            pos: Pos(pos),
            oldest: Pos(oldest.unwrap_or(pos.saturating_add(1))),
            stamp: Stamp(stamp),
        })
    }
}

/// Numbers the events of a group and writes them down. On a server the lane leaves its name with them.
pub(super) fn append(sql: &mut Sql, group: &mut Group, lane: &str) -> Result<(), Failure> {
    if group.stamp == group.from {
        // No timestamp was issued, so nothing was announced either.
        return Ok(());
    }
    let first = group.head.0.saturating_add(1);
    let mut written = Vec::with_capacity(group.events.len());
    for ((form, body), (event, pos)) in rows(&group.events)?
        .into_iter()
        .zip(group.events.iter_mut().zip(first..))
    {
        let facts = event.payload.facts();
        event.row_bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
        event.pos = Some(Pos(pos));
        written.push(NewRow {
            pos,
            at: event.at.0,
            owner: name_of(facts.owner),
            bytes: size_of_text(&body),
            v: form,
            kind: facts.kind,
            sum: row::sum(pos, event.at.0, form, (facts.kind, &body)),
            body,
        });
    }
    let bytes = written.iter().map(|row| row.bytes);
    let bytes = bytes.fold(0_i64, i64::saturating_add);
    group.log_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    let count = i64::try_from(written.len()).unwrap_or(i64::MAX);
    let last = match sql {
        Sql::Sqlite(sql) => insert(sql, &written, [count, bytes, group.stamp.0])?,
        Sql::Postgres(sql) => end(sql, &written, (lane, group, [count, bytes]))?,
    };
    if last != first + count - 1 {
        // Nothing but this moves it while its row is locked.
        return Err(Failure::trouble("the log's head was moved beneath a write"));
    }
    let written = written.into_iter().map(|row| Written {
        form: row.v,
        sum: row.sum,
        body: row.body,
    });
    group.written.extend(written);
    Ok(())
}

/// A row as it is written.
#[derive(Insertable)]
#[diesel(table_name = log_events)]
struct NewRow {
    pos: i64,
    at: i64,
    owner: String,
    bytes: i64,
    v: i32,
    kind: &'static str,
    sum: i64,
    body: String,
}

/// Gives back the last position.
fn insert(sql: &mut SqliteConnection, rows: &[NewRow], moved: [i64; 3]) -> QueryResult<i64> {
    for row in rows {
        diesel::insert_into(log_events::table)
            .values(row)
            .execute(sql)?;
    }
    query::<MoveLogHead>(&moved.map(Into::into)).get_result(sql)
}

/// The same on a server, in one statement: the row of the log's head is held, and each statement is a way there and back.
fn end(
    sql: &mut PgConnection,
    rows: &[NewRow],
    (lane, group, [count, bytes]): (&str, &Group, [i64; 2]),
) -> QueryResult<i64> {
    let stamp = group.stamp.0;
    let columns = [
        Values::Text(lane),
        Values::Int(stamp),
        Values::Ints(rows.iter().map(|row| row.pos).collect()),
        Values::Ints(rows.iter().map(|row| row.at).collect()),
        Values::Texts(rows.iter().map(|row| &*row.owner).collect()),
        Values::Ints(rows.iter().map(|row| row.bytes).collect()),
        Values::Numbers(rows.iter().map(|row| row.v).collect()),
        Values::Texts(rows.iter().map(|row| row.kind).collect()),
        Values::Ints(rows.iter().map(|row| row.sum).collect()),
        Values::Texts(rows.iter().map(|row| &*row.body).collect()),
        Values::Int(count),
        Values::Int(bytes),
        Values::Int(stamp),
        Values::Int(group.newest().0),
        Values::Int(stamp),
    ];
    set::<EndGroup>(&columns).get_result(sql)
}

/// Forms and bodies. An event shares the channel of the last one that wrote it out.
fn rows(events: &[Event]) -> Result<Vec<(i32, String)>, Failure> {
    let mut rows = Vec::with_capacity(events.len());
    let mut shared: Option<(&Arc<ChannelNews>, i64)> = None;
    for event in events {
        shared = shared.map(|(news, back)| (news, back + 1));
        let (form, body) = row::write(event, shared)?;
        if form == row::FORM
            && let Some(news) = row::shareable(event)
        {
            shared = Some((news, 0));
        }
        rows.push((form, body));
    }
    Ok(rows)
}

/// Removes the oldest events that are too old or too much; one slice of them.
pub(super) fn trim(db: &mut Db<'_>, oldest_at: Stamp, max_bytes: i64) -> Result<Trimmed, Failure> {
    let mut bytes: i64 = log_head::table.select(log_head::bytes).get_result(db.sql)?;
    let rows = log_events::table
        .select((log_events::pos, log_events::at, log_events::bytes))
        .order(log_events::pos.asc())
        .limit(SLICE)
        .load::<(i64, i64, i64)>(db.sql)?;
    let (mut last, mut events, mut freed) = (None, 0, 0_i64);
    for (pos, at, size) in &rows {
        if *at >= oldest_at.0 && bytes <= max_bytes {
            break;
        }
        bytes = bytes.saturating_sub(*size);
        freed = freed.saturating_add(*size);
        events += 1;
        last = Some(*pos);
    }
    if let Some(last) = last {
        diesel::delete(log_events::table.filter(log_events::pos.le(last))).execute(db.sql)?;
        diesel::update(log_head::table)
            .set(log_head::bytes.eq(log_head::bytes - freed))
            .execute(db.sql)?;
    }
    Ok(Trimmed {
        events,
        is_done: events < rows.len() || rows.is_empty(),
    })
}

fn name_of(owner: Owner) -> String {
    match owner {
        Owner::Channel(id) => format!("channel:{id}"),
        Owner::User(id) => format!("user:{id}"),
        Owner::App(id) => format!("app:{id}"),
    }
}

fn size_of_text(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}
