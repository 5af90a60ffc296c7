//! The queue of committed events from the write lane to the bus, which brings them to other servers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::log::Parcel;

/// Commits that may wait for the bus.
const WAITING: usize = 1024;

/// Kibibytes of their rows that may wait for the bus or be in its hands: 32 MiB.
const WAITING_KIB: usize = 32 * 1024;

/// A parcel that counts against the bound of the queue until it is dropped.
#[derive(Debug)]
pub struct WaitingParcel {
    /// The parcel.
    pub parcel: Parcel,
    _held: OwnedSemaphorePermit,
}

/// The sending end, kept by the lane, and the other end until the bus takes it.
pub(super) struct Parcels {
    sender: mpsc::Sender<WaitingParcel>,
    receiver: Mutex<Option<mpsc::Receiver<WaitingParcel>>>,
    room: Arc<Semaphore>,
    is_taken: AtomicBool,
}

impl Default for Parcels {
    fn default() -> Self {
        Self::new(WAITING, WAITING_KIB)
    }
}

impl Parcels {
    fn new(waiting: usize, waiting_kib: usize) -> Self {
        let (sender, receiver) = mpsc::channel(waiting);
        Self {
            sender,
            receiver: Mutex::new(Some(receiver)),
            room: Arc::new(Semaphore::new(waiting_kib)),
            is_taken: AtomicBool::new(false),
        }
    }

    /// The other end; once.
    pub(super) fn take(&self) -> Option<mpsc::Receiver<WaitingParcel>> {
        let receiver = self.receiver.lock();
        let taken = receiver.unwrap_or_else(PoisonError::into_inner).take();
        self.is_taken.fetch_or(taken.is_some(), Ordering::SeqCst);
        taken
    }

    /// Whether anything comes of packing one.
    pub(super) fn are_taken(&self) -> bool {
        self.is_taken.load(Ordering::Relaxed)
    }

    /// Never waits: the lane must not depend on a bus. Whether it was taken; other servers read the rest in the table.
    pub(super) fn hand_over(&self, parcel: Parcel) -> bool {
        let kib = u32::try_from(parcel.rows.len().div_ceil(1024)).unwrap_or(u32::MAX);
        let Ok(held) = self.room.clone().try_acquire_many_owned(kib) else {
            return false;
        };
        let _held = held;
        self.sender
            .try_send(WaitingParcel { parcel, _held })
            .is_ok()
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
        let parcels = Parcels::new(3, 8);
        assert!(!parcels.are_taken());
        let mut bus = parcels.take().unwrap();
        assert!(parcels.are_taken() && parcels.take().is_none());
        let taken = [(1, 1), (2, 8 * 1024), (3, 1), (4, 1), (5, 1)]
            .map(|(pos, bytes)| parcels.hand_over(parcel(pos, bytes)));
        assert_eq!(taken, [true, false, true, true, false]);
        let first = bus.try_recv().unwrap();
        assert_eq!(first.parcel.first, Pos(1));
        drop(first);
        assert!(parcels.hand_over(parcel(6, 1)));
        drop(bus);
        assert!(!parcels.hand_over(parcel(7, 1)));
    }
}
