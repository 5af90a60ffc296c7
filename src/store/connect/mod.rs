//! Connections to a database, of either kind. The URL decides which; above this folder only the statements that are
//! written by hand know the difference.

pub(super) mod postgres;
mod slow;
mod socket;
pub(super) mod sqlite;

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::r2d2::ManageConnection;
use r2d2::Pool;

use super::Failure;
pub(super) use multi::{MultiBackend as Backend, Sql};
use postgres::Server;
use slow::SlowStatements;
pub(super) use socket::Socket;

/// How long a thread waits for a connection. Within its caller's patience it says that the database is away.
const POOL_PATIENCE: Duration = Duration::from_secs(5);

#[expect(
    unreachable_pub,
    reason = "the derive makes items that are public and without comments"
)]
mod multi {
    use diesel::{MultiConnection, PgConnection, SqliteConnection};

    /// A connection to either database.
    #[derive(MultiConnection)]
    pub enum Sql {
        Sqlite(SqliteConnection),
        Postgres(PgConnection),
    }
}

/// Connections for reading.
pub(super) type ReadPool = Pool<Connections>;

/// A connection for reading.
pub(super) struct Reader {
    pub(super) sql: Sql,
    /// That of a server.
    pub(super) socket: Option<Socket>,
    /// It goes back into the pool to be thrown away.
    pub(super) is_spent: bool,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub(super) enum Database {
    /// A file, which only programs of this machine open.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(Server),
}

impl Database {
    /// The file, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file),
            Self::Server(_) => None,
        }
    }

    /// The socket of a connection to a server.
    pub(super) fn socket(&self, sql: &mut Sql) -> Result<Option<Socket>, Failure> {
        match self {
            Self::File(_) => Ok(None),
            Self::Server(_) => Ok(Socket::of(sql)?),
        }
    }

    /// Opens a connection that may write.
    pub(super) fn connect(&self) -> Result<Sql, Failure> {
        self.connect_if(|_| Ok(()))
    }

    /// The same, once `check` has looked at it: nothing is changed before.
    pub(super) fn connect_if(
        &self,
        check: impl FnOnce(&mut Sql) -> Result<(), Failure>,
    ) -> Result<Sql, Failure> {
        let mut sql = match self {
            Self::File(file) => sqlite::connect_if(file, check)?,
            Self::Server(server) => server.connect_if(check)?,
        };
        sql.set_instrumentation(SlowStatements::default());
        Ok(sql)
    }

    /// Opens a connection for the lease of a server: its statements are short, and so is its patience.
    pub(super) fn connect_for_leases(&self) -> Result<Sql, Failure> {
        let mut sql = self.connect()?;
        if let Sql::Postgres(_) = &sql {
            let set = sql.batch_execute(postgres::SHORT);
            set.map_err(|error| Failure::Trouble(format!("cannot open {self}: {error}").into()))?;
        }
        Ok(sql)
    }

    /// Opens the pool for reading. Its connections cannot write by mistake.
    pub(super) fn read_pool(&self, size: u32) -> Result<ReadPool, Failure> {
        Pool::builder()
            .max_size(size)
            .test_on_check_out(false)
            .connection_timeout(POOL_PATIENCE)
            .error_handler(Box::new(Quiet))
            .build(Connections(self.clone()))
            .map_err(|error| Failure::Trouble(format!("cannot open {self}: {error}").into()))
    }
}

/// Moves what the write-ahead log of a file holds into the file. A server does so by itself.
pub(super) fn checkpoint(sql: &mut Sql) {
    match sql {
        Sql::Sqlite(_) => sqlite::checkpoint(sql),
        Sql::Postgres(_) => {}
    }
}

/// The same without waiting for readers, which would hold up the writes; false if one was in the way.
pub(super) fn checkpoint_now(sql: &mut Sql) -> bool {
    match sql {
        Sql::Sqlite(_) => sqlite::checkpoint_now(sql),
        Sql::Postgres(_) => true,
    }
}

/// Commits within `job` are not synced to the disk: a power cut may take them, but only from the end, and the next
/// synced commit takes those before it along. Says whether commits are synced again behind it. `watch` is asked for the
/// time of each setting: a server may freeze there as anywhere else.
pub(super) fn without_sync<T, W>(
    sql: &mut Sql,
    watch: impl Fn() -> W,
    job: impl FnOnce(&mut Sql) -> T,
) -> (T, bool) {
    let (before, after) = match sql {
        Sql::Sqlite(_) => sqlite::WITHOUT_SYNC,
        Sql::Postgres(_) => postgres::WITHOUT_SYNC,
    };
    // SQLite carries these out when it prepares them, so they are no prepared statements.
    // A refused setting leaves a commit that is synced: slower, not wrong. Afterwards it must hold.
    let watched = watch();
    drop(sql.batch_execute(before));
    drop(watched);
    let done = job(sql);
    let watched = watch();
    let restored = sql.batch_execute(after);
    drop(watched);
    if let Err(error) = &restored {
        tracing::error!(%error, "commits may not be durable");
    }
    (done, restored.is_ok())
}

/// What SQLite is asked by a query, without its values.
#[cfg(test)]
pub(super) fn sqlite_text(query: &impl diesel::query_builder::QueryFragment<Backend>) -> String {
    use diesel::query_builder::QueryBuilder as _;
    type Builder = <Backend as diesel::backend::Backend>::QueryBuilder;
    let mut text = Builder::Sqlite(diesel::sqlite::query_builder::SqliteQueryBuilder::new());
    query
        .to_sql(&mut text, &Backend::Sqlite(diesel::sqlite::Sqlite))
        .unwrap();
    text.finish()
}

/// The pool tries again by itself, several times a second; that the database is away is said where it is noticed.
#[derive(Debug)]
struct Quiet;

impl r2d2::HandleError<ConnectionError> for Quiet {
    fn handle_error(&self, error: ConnectionError) {
        tracing::debug!(%error, "no connection for reading yet");
    }
}

/// For messages: without a password.
impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

/// Makes connections for reading. `establish` of the enum tries one database after the other and hides why a connection
/// failed, so this asks the one that is meant.
#[derive(Debug)]
pub(super) struct Connections(Database);

impl ManageConnection for Connections {
    type Connection = Reader;
    type Error = ConnectionError;

    fn connect(&self) -> ConnectionResult<Reader> {
        let (mut sql, socket) = match &self.0 {
            Database::File(file) => (sqlite::connect_for_reading(file)?, None),
            Database::Server(server) => server.connect_for_reading()?,
        };
        sql.set_instrumentation(SlowStatements::default());
        Ok(Reader {
            sql,
            socket,
            is_spent: false,
        })
    }

    fn is_valid(&self, reader: &mut Reader) -> ConnectionResult<()> {
        reader
            .sql
            .batch_execute("SELECT 1")
            .map_err(ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, reader: &mut Reader) -> bool {
        use diesel::r2d2::R2D2Connection as _;
        reader.is_spent || std::thread::panicking() || reader.sql.is_broken()
    }
}
