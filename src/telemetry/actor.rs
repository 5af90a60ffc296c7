//! Counters of one actor since it started. Threads that work for it write them without locks.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Histogram;

/// Counters of one actor, with the lifetime of the actor.
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
    /// Counts events that the log delivered to it.
    pub fn handled(&self, events: u64) {
        self.events.fetch_add(events, Ordering::Relaxed);
    }

    /// Counts frames written to sockets, or to their queues, on its behalf.
    pub fn sent(&self, frames: u64, bytes: u64) {
        self.frames.fetch_add(frames, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts a subscribed connection that was closed because it read too slowly.
    pub fn closed_slow(&self) {
        self.slow_closes.fetch_add(1, Ordering::Relaxed);
    }

    /// Records the time from a commit to the last socket written.
    pub fn fanned_out(&self, micros: u64) {
        self.fanout.record(micros);
    }

    /// Counts a mail that begins to wait; false if `bound` mails wait already.
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

    /// Counts a mail that was answered or dropped.
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

    /// Subscribed connections that were closed because they read too slowly.
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
