//! Options of the store, checked before it opens.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Failure;
use super::connect::Database;
use super::connect::postgres::Server;
use super::moments::FARTHEST;
use crate::config::StoreConfig;

/// How long the server's write lane waits for another process that holds the file. A group of writes may wait for
/// itself and for the group before it, and its callers are answered within a second all the same.
const LANE_PATIENCE: Duration = Duration::from_millis(400);
/// Reads for answers take milliseconds; clients give up after about this time.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// Few clients show a search that takes longer, and its thread is wanted by the next one.
const SEARCH_DEADLINE: Duration = Duration::from_secs(5);

/// What a database URL looks like.
const FORMS: &str = "sqlite:///absolute/path, sqlite://relative/path or postgres://USER:PASSWORD@HOST:PORT/DATABASE";
/// Where a server keeps files and pictures if its database is no file, and the settings name no place.
const FOLDER: &str = "data";

/// How to open the store.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite:///absolute/path`, `sqlite://relative/path`, or `postgres://user:password@host:port/database`.
    pub url: String,
    /// Connections, and threads, for reading what requests ask for. Searches have half as many of their own.
    pub read_connections: u32,
    /// How long a read for an answer may wait and run.
    pub read_deadline: Duration,
    /// How long a search may.
    pub search_deadline: Duration,
    /// Writes that may wait; one more is refused as busy.
    pub lane_capacity: usize,
    /// Writes per commit, at most.
    pub lane_batch: usize,
    /// How long events stay in the log.
    pub log_retention: Duration,
    /// How much the log may hold, in bytes of event bodies.
    pub log_max_bytes: i64,
    /// How long the keys of calls are kept.
    pub keys_kept: Duration,
    /// How long the write lane of a server waits for another process.
    pub lane_patience: Duration,
    /// How far the clock of the machine may be from that of a database server for writes and sweeps. Ids and order never come
    /// from clocks, but timestamps, polls that close, and the lives of sessions do.
    pub clock_apart: Duration,
    /// The clock of the machine is right, also where the database holds later timestamps.
    pub accepts_clock: bool,
}

/// Without a password.
impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("database", &self.shown().unwrap_or_default())
            .finish_non_exhaustive()
    }
}

impl From<&StoreConfig> for StoreOptions {
    fn from(config: &StoreConfig) -> Self {
        let log_max_bytes = config.log_max_megabytes.saturating_mul(1 << 20);
        Self {
            url: config.database_url.reveal().to_owned(),
            read_connections: config.read_connections,
            read_deadline: READ_DEADLINE,
            search_deadline: SEARCH_DEADLINE,
            lane_capacity: config.lane_capacity,
            lane_batch: config.lane_batch,
            log_retention: Duration::from_secs(config.log_retention_hours.saturating_mul(3600)),
            log_max_bytes: i64::try_from(log_max_bytes).unwrap_or(i64::MAX),
            keys_kept: Duration::from_secs(config.idempotency_key_hours.saturating_mul(3600)),
            lane_patience: LANE_PATIENCE,
            clock_apart: FARTHEST,
            accepts_clock: false,
        }
    }
}

/// The defaults of the settings.
impl Default for StoreOptions {
    fn default() -> Self {
        Self::from(&StoreConfig::default())
    }
}

impl StoreOptions {
    /// The database, for messages: without a password.
    ///
    /// # Errors
    /// The URL names none.
    pub fn shown(&self) -> Result<String, Failure> {
        Ok(match self.database()? {
            Database::File(_) => self.url.clone(),
            server @ Database::Server(_) => server.to_string(),
        })
    }

    /// The folder beside which this machine keeps what is not in the database: that of the database file.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        Ok(match self.database()? {
            Database::File(file) => match file.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
                Some(_) | None => PathBuf::from("."),
            },
            Database::Server(_) => PathBuf::from(FOLDER),
        })
    }

    /// Checks everything that needs no disk and no network; gives back where the data is.
    pub(super) fn database(&self) -> Result<Database, Failure> {
        let wrong = |what: String| Err(Failure::Trouble(what.into()));
        let Some((scheme, path)) = self.url.split_once("://") else {
            return wrong(format!("the database URL has no scheme; write {FORMS}"));
        };
        self.demand_bounds()?;
        match scheme {
            "sqlite" => {}
            "postgres" | "postgresql" => return Ok(Database::Server(Server::parse(&self.url)?)),
            _ => {
                return wrong(format!(
                    "database URL scheme `{scheme}` is not known; write {FORMS}"
                ));
            }
        }
        if path.is_empty() || path.ends_with('/') || path.contains('\0') || path == ":memory:" {
            return wrong(format!(
                "database URL `{}` names no file; write sqlite:///absolute/path or sqlite://relative/path",
                self.url
            ));
        }
        Ok(Database::File(PathBuf::from(path)))
    }

    fn demand_bounds(&self) -> Result<(), Failure> {
        let wrong = |what: String| Err(Failure::Trouble(what.into()));
        if self.read_connections == 0 || self.lane_capacity == 0 || self.lane_batch == 0 {
            return wrong(String::from(
                "read connections, lane capacity and lane batch must be at least 1",
            ));
        }
        if self.log_max_bytes < 0 {
            return wrong(String::from(
                "the size limit of the log may not be negative",
            ));
        }
        Ok(())
    }
}
