//! A bus: one process that copies each message to each node that it is for, one after the other.

use super::Nanos;
use super::measured::{BEAT, BUS_COPY, BUS_HOP, BUS_KIB, BUS_TAKE, DIGEST, EVENT_BYTES};

#[derive(Default)]
pub(super) struct Bus {
    free_at: Nanos,
    /// Nanoseconds for which it copied.
    pub(super) busy: Nanos,
    /// Bytes that left it.
    pub(super) bytes: u64,
}

impl Bus {
    /// A message for so many nodes with so many events for all of them together. The moment at which the last node has its
    /// copy, and the time between two copies: the first node has it so much earlier.
    pub(super) fn copies(&mut self, sent: Nanos, nodes: u64, events: u64) -> (Nanos, Nanos) {
        let bytes = events * EVENT_BYTES;
        let copies = nodes * BUS_COPY.nanos + bytes * BUS_KIB.nanos / 1024;
        let begin = self.free_at.max(sent + BUS_HOP.nanos / 2);
        self.free_at = begin + BUS_TAKE.nanos + copies;
        self.busy += BUS_TAKE.nanos + copies;
        self.bytes += bytes;
        let each = copies.checked_div(nodes).unwrap_or_default();
        (self.free_at + BUS_HOP.nanos / 2, each)
    }

    /// What all nodes send beside commits: signs of life to those of their bus, digests of presence to all. It is short, so
    /// that commits wait for it no longer than for one another; it counts as work.
    pub(super) fn carry_beats(&mut self, of_bus: u64, nodes: u64, time: Nanos) {
        let messages = of_bus * (time / BEAT) + nodes * (time / DIGEST);
        self.busy += messages * (BUS_TAKE.nanos + of_bus * BUS_COPY.nanos);
    }
}
