//! The queue of committed events from the write lane to the bus, which brings them to other servers.

use tokio::sync::mpsc;

use super::handover::{Handed, Handover};
use super::log::Parcel;

/// Commits that may wait for the bus.
const WAITING: usize = 1024;

/// Kibibytes of their rows that may wait for the bus or be in its hands: 32 MiB.
const WAITING_KIB: usize = 32 * 1024;

/// A parcel that counts against the bound of the queue until it is dropped.
pub type WaitingParcel = Handed<Parcel>;

/// The queue.
pub(super) struct Parcels(Handover<Parcel>);

impl Default for Parcels {
    fn default() -> Self {
        Self(Handover::new(WAITING, WAITING_KIB))
    }
}

impl Parcels {
    /// The other end; once.
    pub(super) fn take(&self) -> Option<mpsc::Receiver<WaitingParcel>> {
        self.0.take()
    }

    /// Whether anything comes of packing one.
    pub(super) fn are_taken(&self) -> bool {
        self.0.is_taken()
    }

    /// Whether it was taken; other servers read the rest in the table.
    pub(super) fn hand_over(&self, parcel: Parcel) -> bool {
        let bytes = parcel.rows.len();
        self.0.offer(parcel, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Pos;

    fn parcel(pos: i64, bytes: usize) -> Parcel {
        Parcel {
            first: Pos(pos),
            last: Pos(pos),
            rows: vec![0; bytes].into(),
        }
    }

    #[test]
    fn a_slow_bus_loses_parcels_and_holds_nothing_up() {
        let parcels = Parcels(Handover::new(3, 8));
        assert!(!parcels.are_taken());
        let mut bus = parcels.take().unwrap();
        assert!(parcels.are_taken() && parcels.take().is_none());
        let taken = [(1, 1), (2, 8 * 1024), (3, 1), (4, 1), (5, 1)]
            .map(|(pos, bytes)| parcels.hand_over(parcel(pos, bytes)));
        assert_eq!(taken, [true, false, true, true, false]);
        let first = bus.try_recv().unwrap();
        assert_eq!(first.first, Pos(1));
        drop(first);
        assert!(parcels.hand_over(parcel(6, 1)));
        drop(bus);
        assert!(!parcels.hand_over(parcel(7, 1)));
    }
}
