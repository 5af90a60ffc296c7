//! Counters of the store.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counted since the store was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Transactions that were committed.
    pub commits: u64,
    /// Writes in them.
    pub writes: u64,
    /// Transactions that could not be committed.
    pub failed_commits: u64,
    /// Batches dropped because the reader of the log was too slow; it reads them from the table.
    pub dropped_batches: u64,
    /// Reads that were ended because they took too long.
    pub overdue_reads: u64,
}

pub(super) struct Counted {
    commits: AtomicU64,
    writes: AtomicU64,
    failed_commits: AtomicU64,
    /// The last group of writes met a fault.
    doubtful: AtomicBool,
    since: Instant,
    /// Milliseconds after `since` at which the lane began what it is at; zero: nothing.
    busy_from: AtomicU64,
}

impl Default for Counted {
    fn default() -> Self {
        Self {
            commits: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            failed_commits: AtomicU64::new(0),
            doubtful: AtomicBool::new(false),
            since: Instant::now(),
            busy_from: AtomicU64::new(0),
        }
    }
}

impl Counted {
    pub(super) fn committed(&self, writes: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        let writes = u64::try_from(writes).unwrap_or(0);
        self.writes.fetch_add(writes, Ordering::Relaxed);
    }

    /// Whether the last group of writes met a fault.
    pub(super) fn doubt(&self, doubtful: bool) {
        self.doubtful.store(doubtful, Ordering::Relaxed);
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful.load(Ordering::Relaxed)
    }

    /// The lane begins something.
    pub(super) fn begins(&self) {
        self.busy_from
            .store(self.millis().max(1), Ordering::Relaxed);
    }

    /// The lane waits for work.
    pub(super) fn rests(&self) {
        self.busy_from.store(0, Ordering::Relaxed);
    }

    pub(super) fn busy_for(&self) -> Duration {
        match self.busy_from.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            from => Duration::from_millis(self.millis().saturating_sub(from)),
        }
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn failed_commit(&self) {
        self.failed_commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn numbers(&self, dropped_batches: u64, overdue_reads: u64) -> Numbers {
        Numbers {
            commits: self.commits.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            failed_commits: self.failed_commits.load(Ordering::Relaxed),
            dropped_batches,
            overdue_reads,
        }
    }
}
