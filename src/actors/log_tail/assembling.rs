//! Batches of this server and of others, in the order of their positions.
//!
//! Two servers commit one behind the other, and the later batch may arrive first: its own is here at once, the other comes
//! over the bus. It waits for a moment. What is missing then is read in the table.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::bus::ArrivedBatch;
use crate::event::{Event, Pos};
use crate::store::CommittedBatch;

/// How long. A message takes less than one millisecond through Redis, and a pipeline of a busy server a few.
const PATIENCE: Duration = Duration::from_millis(5);

/// The events of one commit. It counts against the bound of the queue that it came from until it is dropped.
#[derive(Debug)]
pub(super) enum Batch {
    /// Committed by this process.
    Own(CommittedBatch),
    /// Committed by another one.
    Others(ArrivedBatch),
}

impl Batch {
    pub(super) fn events(&self) -> &[Arc<Event>] {
        match self {
            Self::Own(batch) => &batch.events,
            Self::Others(batch) => &batch.events,
        }
    }
}

/// What is missing.
#[derive(Clone, Copy, Debug)]
struct Hole {
    /// It begins behind this position.
    after: Pos,
    /// It is read in the table then.
    due: Instant,
}

/// Batches that wait for those in front of them.
#[derive(Default)]
pub(super) struct Assembly {
    waiting: BTreeMap<Pos, Batch>,
    /// There was a commit up to here.
    expected: Pos,
    hole: Option<Hole>,
}

impl Assembly {
    pub(super) fn take(&mut self, batch: Batch) {
        if let Some(first) = batch.events().first().and_then(|event| event.pos) {
            self.waiting.insert(first, batch);
        }
    }

    /// There was a commit up to here, whose events may be on their way.
    pub(super) fn expect(&mut self, pos: Pos) {
        self.expected = self.expected.max(pos);
    }

    /// The batches that join what was delivered up to `last`. What is missing before the others is waited for from `now`
    /// on, unless it is already.
    pub(super) fn joined(&mut self, last: Pos, now: Instant) -> Vec<Batch> {
        let mut joined = Vec::new();
        let mut reached = last;
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 > reached.0.saturating_add(1) {
                break;
            }
            let batch = entry.remove();
            let end = batch.events().last().and_then(|event| event.pos);
            // One that is known came over the bus too, or was read in the table before.
            if let Some(end) = end.filter(|end| *end > reached) {
                reached = end;
                joined.push(batch);
            }
        }
        let is_whole = self.waiting.is_empty() && self.expected <= reached;
        let known = self.hole.filter(|hole| hole.after == reached);
        self.hole = (!is_whole).then(|| {
            known.unwrap_or(Hole {
                after: reached,
                due: now + PATIENCE,
            })
        });
        joined
    }

    /// When the missing is not waited for any more.
    pub(super) fn due(&self) -> Option<Instant> {
        self.hole.map(|hole| hole.due)
    }

    /// Whether a batch waits for those in front of it.
    pub(super) fn holds_some(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether nothing is missing.
    pub(super) fn is_whole(&self) -> bool {
        self.hole.is_none()
    }

    /// All batches, with holes between them, and up to where there are commits.
    pub(super) fn give_up(&mut self) -> (Vec<Batch>, Pos) {
        self.hole = None;
        let waiting = std::mem::take(&mut self.waiting);
        (waiting.into_values().collect(), self.expected)
    }
}
