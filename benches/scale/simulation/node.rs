//! A node takes what the bus brings, in order, and writes to its listeners.

use super::Nanos;
use super::measured::{FRAME, HEARD, RESOLVE, TAKE, UNHEARD};

#[derive(Default)]
pub(super) struct Node {
    free_at: Nanos,
    /// Processor time of the thread that delivers.
    pub(super) busy: Nanos,
    /// The part of it for events that no listener here receives.
    pub(super) unheard: Nanos,
}

impl Node {
    /// Events arrive, of which some have listeners here. The moment from which on frames are written.
    pub(super) fn take(&mut self, at: Nanos, events: u64, heard: u64) -> Nanos {
        let taking = TAKE.nanos + events * UNHEARD.nanos;
        let resolving = match heard {
            0 => 0,
            _ => RESOLVE.nanos + heard * HEARD.nanos,
        };
        let work = taking + resolving;
        self.busy += work;
        self.unheard += taking * events.saturating_sub(heard) / events.max(1);
        self.free_at = self.free_at.max(at) + work;
        self.free_at
    }

    /// The moments at which listeners have their frames: other threads write them.
    pub(super) fn write(&self, from: Nanos, frames: u64) -> impl Iterator<Item = Nanos> + use<> {
        (1..=frames).map(move |place| from + place * FRAME.nanos)
    }
}
