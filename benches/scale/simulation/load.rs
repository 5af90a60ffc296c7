//! What the users of a cluster do.

use super::Nanos;
use super::random::Random;

const SECOND: Nanos = 1_000_000_000;

/// Simulated time, in which writes are accepted. Those of the first quarter are left out of what is recorded.
pub(super) const TIME: Nanos = 2 * SECOND;
pub(super) const WARM: Nanos = TIME / 4;

#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) nodes: u64,
    /// Messages that a node accepts in a second.
    pub(super) messages_per_node: u64,
    /// Open listeners of a room, each on a random node.
    pub(super) listeners: u64,
}

/// A message is accepted by a node.
#[derive(Clone, Copy)]
pub(super) struct Accepted {
    pub(super) at: Nanos,
    pub(super) node: u64,
}

impl Load {
    pub(super) fn messages_per_second(self) -> u64 {
        self.nodes * self.messages_per_node
    }

    /// In order of time: as many as are due, at random moments (a Poisson process of which the count is given).
    pub(super) fn writes(self, random: &mut Random) -> Vec<Accepted> {
        let count = self.messages_per_second() * (TIME / SECOND);
        let mut writes: Vec<Accepted> = (0..count)
            .map(|_| Accepted {
                at: random.below(TIME),
                node: random.below(self.nodes),
            })
            .collect();
        writes.sort_by_key(|write| write.at);
        writes
    }
}
