//! Whether the bus works. That is known by one sign only: what this server published comes back to it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// As of the last message that came back.
#[derive(Debug)]
pub(super) struct State {
    since: Instant,
    works: AtomicBool,
    lag: AtomicU64,
    /// In microseconds after `since`.
    heard_at: AtomicU64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            works: AtomicBool::new(false),
            lag: AtomicU64::new(0),
            heard_at: AtomicU64::new(0),
        }
    }
}

impl State {
    pub(super) fn works(&self) -> bool {
        self.works.load(Ordering::Relaxed)
    }

    pub(super) fn lag(&self) -> u64 {
        self.lag.load(Ordering::Relaxed)
    }

    /// Microseconds that this server has been counting: a message has them with it.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Connections were made: from here the first message is waited for.
    pub(super) fn begins(&self) {
        self.heard_at.store(self.now(), Ordering::Relaxed);
    }

    /// A message of this server that was sent then came back. Whether that is news.
    pub(super) fn came_back(&self, sent: u64) -> bool {
        let now = self.now();
        self.lag.store(now.saturating_sub(sent), Ordering::Relaxed);
        self.heard_at.store(now, Ordering::Relaxed);
        !self.works.swap(true, Ordering::Relaxed)
    }

    /// Whether nothing came back for so long.
    pub(super) fn is_silent(&self, longest: Duration) -> bool {
        let heard_at = Duration::from_micros(self.heard_at.load(Ordering::Relaxed));
        self.since.elapsed().saturating_sub(heard_at) >= longest
    }

    /// Whether that is news.
    pub(super) fn is_lost(&self) -> bool {
        self.works.swap(false, Ordering::Relaxed)
    }
}
