//! The bus: Redis carries what one server commits to the others, which read nothing then.
//!
//! It may lose anything. Order and completeness come from the positions of the log and from its table: a batch that does
//! not join the last one waits for a moment, then the hole is read in the table (`actors::log_tail`), and the head of the
//! log is compared anyway. So Redis may be away, slow, restarted or wiped: events come later, never wrong.
//!
//! One connection publishes, one listens (`session.rs`); both are made again with growing pauses (`line.rs`). What is sent is
//! signed with a key in the database (`sealing.rs`): whatever else arrives on the channel is counted and dropped.

mod arriving;
pub mod counting;
mod line;
mod place;
mod publishing;
mod repeats;
mod sealing;
mod session;
mod state;
mod trouble;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

pub use arriving::{Arrived, ArrivedBatch};
pub use line::Line;
pub use sealing::NodeId;

use crate::clock::Clock;
use crate::config::Cluster;
use crate::event::Event;
use crate::telemetry::{Counter, Metrics};
use counting::Counts;
use place::Place;
use sealing::{Kind, Seal};
use state::State;

/// Ephemeral events and changes of presence that may wait; one more is dropped and counted.
const PASSING: usize = 4096;

/// What the servers hold in common without a log. Each keeps all of it; the bus brings changes, and what they do not agree
/// on.
pub trait Replica: Send + Sync {
    /// What the others compare with theirs: sent at the beginning and from time to time.
    fn digest(&self) -> Bytes;

    /// Another server said this; what there is to say to it.
    fn take(&self, from: NodeId, said: &[u8]) -> Vec<Bytes>;
}

/// The bus of this server; a cheap handle.
#[derive(Clone, Default)]
pub struct Bus(Option<Arc<Handle>>);

struct Handle {
    node: NodeId,
    state: State,
    clock: Clock,
    passing: mpsc::Sender<(Kind, Bytes)>,
    counts: Counts,
    metrics: Arc<Metrics>,
}

impl Bus {
    /// The handle, and what runs it. Without a URL there is no bus, which is no error.
    ///
    /// # Errors
    /// A URL that is not one; for the operator, without the URL.
    pub fn open(
        cluster: &Cluster,
        epoch: &str,
        key: &[u8],
        (clock, metrics): (&Clock, &Arc<Metrics>),
    ) -> Result<(Self, Option<Line>), String> {
        let Some(place) = Place::of(cluster)? else {
            return Ok((Self::default(), None));
        };
        let (passing, waiting) = mpsc::channel(PASSING);
        let seal = Seal::new(key, epoch);
        let (counts, counted) = Counts::new(key, metrics);
        let handle = Arc::new(Handle {
            node: seal.node,
            state: State::default(),
            clock: clock.clone(),
            passing,
            counts,
            metrics: metrics.clone(),
        });
        let line = Line::new((place, epoch), seal, handle.clone(), (waiting, counted));
        Ok((Self(Some(handle)), Some(line)))
    }

    /// This server, as the others know it; `None` without a bus.
    pub fn node(&self) -> Option<NodeId> {
        self.0.as_ref().map(|handle| handle.node)
    }

    /// Whether what is sent arrives, as far as this server knows.
    pub fn works(&self) -> bool {
        self.0.as_ref().is_some_and(|handle| handle.state.works())
    }

    /// What servers count together; nothing without a bus.
    pub fn counts(&self) -> Counts {
        self.0
            .as_ref()
            .map_or_else(Counts::default, |handle| handle.counts.clone())
    }

    /// How long the last message was on its way through Redis and back to this server, in microseconds.
    pub fn lag_micros(&self) -> u64 {
        self.0.as_ref().map_or(0, |handle| handle.state.lag())
    }

    /// An ephemeral event, for the listeners of the other servers.
    pub fn send_event(&self, event: &Event) {
        let Some(handle) = self.0.as_ref().filter(|handle| handle.state.works()) else {
            return;
        };
        // It was made from plain fields: this does not fail.
        if let Ok(json) = serde_json::to_vec(event) {
            handle.send(Kind::Event, json.into());
        }
    }

    /// A change of what the servers hold in common.
    pub fn send_change(&self, change: impl FnOnce() -> Bytes) {
        if let Some(handle) = self.0.as_ref().filter(|handle| handle.state.works()) {
            handle.send(Kind::Presence, change());
        }
    }
}

impl Handle {
    fn send(&self, kind: Kind, what: Bytes) {
        if self.passing.try_send((kind, what)).is_err() {
            self.metrics.add(Counter::EphemeralDropped, 1);
        }
    }
}
