//! Copies everything from one kind of database into the other: ids, log, epoch and positions too, so that cursors stay
//! valid. The copy goes on where it was when it was ended.
//!
//! Rows travel as JSON, a batch per transaction of the target; the same transaction notes how far the table is. The first
//! start of the program rebuilds what it derives from other tables: full-text indexes, words of users, places of channels.

mod batch;
mod tables;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use self::batch::{Columns, number};
use self::tables::{DERIVED_FROM_ROWS, TABLES, Table};
use super::connect::{Database, Sql};
use super::migrate::{UNFINISHED_MOVE as NOTES, demand_current, is_unfinished, migrate};
use super::place::{self, ServeLock};
use super::{Failure, StoreOptions};

/// Beside the tables in the notes: what the log was when the move began.
const HEAD: &str = "log_head";

/// Rows of a table, while it is copied.
#[derive(Clone, Copy, Debug)]
pub struct MovedRows {
    /// Its name.
    pub table: &'static str,
    /// Copied so far.
    pub done: i64,
    /// In the source.
    pub all: i64,
}

/// Copies all rows of a database into an empty one of the other kind; `progress` hears of each batch. Gives back how many
/// rows each table has on both sides.
///
/// # Errors
/// Two databases of one kind; a target that is not empty; a source that is served, is of another version, or was written
/// to meanwhile; one of the two does not answer.
pub fn move_database(
    from: &StoreOptions,
    to: &StoreOptions,
    mut progress: impl FnMut(MovedRows),
) -> Result<Vec<MovedRows>, Failure> {
    let (source, target) = (from.database()?, to.database()?);
    let refuse = |text: String| Err(Failure::Trouble(text.into()));
    if source.file().is_some() == target.file().is_some() {
        return refuse(String::from(
            "a database is moved from SQLite to PostgreSQL or back; copy a file with `cp`, a server's with pg_dump",
        ));
    }
    let _served_by_none = (ServeLock::take_existing(from)?, ServeLock::take(to)?);
    let mut from = source.connect_if(|sql| demand_current(sql, &source))?;
    let mut to = open_target(&target)?;
    without_timeouts(&mut from)?;
    // Of the first try, if this one goes on.
    let before = match batch::reached(&mut to, HEAD)? {
        (Some(before), _) => before,
        (None, _) => {
            let now = batch::state(&mut from)?;
            batch::note(&mut to, HEAD, &now, 0)?;
            now
        }
    };
    let has_changed = |from: &mut Sql| Ok::<_, Failure>(batch::state(from)? != before);
    let refused = || {
        refuse(format!(
            "{source} was written to since the move began; stop its servers and begin again with an empty target"
        ))
    };
    if has_changed(&mut from)? {
        return refused();
    }
    for table in TABLES {
        copy(&mut from, &mut to, table, &mut progress)?;
    }
    if has_changed(&mut from)? {
        return refused();
    }
    let counted = compare(&mut from, &mut to)?;
    finish(&mut from, &mut to)?;
    Ok(counted)
}

/// Empty, or the rest of a copy that was ended.
fn open_target(target: &Database) -> Result<Sql, Failure> {
    if let Some(file) = target.file() {
        place::prepare(file)?;
    }
    let mut to = target.connect()?;
    if !is_unfinished(&mut to)? {
        migrate(&mut to)?;
        for table in TABLES {
            if number(
                &mut to,
                &format!("SELECT COUNT(*) AS n FROM {}", table.name),
            )? > 0
            {
                let text = format!(
                    "{target} is not empty (table {}); name an empty database",
                    table.name
                );
                return Err(Failure::Trouble(text.into()));
            }
        }
        to.batch_execute(&format!(
            "CREATE TABLE {NOTES} (name TEXT PRIMARY KEY NOT NULL, reached TEXT NOT NULL, done BIGINT NOT NULL)"
        ))?;
    }
    without_timeouts(&mut to)?;
    Ok(to)
}

/// A batch is longer than a write of a client, and so is counting a table.
fn without_timeouts(sql: &mut Sql) -> Result<(), Failure> {
    match sql {
        Sql::Sqlite(_) => Ok(()),
        Sql::Postgres(sql) => Ok(sql.batch_execute(
            "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0",
        )?),
    }
}

fn copy(
    from: &mut Sql,
    to: &mut Sql,
    table: &'static Table,
    progress: &mut impl FnMut(MovedRows),
) -> Result<(), Failure> {
    let columns = Columns::of(from, table)?;
    let all = number(from, &format!("SELECT COUNT(*) AS n FROM {}", table.name))?;
    let (mut reached, mut done) = batch::reached(to, table.name)?;
    loop {
        progress(MovedRows {
            table: table.name,
            done,
            all,
        });
        let Some(rows) = columns.read(from, reached.as_deref())? else {
            return Ok(());
        };
        done = done.saturating_add(rows.count);
        to.transaction(|to| {
            columns.write(to, &rows.json)?;
            batch::note(to, table.name, &rows.reached, done)
        })?;
        reached = Some(rows.reached);
    }
}

fn compare(from: &mut Sql, to: &mut Sql) -> Result<Vec<MovedRows>, Failure> {
    let mut counted = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        let count = format!("SELECT COUNT(*) AS n FROM {}", table.name);
        let (all, done) = (number(from, &count)?, number(to, &count)?);
        if all != done {
            let text = format!(
                "table {} has {all} rows in the source and {done} in the target",
                table.name
            );
            return Err(Failure::Trouble(text.into()));
        }
        counted.push(MovedRows {
            table: table.name,
            done,
            all,
        });
    }
    Ok(counted)
}

/// Where ids go on; the head of the log; then the target is whole.
fn finish(from: &mut Sql, to: &mut Sql) -> Result<(), Failure> {
    let mut last_ids = Vec::new();
    for table in TABLES.iter().filter(|table| table.has_given_ids) {
        last_ids.push((table.name, batch::last_id(from, table.name)?));
    }
    let head = batch::head(from)?;
    to.transaction(|to| {
        for (table, last) in &last_ids {
            batch::set_last_id(to, table, *last)?;
        }
        to.batch_execute(&head)?;
        for table in DERIVED_FROM_ROWS {
            to.batch_execute(&format!("DELETE FROM {table}"))?;
        }
        Ok::<_, Failure>(to.batch_execute(&format!("DROP TABLE {NOTES}"))?)
    })
}
