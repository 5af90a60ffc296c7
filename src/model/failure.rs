//! Why something was not done: the error of mails, jobs and handlers.

use std::fmt;
use std::sync::Arc;

use super::{Refusal, Refused};

/// The reason why something was not done.
#[derive(Debug, Clone)]
pub enum Failure {
    /// A rule refused it; an unchanged retry is useless.
    Refused(Refused),
    /// A queue is full; a later retry may succeed.
    Busy,
    /// The database does not answer. Nothing was written.
    Away,
    /// The database went away in the middle of a commit: what was written may be there, or not.
    Unsure,
    /// The process stops.
    Stopping,
    /// An internal error. Logged where it arose, never shown to clients.
    Trouble(Arc<str>),
}

impl Failure {
    /// Logs an internal error, once.
    pub fn trouble(what: impl Into<Arc<str>>) -> Self {
        let what = what.into();
        tracing::error!(%what, "trouble");
        Self::Trouble(what)
    }

    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(refused) => Some(refused.refusal),
            Self::Busy | Self::Away | Self::Unsure | Self::Stopping | Self::Trouble(_) => None,
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => f.write_str(&refused.message()),
            Self::Busy => f.write_str("busy, try again"),
            Self::Away => f.write_str("the database does not answer"),
            Self::Unsure => {
                f.write_str("the database went away during a commit; what was written may be there")
            }
            Self::Stopping => f.write_str("stopping"),
            Self::Trouble(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Failure {}
