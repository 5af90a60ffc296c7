//! The queue of committed events from the store to the reader of the log.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::event::Event;

/// Bound of the queue, in batches.
pub(super) const WAITING: usize = 1024;

/// Events of one commit, in `pos` order.
pub type CommittedBatch = Arc<[Arc<Event>]>;

/// The sending end, kept by the lane, and the receiving end until it is taken.
pub(super) struct Outlet {
    sender: mpsc::Sender<CommittedBatch>,
    receiver: Mutex<Option<mpsc::Receiver<CommittedBatch>>>,
    is_read: AtomicBool,
    dropped: AtomicU64,
}

impl Outlet {
    pub(super) fn new(waiting: usize) -> Self {
        let (sender, receiver) = mpsc::channel(waiting);
        Self {
            sender,
            receiver: Mutex::new(Some(receiver)),
            is_read: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
        }
    }

    /// The receiving end; once.
    pub(super) fn take(&self) -> Option<mpsc::Receiver<CommittedBatch>> {
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

    /// Never waits: the lane must not depend on a reader. A batch that does not fit is dropped here; the
    /// reader sees the gap in `pos` and reads it from the table.
    pub(super) fn hand_over(&self, events: Vec<Event>) {
        if events.is_empty() || !self.is_read.load(Ordering::SeqCst) {
            return;
        }
        let batch: CommittedBatch = events.into_iter().map(Arc::new).collect();
        if let Err(mpsc::error::TrySendError::Full(_)) = self.sender.try_send(batch) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Dropped batches.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Payload, Pos};
    use crate::model::{Presence, Stamp, UserId};

    fn event(pos: i64) -> Event {
        let presence = Presence {
            user_id: UserId(1),
            text: None,
            last_seen_at: None,
        };
        let user = Arc::new(crate::store::tests::ada());
        Event {
            pos: Some(Pos(pos)),
            at: Stamp(pos),
            payload: Payload::UserPresence { user, presence },
            timestamps: crate::event::Timestamps::default(),
        }
    }

    #[test]
    fn a_slow_reader_sees_a_gap_and_the_store_counts_it() {
        let outlet = Outlet::new(2);
        let mut reader = outlet.take().unwrap();
        assert!(outlet.take().is_none(), "one reader");
        (1..=3).for_each(|pos| outlet.hand_over(vec![event(pos)]));
        assert_eq!(outlet.dropped(), 1);
        let mut heard = Vec::new();
        let mut listen = |reader: &mut mpsc::Receiver<CommittedBatch>| {
            while let Ok(batch) = reader.try_recv() {
                heard.extend(batch.iter().filter_map(|event| event.pos));
            }
        };
        listen(&mut reader);
        outlet.hand_over(vec![event(4)]);
        listen(&mut reader);
        assert_eq!(heard, [Pos(1), Pos(2), Pos(4)]);
    }

    #[test]
    fn without_a_reader_nothing_is_kept() {
        let outlet = Outlet::new(2);
        (1..=3).for_each(|pos| outlet.hand_over(vec![event(pos)]));
        assert_eq!(outlet.dropped(), 0);
        let mut reader = outlet.take().unwrap();
        assert!(reader.try_recv().is_err());
    }
}
