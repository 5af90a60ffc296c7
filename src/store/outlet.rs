//! Where committed events leave the store: one bounded queue to whoever reads the log live.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::event::Event;

/// Batches that may wait for the reader.
const WAITING: usize = 1024;

/// Events of one commit, in `pos` order.
pub type Batch = Arc<[Arc<Event>]>;

/// The sending end, kept by the lane, and the other end until somebody takes it.
pub(super) struct Outlet {
    sender: mpsc::Sender<Batch>,
    receiver: Mutex<Option<mpsc::Receiver<Batch>>>,
    is_read: AtomicBool,
    dropped: AtomicU64,
}

impl Outlet {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self {
            sender,
            receiver: Mutex::new(Some(receiver)),
            is_read: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
        }
    }

    /// The other end; once.
    pub(super) fn take(&self) -> Option<mpsc::Receiver<Batch>> {
        let taken = self
            .receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if taken.is_some() {
            self.is_read.store(true, Ordering::SeqCst);
        }
        taken
    }

    /// Never waits: the lane must not depend on a reader. What does not fit stays in the table; the
    /// reader sees the gap in `pos` and reads it there.
    pub(super) fn hand_over(&self, events: Vec<Event>) {
        if events.is_empty() || !self.is_read.load(Ordering::SeqCst) {
            return;
        }
        let batch: Batch = events.into_iter().map(Arc::new).collect();
        if let Err(mpsc::error::TrySendError::Full(_)) = self.sender.try_send(batch) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Batches that did not fit.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
