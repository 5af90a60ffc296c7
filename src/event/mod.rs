//! Events: the vocabulary that store, actors and sockets share.
//!
//! An event is a fact in the past tense, complete in itself: rendering needs no database.

mod embedded;
pub mod facts;
mod gap;
mod owner;
mod payload;
pub mod routing;
mod topic;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub use embedded::Part;
pub use facts::{EventChannel, Facts};
pub use gap::{Gap, GapCause, Logged};
pub use owner::Owner;
pub use payload::{ChannelNews, Filed, Moved, Payload, Polled, Posted, Written};
pub use routing::{Route, RoutingKey};
pub use topic::{Topic, TopicKind};

use serde::{Deserialize, Serialize};

use crate::model::Stamp;

/// Position in the log: dense, from 1, in commit order over all channels and users.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Pos(pub i64);

/// Timestamps of a write. Known for writes of this process; not part of the fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timestamps {
    /// Its actor accepted the write.
    pub accepted: Option<Stamp>,
    /// The transaction was committed.
    pub committed: Option<Stamp>,
}

/// A committed fact; or an ephemeral one (`pos: None`), which is neither logged nor numbered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Position in the log.
    pub pos: Option<Pos>,
    /// When it happened; `meta.timestamp`.
    pub at: Stamp,
    /// What happened.
    pub payload: Payload,
    /// For `meta.timing` and metrics.
    #[serde(skip)]
    pub timestamps: Timestamps,
}
