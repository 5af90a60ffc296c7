//! Connections to the file of the embedded database, with the settings that the guarantees need.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Sql;
use crate::store::Failure;
use crate::store::sql_error::is_locked;

/// How long a connection tries to apply its settings, as long as `busy_timeout`.
const PATIENCE: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// * `busy_timeout`: another process (the command line) may hold the write lock briefly. The server's write lane
///   shortens it once the database is open.
/// * `page_size`: a commit writes whole pages, most of which a message changes by a few bytes. Half of the usual size
///   writes half as much. A database that exists keeps its own.
/// * `journal_mode=WAL`: reads continue during a write.
/// * `synchronous=FULL`: a commit is on the disk when it is answered; the lane makes that cheap by grouping.
/// * `foreign_keys`: off by default in SQLite.
/// * `secure_delete`: bytes that are not used any more become zeros, so that what was deleted is gone.
/// * `wal_autocheckpoint`: 16 MB between checkpoints, each of which costs two more syncs.
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 10000;";
const SETTINGS: &str = "PRAGMA page_size = 2048;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16000;
    PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = 8000;
    PRAGMA journal_size_limit = 67108864;";

/// What begins and ends commits that are not synced.
pub(super) const WITHOUT_SYNC: (&str, &str) =
    ("PRAGMA synchronous = NORMAL;", "PRAGMA synchronous = FULL;");

/// Opens a connection that may write.
#[cfg(test)]
pub(in crate::store) fn connect(file: &Path) -> Result<Sql, Failure> {
    connect_if(file, |_| Ok(()))
}

/// The same, once `check` has looked at the file: nothing is changed before.
pub(in crate::store) fn connect_if(
    file: &Path,
    check: impl FnOnce(&mut Sql) -> Result<(), Failure>,
) -> Result<Sql, Failure> {
    let trouble = |error: &dyn std::fmt::Display| {
        let text = format!("cannot open the database {}: {error}", file.display());
        Failure::Trouble(text.into())
    };
    let sql = SqliteConnection::establish(&name_of(file)?).map_err(|error| trouble(&error))?;
    let mut sql = Sql::Sqlite(sql);
    check(&mut sql)?;
    set_up(&mut sql).map_err(|error| trouble(&error))?;
    Ok(sql)
}

/// From here on the connection waits no longer than this for another process that holds the file.
pub(in crate::store) fn shorten_patience(sql: &mut Sql, patience: Duration) -> Result<(), Failure> {
    let millis = patience.min(PATIENCE).as_millis();
    Ok(sql.batch_execute(&format!("PRAGMA busy_timeout = {millis}"))?)
}

/// Applies the settings. Connections that turn a new file to write-ahead logging at the same time exclude each other,
/// and SQLite tells that to one of them at once, without the patience of `busy_timeout`: that one tries again.
fn set_up(sql: &mut Sql) -> QueryResult<()> {
    let began = Instant::now();
    loop {
        match sql
            .batch_execute(BUSY_TIMEOUT)
            .and_then(|()| sql.batch_execute(SETTINGS))
        {
            Err(error) if is_locked(&error) && began.elapsed() < PATIENCE => {
                std::thread::sleep(BETWEEN_TRIES);
            }
            outcome => return outcome,
        }
    }
}

/// Opens a connection that cannot write by mistake.
pub(in crate::store) fn connect_for_reading(file: &Path) -> ConnectionResult<Sql> {
    let name =
        name_of(file).map_err(|failure| ConnectionError::BadConnection(failure.to_string()))?;
    let mut sql = Sql::Sqlite(SqliteConnection::establish(&name)?);
    set_up(&mut sql)
        .and_then(|()| sql.batch_execute("PRAGMA query_only = ON;"))
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(sql)
}

/// Moves what the write-ahead log holds into the file.
pub(in crate::store) fn checkpoint(sql: &mut Sql) {
    if let Err(error) = sql.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);") {
        tracing::warn!(%error, "the database was not checkpointed");
    }
}

/// The same without waiting for readers, which would hold up the writes; false if one was in the way. Afterwards the
/// connection is as patient as it was.
pub(in crate::store) fn checkpoint_now(sql: &mut Sql) -> bool {
    let Ok(patience) = patience(sql) else {
        return false;
    };
    drop(sql.batch_execute("PRAGMA busy_timeout = 0;"));
    let outcome =
        diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result::<Checkpoint>(sql);
    if let Err(error) = shorten_patience(sql, patience) {
        tracing::warn!(
            ?error,
            "the write lane does not wait for other processes any more"
        );
    }
    outcome.is_ok_and(|checkpoint| checkpoint.busy == 0)
}

/// How long the connection waits for a lock.
pub(in crate::store) fn patience(sql: &mut Sql) -> Result<Duration, Failure> {
    let waits = diesel::sql_query("PRAGMA busy_timeout").get_result::<Waits>(sql)?;
    let millis = u64::try_from(waits.timeout).unwrap_or(0);
    Ok(Duration::from_millis(millis))
}

#[derive(QueryableByName)]
struct Waits {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    timeout: i32,
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    busy: i32,
}

fn name_of(file: &Path) -> Result<String, Failure> {
    let name = file.to_str().ok_or_else(|| {
        Failure::Trouble("the path of the database is not valid Unicode text".into())
    })?;
    // A bare name could be read as something else than a file (`file:…`).
    Ok(if file.is_absolute() {
        name.to_owned()
    } else {
        format!("./{name}")
    })
}
