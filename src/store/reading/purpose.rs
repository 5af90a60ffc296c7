//! What a read is for; it decides which threads do it and how long it may take.

use std::time::Duration;

use super::super::{Failure, StoreOptions};
use crate::model::Refusal;

/// What a read is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An answer to a request: a few rows, by a key.
    Answer,
    /// A search: many rows, most of which are not wanted.
    Search,
    /// What streams are waiting for: the log, the state of actors.
    Delivery,
}

impl Purpose {
    pub(super) const ALL: [Self; 3] = [Self::Answer, Self::Search, Self::Delivery];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Search => "search",
            Self::Delivery => "delivery",
        }
    }

    pub(super) fn threads(self, options: &StoreOptions) -> u32 {
        match self {
            Self::Answer => options.read_connections,
            Self::Search => (options.read_connections / 2).max(1),
            // One for `LogTail`, so that actors that load do not delay it.
            Self::Delivery => 2,
        }
    }

    /// Reads that may wait, per thread; one more is refused as busy. A search may take seconds, so few may wait.
    pub(super) fn waiting_per_thread(self) -> usize {
        match self {
            Self::Answer => 512,
            Self::Search => 16,
            Self::Delivery => 4096,
        }
    }

    /// How long a read may wait and run. Streams would miss what is not read for them, so only a read that hangs ends.
    pub(super) fn patience(self, options: &StoreOptions) -> Duration {
        match self {
            Self::Answer => options.read_deadline,
            Self::Search => options.search_deadline,
            Self::Delivery => Duration::from_secs(60),
        }
    }

    /// The answer to a caller whose read began and did not end in time.
    pub(super) fn overdue(self) -> Failure {
        match self {
            Self::Answer | Self::Delivery => Failure::Busy,
            // It would take as long again: the client has to ask for less.
            Self::Search => Refusal::SearchTooBroad.into(),
        }
    }
}
