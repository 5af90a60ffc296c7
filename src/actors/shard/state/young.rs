//! Subscriptions that are ahead of the shard: made when the log had events that were not fanned out here.
//!
//! Such an event is on the page of the subscribing call and must not follow on the stream. The slow path compares
//! positions; the fast path does not, so a connection changes to it when those events have passed.

use std::collections::HashMap;

use super::ConnectionIndex;
use crate::event::Pos;
use crate::fault::{Seeded, seeded};

/// How far the shard is, and the connections that are ahead of it: at most all that it has.
#[derive(Debug, Default)]
pub(super) struct Young {
    reached: Pos,
    until: HashMap<ConnectionIndex, Pos>,
}

impl Young {
    /// The last event that was fanned out here.
    pub(super) fn reached(&self) -> Pos {
        match seeded(Seeded::YoungOnFastPath) {
            true => Pos(i64::MAX),
            false => self.reached,
        }
    }

    /// A connection has a subscription that was made at this place in the log.
    pub(super) fn note(&mut self, index: ConnectionIndex, since: Pos) {
        if since > self.reached {
            let until = self.until.entry(index).or_default();
            *until = since.max(*until);
        }
    }

    /// A connection is gone.
    pub(super) fn remove(&mut self, index: ConnectionIndex) {
        self.until.remove(&index);
    }

    /// Events up to here were fanned out. Gives the connections that are no longer ahead.
    pub(super) fn reach(&mut self, pos: Pos) -> Vec<ConnectionIndex> {
        self.reached = pos.max(self.reached);
        if self.until.is_empty() {
            return Vec::new();
        }
        let reached = self.reached;
        self.until
            .extract_if(|_, until| *until <= reached)
            .map(|(index, _)| index)
            .collect()
    }
}
