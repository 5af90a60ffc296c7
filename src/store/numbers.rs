//! Counters of the store.

use std::sync::atomic::{AtomicU64, Ordering};

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

#[derive(Default)]
pub(super) struct Counted {
    commits: AtomicU64,
    writes: AtomicU64,
    failed_commits: AtomicU64,
}

impl Counted {
    pub(super) fn committed(&self, writes: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        let writes = u64::try_from(writes).unwrap_or(0);
        self.writes.fetch_add(writes, Ordering::Relaxed);
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
