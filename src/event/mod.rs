//! What happened: the vocabulary that store, actors and sockets share.
//!
//! An event is a fact in the past tense, complete in itself: whoever renders it needs no database.

pub mod facts;
mod owner;
mod payload;
pub mod routing;
mod topic;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

pub use facts::{EventChannel, Facts};
pub use owner::Owner;
pub use payload::{ChannelNews, Payload, Written};
pub use routing::{Route, RoutingKey};
pub use topic::{Topic, TopicKind};

use serde::{Deserialize, Serialize};

use crate::model::Stamp;

/// Place in the log: dense, from 1, in commit order over all channels and users.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Pos(pub i64);

/// When an event passed the stations of its way up. Known for what this process wrote; not part of the fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timestamps {
    /// Its actor let the write in.
    pub accepted: Option<Stamp>,
    /// The transaction was committed.
    pub committed: Option<Stamp>,
}

/// A committed fact; or an ephemeral one (`pos: None`), which is neither logged nor numbered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Place in the log.
    pub pos: Option<Pos>,
    /// When it happened; `meta.timestamp`.
    pub at: Stamp,
    /// What happened.
    pub payload: Payload,
    /// For those who measure.
    #[serde(skip)]
    pub timestamps: Timestamps,
}
