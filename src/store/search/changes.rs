//! What a full-text index has to learn of objects that it knows already, at the end of the group that changed them.

use diesel::{OptionalExtension as _, QueryResult, RunQueryDsl as _};

use super::super::Failure;
use super::super::connect::Sql;
use super::super::group::{IndexChange, IndexEntry};
use super::super::sql_error::is_full;
use super::super::statements::{
    Release, RollbackToSavepoint, Savepoint, Statement, execute, query,
};
use super::entry;

/// The format of an index that the next start has to rebuild.
pub(super) const NO_FORMAT: i64 = 0;

/// The statements of an index.
pub(in super::super) trait FullText {
    /// What it holds, for the log.
    const OBJECTS: &'static str;
    /// Adds an entry.
    type Add: Statement;
    /// Adds many, on PostgreSQL.
    type AddAll: Statement;
    /// Forgets one.
    type Forget: Statement;
    /// Writes out what it holds in memory.
    type Flush: Statement;
    /// Says by which rules it was made.
    type SetFormat: Statement;
}

fn add<I: FullText>(sql: &mut Sql, one: &IndexEntry) -> QueryResult<()> {
    entry::add::<I::Add>(sql, one)
}

fn forget<I: FullText>(sql: &mut Sql, entry: &IndexEntry) -> QueryResult<()> {
    let (words, marks) = (entry.words.as_str(), entry.marks.as_str());
    execute::<I::Forget>(sql, &[entry.id.into(), words.into(), marks.into()])?;
    Ok(())
}

/// How far an index has come, by the statement that asks for its mark. `None`: it is made by the rules of another version of
/// the program, which runs beside this one while the servers of a database are upgraded, and is left to it.
pub(super) fn own_mark<S>(sql: &mut Sql, format: i64) -> Result<Option<i64>, Failure>
where
    S: Statement<Row = diesel::sql_types::BigInt>,
{
    Ok(query::<S>(&[format.into()]).get_result(sql).optional()?)
}

/// Adds new ones, and writes them out, so that an index that is damaged fails here.
///
/// # Errors
/// Busy, if the disk is full: not the index is to blame.
pub(super) fn add_new<I: FullText>(sql: &mut Sql, entries: &[IndexEntry]) -> Result<(), Failure> {
    let added = match sql {
        Sql::Sqlite(_) => entries.iter().try_for_each(|entry| add::<I>(sql, entry)),
        Sql::Postgres(sql) => entry::add_all::<I::AddAll>(sql, entries),
    };
    let flushed = added.and_then(|()| execute::<I::Flush>(sql, &[]));
    flushed.map(drop).map_err(failure)
}

/// Busy and Away: not the index is to blame.
pub(super) fn failure(error: diesel::result::Error) -> Failure {
    match is_full(&error) {
        true => Failure::Busy,
        false => error.into(),
    }
}

/// Tells the index of what was deleted and changed. An index that fails must not fail the writes of the group: the next start
/// rebuilds it, and until then searches leave out what is deleted.
pub(in super::super) fn apply<I: FullText>(
    sql: &mut Sql,
    changes: &[IndexChange],
) -> Result<(), Failure> {
    if changes.is_empty() {
        return Ok(());
    }
    execute::<Savepoint>(sql, &[])?;
    if let Err(failure) = apply_all::<I>(sql, changes).map_err(failure) {
        if let Failure::Busy | Failure::Away = failure {
            // Not the index is to blame.
            return Err(failure);
        }
        let of = I::OBJECTS;
        tracing::error!(%failure, of, "a full-text index is damaged; the next start rebuilds it");
        execute::<RollbackToSavepoint>(sql, &[])?;
        execute::<I::SetFormat>(sql, &[NO_FORMAT.into()])?;
    }
    execute::<Release>(sql, &[])?;
    Ok(())
}

fn apply_all<I: FullText>(sql: &mut Sql, changes: &[IndexChange]) -> QueryResult<()> {
    for change in changes {
        match change {
            IndexChange::Forget(entry) => forget::<I>(sql, entry)?,
            IndexChange::Add(entry) => add::<I>(sql, entry)?,
        }
    }
    execute::<I::Flush>(sql, &[])?;
    Ok(())
}
