//! The only place that reads wall time. Durations use the runtime's own clock, which stands still while the machine is
//! suspended, but for those of leases and claims ([`since_boot`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};

use crate::model::Stamp;

/// The current time. Tests may move it forward; it never runs backwards.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_micros: Arc<AtomicI64>,
}

impl Clock {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Stamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Stamp(micros.saturating_add(self.ahead_micros.load(Ordering::Relaxed)))
    }

    /// Moves this clock (and its clones) forward.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.ahead_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Since the machine was started, with the time for which it was suspended. Never runs backwards.
pub fn since_boot() -> Duration {
    // The clock is there since Linux 2.6.39, so this does not fail; without it a lease would be counted as never renewed.
    let read = clock_gettime(ClockId::CLOCK_BOOTTIME);
    read.map_or(Duration::MAX, Duration::from)
}
