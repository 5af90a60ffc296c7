//! One connection to the database file, with the settings that the guarantees need.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, Pool};

use super::Failure;
use super::sql_error::is_locked;

/// The one place that names the database engine.
pub(super) type Sql = SqliteConnection;
/// Connections for reading.
pub(super) type ReadPool = Pool<ConnectionManager<Sql>>;

/// How long a connection tries to apply its settings, as long as `busy_timeout`.
const PATIENCE: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// Statements that take longer are reported.
const SLOW: Duration = Duration::from_millis(250);

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

/// Opens a connection that may write.
pub(super) fn connect(file: &Path) -> Result<Sql, Failure> {
    connect_if(file, |_| Ok(()))
}

/// The same, once `check` has looked at the file: nothing is changed before.
pub(super) fn connect_if(
    file: &Path,
    check: impl FnOnce(&mut Sql) -> Result<(), Failure>,
) -> Result<Sql, Failure> {
    let trouble = |error: &dyn std::fmt::Display| {
        let text = format!("cannot open the database {}: {error}", file.display());
        Failure::Trouble(text.into())
    };
    let mut sql = Sql::establish(&name_of(file)?).map_err(|error| trouble(&error))?;
    check(&mut sql)?;
    set_up(&mut sql).map_err(|error| trouble(&error))?;
    sql.set_instrumentation(SlowStatements::default());
    Ok(sql)
}

/// From here on the connection waits no longer than this for another process that holds the file.
pub(super) fn shorten_patience(sql: &mut Sql, patience: Duration) -> Result<(), Failure> {
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

/// Opens the pool for reading. Its connections cannot write by mistake.
pub(super) fn read_pool(file: &Path, size: u32) -> Result<ReadPool, Failure> {
    Pool::builder()
        .max_size(size)
        .test_on_check_out(false)
        .connection_timeout(Duration::from_secs(10))
        .connection_customizer(Box::new(ReadOnly))
        .build(ConnectionManager::new(name_of(file)?))
        .map_err(|error| {
            Failure::Trouble(format!("cannot open {}: {error}", file.display()).into())
        })
}

/// Moves what the write-ahead log holds into the file.
pub(super) fn checkpoint(sql: &mut Sql) {
    if let Err(error) = sql.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);") {
        tracing::warn!(%error, "the database was not checkpointed");
    }
}

/// The same without waiting for readers, which would hold up the writes; false if one was in the way. Afterwards the
/// connection is as patient as it was.
pub(super) fn checkpoint_now(sql: &mut Sql) -> bool {
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
pub(super) fn patience(sql: &mut Sql) -> Result<Duration, Failure> {
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

/// Commits within `job` are not synced to the disk: a power cut may take them, but only from the end, and the next
/// synced commit takes those before it along.
pub(super) fn without_sync<T>(sql: &mut Sql, job: impl FnOnce(&mut Sql) -> T) -> T {
    // SQLite carries these out when it prepares them, so they are no prepared statements.
    // A refused pragma leaves a commit that is synced: slower, not wrong. Afterwards it must hold.
    drop(sql.batch_execute("PRAGMA synchronous = NORMAL;"));
    let done = job(sql);
    if let Err(error) = sql.batch_execute("PRAGMA synchronous = FULL;") {
        tracing::error!(%error, "commits may not be durable");
    }
    done
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

#[derive(Debug)]
struct ReadOnly;

impl CustomizeConnection<Sql, PoolError> for ReadOnly {
    fn on_acquire(&self, sql: &mut Sql) -> Result<(), PoolError> {
        set_up(sql)
            .and_then(|()| sql.batch_execute("PRAGMA query_only = ON;"))
            .map_err(PoolError::QueryError)?;
        sql.set_instrumentation(SlowStatements::default());
        Ok(())
    }
}

/// Reports slow statements: their text, never the values.
#[derive(Default)]
struct SlowStatements {
    since: Option<Instant>,
}

impl Instrumentation for SlowStatements {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        // Diesel's enum may grow; what is not a statement is of no interest here.
        if let InstrumentationEvent::StartQuery { .. } = event {
            self.since = Some(Instant::now());
        } else if let InstrumentationEvent::FinishQuery { query, .. } = event {
            let took = self.since.take().map_or(Duration::ZERO, |at| at.elapsed());
            if took >= SLOW {
                let text = query.to_string();
                let statement = text.split(" -- binds:").next().unwrap_or_default();
                let millis = took.as_millis();
                tracing::warn!(statement, %millis, "slow statement");
            }
        }
    }
}
