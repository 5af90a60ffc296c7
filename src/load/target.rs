//! The server under load, as everything that calls it needs to know it, and why a call before the run failed.

use super::made::Inventory;
use super::plan::Impossible;
use super::process::ServerProcess;
use std::io;
use std::net::SocketAddrV4;

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: SocketAddrV4,
    pub(super) host: String,
}

/// A server that is ready to be loaded, or several of one cluster.
#[derive(Debug)]
pub(super) struct Target {
    /// At least one.
    pub(super) places: Vec<Place>,
    /// One token per account.
    pub(super) people: Vec<String>,
    pub(super) app_token: Option<String>,
    /// Their processes, as far as they are known.
    pub(super) pids: Vec<u32>,
    pub(super) process: Option<ServerProcess>,
    /// What the run made on it.
    pub(super) made: Inventory,
    /// Where our own process may run once the server is pinned.
    pub(super) client_core: Option<usize>,
    pub(super) server_core: Option<usize>,
}

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetupError {
    #[error(transparent)]
    Impossible(#[from] Impossible),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the server answered {status} to {what}: {body}")]
    Refused {
        status: u16,
        what: String,
        body: String,
    },
    #[error("interrupted before the run began")]
    Interrupted,
    #[error("unexpected answer: {0}")]
    Answer(&'static str),
}
