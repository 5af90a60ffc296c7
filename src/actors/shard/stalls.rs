//! Stalls of the thread: the process was stopped, the machine slept, or a core was taken away.
//!
//! Meanwhile clients went on, and what they sent is still in their sockets. After a stall the thread reads and writes
//! for a while before a deadline closes any connection.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// A tick that is late by this much has waited for a stall.
const STALL: Duration = Duration::from_secs(1);
/// How long the thread reads and writes after a stall before it judges.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Whether deadlines may close connections now.
#[derive(Debug, Default)]
pub(super) struct Stalls {
    judges_from: Cell<Option<Instant>>,
}

impl Stalls {
    /// A tick passes, so much too late.
    pub(super) fn note_tick(&self, late: Duration, now: Instant) {
        if late >= STALL {
            self.judges_from.set(Some(now + CATCH_UP));
        }
    }

    /// How long connections are not judged yet.
    pub(super) fn grace(&self, now: Instant) -> Option<Duration> {
        let from = self.judges_from.get()?;
        if now >= from {
            self.judges_from.set(None);
            return None;
        }
        Some(from - now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_stall_no_connection_is_judged_for_a_while() {
        let (stalls, begun) = (Stalls::default(), Instant::now());
        stalls.note_tick(Duration::from_millis(30), begun);
        assert_eq!(
            stalls.grace(begun),
            None,
            "ticks are a little late all the time"
        );
        // The ticks that were missed pass at once.
        let end = begun + Duration::from_secs(70);
        for late in (0..70).rev().map(Duration::from_secs) {
            stalls.note_tick(late, end);
        }
        assert_eq!(stalls.grace(end), Some(CATCH_UP));
        assert_eq!(stalls.grace(end + CATCH_UP), None);
        assert_eq!(stalls.grace(end), None, "judged once, judged from then on");
    }
}
