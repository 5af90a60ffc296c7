//! Options of the store, checked before it opens.

use std::path::PathBuf;
use std::time::Duration;

use super::Failure;
use crate::config::StoreConfig;

/// How long the server's write lane waits for another process that holds the file. A group of writes may wait for
/// itself and for the group before it, and its callers are answered within a second all the same.
const LANE_PATIENCE: Duration = Duration::from_millis(400);
/// Reads for answers take milliseconds; clients give up after about this time.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// Few clients show a search that takes longer, and its thread is wanted by the next one.
const SEARCH_DEADLINE: Duration = Duration::from_secs(5);

/// How to open the store.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `sqlite:///absolute/path` or `sqlite://relative/path`.
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
    /// How long the write lane of a server waits for another process.
    pub lane_patience: Duration,
    /// The clock of the machine is right, also where the database holds later timestamps.
    pub accepts_clock: bool,
}

impl From<&StoreConfig> for StoreOptions {
    fn from(config: &StoreConfig) -> Self {
        let log_max_bytes = config.log_max_megabytes.saturating_mul(1 << 20);
        Self {
            url: config.database_url.clone(),
            read_connections: config.read_connections,
            read_deadline: READ_DEADLINE,
            search_deadline: SEARCH_DEADLINE,
            lane_capacity: config.lane_capacity,
            lane_batch: config.lane_batch,
            log_retention: Duration::from_secs(config.log_retention_hours.saturating_mul(3600)),
            log_max_bytes: i64::try_from(log_max_bytes).unwrap_or(i64::MAX),
            lane_patience: LANE_PATIENCE,
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
    /// Checks everything that needs no disk; gives back the path of the database file.
    pub fn path(&self) -> Result<PathBuf, Failure> {
        let wrong = |what: String| Err(Failure::Trouble(what.into()));
        let Some((scheme, path)) = self.url.split_once("://") else {
            return wrong(format!(
                "database URL `{}` has no scheme; write sqlite:///absolute/path or sqlite://relative/path",
                self.url
            ));
        };
        if scheme != "sqlite" {
            return wrong(format!(
                "database URL scheme `{scheme}` is not known; only sqlite:// is built in now"
            ));
        }
        if path.is_empty() || path.ends_with('/') || path.contains('\0') || path == ":memory:" {
            return wrong(format!(
                "database URL `{}` names no file; write sqlite:///absolute/path or sqlite://relative/path",
                self.url
            ));
        }
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
        Ok(PathBuf::from(path))
    }
}
