//! What one actor has done since it started. Written by whoever works for it, on whatever thread, without locks.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Histogram;

/// Counters of one actor. They start with it and go with it.
#[derive(Debug, Default)]
pub struct ActorNumbers {
    events: AtomicU64,
    frames: AtomicU64,
    bytes: AtomicU64,
    slow_closes: AtomicU64,
    refused: AtomicU64,
    depth: AtomicUsize,
    high_water: AtomicUsize,
    fanout: Histogram,
}

impl ActorNumbers {
    /// Events came down the log to it.
    pub fn handled(&self, events: u64) {
        self.events.fetch_add(events, Ordering::Relaxed);
    }

    /// Frames went to sockets, or to their queues, on its behalf.
    pub fn sent(&self, frames: u64, bytes: u64) {
        self.frames.fetch_add(frames, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A connection that listened to it was closed because it read too slowly.
    pub fn closed_slow(&self) {
        self.slow_closes.fetch_add(1, Ordering::Relaxed);
    }

    /// The last socket has an event of it, so long after the commit.
    pub fn fanned_out(&self, micros: u64) {
        self.fanout.record(micros);
    }

    /// A mail begins to wait, unless as many as `bound` do already.
    pub fn mail_arrives(&self, bound: usize) -> bool {
        let depth = self.depth.fetch_add(1, Ordering::Relaxed) + 1;
        if depth > bound {
            self.mail_leaves();
            self.refused.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        // Read first: the mark rarely moves, and a plain read leaves the line where it is.
        if depth > self.high_water.load(Ordering::Relaxed) {
            self.high_water.fetch_max(depth, Ordering::Relaxed);
        }
        true
    }

    /// A mail was answered, or given up.
    pub fn mail_leaves(&self) {
        self.depth.fetch_sub(1, Ordering::Relaxed);
    }

    /// Events handled.
    pub fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Frames sent.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Bytes in them.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Listeners closed for reading too slowly.
    pub fn slow_closes(&self) -> u64 {
        self.slow_closes.load(Ordering::Relaxed)
    }

    /// Mails that found the mailbox full.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Mails that wait.
    pub fn depth(&self) -> usize {
        self.depth.load(Ordering::Relaxed)
    }

    /// Most mails that ever waited.
    pub fn high_water(&self) -> usize {
        self.high_water.load(Ordering::Relaxed)
    }

    /// From a commit to the last socket written.
    pub fn fanout(&self) -> &Histogram {
        &self.fanout
    }
}
