//! The newest part of the log is looked at before it is served: what the disk changed is refused, not skipped.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::row::Row;
use crate::store::connect::{Database, Sql};
use crate::store::schema::{log_events, log_head};
use crate::store::{Failure, sql_error};

/// Rows that are looked at: those that come into memory at a start.
const NEWEST: i64 = 4096;

/// What is wrong with a log.
#[derive(Debug)]
enum Damage {
    /// The row is not what was written.
    Row(i64),
    /// Rows are missing, though older ones are there.
    Hole { first: i64, last: i64 },
    /// The log ends behind the position that was given out last.
    Ahead { head: i64, last: i64 },
}

/// Refuses a log that is damaged, with what to do.
///
/// # Errors
/// A newest row is not what was written, or missing; the table cannot be read.
pub(in crate::store) fn verify(sql: &mut Sql, database: &Database) -> Result<(), Failure> {
    // Rows and their last position as of one moment: another process may write.
    let found = sql.transaction(damage);
    let mut remedy = String::from("DELETE FROM log_events;");
    let text = match found {
        Ok(None) => return Ok(weigh_if_empty(sql)?),
        Ok(Some(Damage::Row(pos))) => format!("event {pos} is not what was written"),
        Ok(Some(Damage::Hole { first, last })) => format!("events {first} to {last} are missing"),
        Ok(Some(Damage::Ahead { head, last })) => {
            // Or positions that clients have in their cursors would be given out again.
            remedy = format!("{remedy} UPDATE log_head SET pos = {last};");
            format!("it has event {last}, but only {head} were written")
        }
        Err(error) if sql_error::is_locked(&error) => return Err(Failure::Busy),
        Err(error) => format!("it cannot be read ({error})"),
    };
    Err(Failure::Trouble(
        format!(
            "the log of the database {database} is damaged: {text}. Put a copy of the database in its place. (To give up the \
             events instead: {remedy} streams that come back are told what they miss.)"
        )
        .into(),
    ))
}

/// A log that was emptied by hand holds nothing: with its old size new events would be trimmed for the sake of those
/// that are gone.
fn weigh_if_empty(sql: &mut Sql) -> QueryResult<()> {
    let wrong = log_head::table
        .filter(log_head::bytes.ne(0))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            log_events::table.select(log_events::pos),
        )));
    // Asked first: a start does not wait for another process that writes.
    if wrong.count().get_result::<i64>(sql)? > 0 {
        diesel::update(wrong)
            .set(log_head::bytes.eq(0))
            .execute(sql)?;
    }
    Ok(())
}

fn damage(sql: &mut Sql) -> QueryResult<Option<Damage>> {
    if let Sql::Postgres(_) = sql {
        // Each statement would see what other servers have committed by then: a head of before, and rows of after.
        sql.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    }
    let head: i64 = log_head::table.select(log_head::pos).get_result(sql)?;
    let last = log_events::table.select(diesel::dsl::max(log_events::pos));
    // An empty log was trimmed.
    let Some(last) = last.get_result::<Option<i64>>(sql)? else {
        return Ok(None);
    };
    if last > head {
        return Ok(Some(Damage::Ahead { head, last }));
    }
    let rows = log_events::table
        .select(Row::as_select())
        .filter(log_events::pos.gt(head.saturating_sub(NEWEST)))
        .order(log_events::pos.asc())
        .load_iter::<Row, diesel::connection::DefaultLoadingMode>(sql)?;
    let (mut reached, mut has_sums) = (None, false);
    for row in rows {
        let row = row?;
        // Older programs wrote no sums, so rows without one come first. A later one lost it to the disk.
        let lost_its_sum = has_sums && !row.has_sum();
        has_sums |= row.has_sum();
        let next = reached.map_or(row.pos, |reached: i64| reached.saturating_add(1));
        if row.pos != next {
            let (first, last) = (next, row.pos - 1);
            return Ok(Some(Damage::Hole { first, last }));
        }
        if lost_its_sum || !row.is_whole() {
            return Ok(Some(Damage::Row(row.pos)));
        }
        reached = Some(row.pos);
    }
    let reached = reached.unwrap_or(last);
    let hole = Damage::Hole {
        first: reached.saturating_add(1),
        last: head,
    };
    Ok((reached < head).then_some(hole))
}
