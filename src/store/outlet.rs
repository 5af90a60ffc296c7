//! The queue of committed events from the store to the reader of the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::handover::{Handed, Handover};
use crate::event::Event;

/// Batches that may wait for the reader.
const WAITING: usize = 1024;

/// Kibibytes of rows whose events may wait for the reader or be in its hands: 64 MiB. In memory an event takes about
/// twice its row.
const WAITING_KIB: usize = 64 * 1024;

/// Events of one commit, in `pos` order.
#[derive(Debug)]
pub struct Batch {
    /// The events.
    pub events: Vec<Arc<Event>>,
}

/// Events of one commit. They count against the bound of the outlet until it is dropped.
pub type CommittedBatch = Handed<Batch>;

/// The queue, and what found no room in it.
pub(super) struct Outlet {
    queue: Handover<Batch>,
    dropped: AtomicU64,
}

impl Default for Outlet {
    fn default() -> Self {
        Self::new(WAITING, WAITING_KIB)
    }
}

impl Outlet {
    fn new(waiting: usize, waiting_kib: usize) -> Self {
        Self {
            queue: Handover::new(waiting, waiting_kib),
            dropped: AtomicU64::new(0),
        }
    }

    /// The other end; once.
    pub(super) fn take(&self) -> Option<mpsc::Receiver<CommittedBatch>> {
        self.queue.take()
    }

    /// Hands over the events of a commit, whose rows take so many bytes. A batch that does not fit stays in the table; the
    /// reader sees the gap in `pos` and reads it there.
    pub(super) fn hand_over(&self, events: Vec<Event>, bytes: usize) {
        if events.is_empty() || !self.queue.is_taken() {
            return;
        }
        let events = events.into_iter().map(Arc::new).collect();
        if !self.queue.offer(Batch { events }, bytes) {
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
            row_bytes: 0,
        }
    }

    fn positions(reader: &mut mpsc::Receiver<CommittedBatch>) -> Vec<i64> {
        let mut heard = Vec::new();
        while let Ok(batch) = reader.try_recv() {
            heard.extend(batch.events.iter().filter_map(|event| event.pos));
        }
        heard.into_iter().map(|pos: Pos| pos.0).collect()
    }

    #[test]
    fn a_slow_reader_sees_a_gap_and_the_store_counts_it() {
        let outlet = Outlet::new(2, 100);
        let mut reader = outlet.take().unwrap();
        assert!(outlet.take().is_none(), "one reader");
        (1..=3).for_each(|pos| outlet.hand_over(vec![event(pos)], 1));
        assert_eq!(outlet.dropped(), 1);
        assert_eq!(positions(&mut reader), [1, 2]);
        outlet.hand_over(vec![event(4)], 1);
        assert_eq!(positions(&mut reader), [4]);
    }

    #[test]
    fn few_large_batches_fill_the_outlet_too() {
        let outlet = Outlet::new(100, 10);
        let mut reader = outlet.take().unwrap();
        (1..=3).for_each(|pos| outlet.hand_over(vec![event(pos)], 4 * 1024));
        assert_eq!(outlet.dropped(), 1, "the third would be 12 of 10");
        outlet.hand_over(vec![event(4)], 2 * 1024);
        assert_eq!(positions(&mut reader), [1, 2, 4]);
    }

    #[test]
    fn events_count_until_the_reader_is_done_with_them() {
        let outlet = Outlet::new(100, 4);
        let mut reader = outlet.take().unwrap();
        outlet.hand_over(vec![event(1)], 4 * 1024);
        let batch = reader.try_recv().unwrap();
        outlet.hand_over(vec![event(2)], 1);
        assert_eq!(outlet.dropped(), 1, "the first is still being delivered");
        drop(batch);
        outlet.hand_over(vec![event(3)], 4 * 1024);
        assert_eq!(positions(&mut reader), [3]);
    }

    #[test]
    fn a_batch_above_the_bound_goes_by_way_of_the_table_and_holds_nothing_up() {
        let outlet = Outlet::new(100, 4);
        let mut reader = outlet.take().unwrap();
        outlet.hand_over(vec![event(1)], 1024 * 1024);
        outlet.hand_over(vec![event(2)], 1024);
        assert_eq!((outlet.dropped(), positions(&mut reader)), (1, vec![2]));
    }

    #[test]
    fn without_a_reader_nothing_is_kept() {
        let outlet = Outlet::new(2, 100);
        (1..=3).for_each(|pos| outlet.hand_over(vec![event(pos)], 1));
        assert_eq!(outlet.dropped(), 0);
        let mut reader = outlet.take().unwrap();
        assert!(reader.try_recv().is_err());
    }
}
