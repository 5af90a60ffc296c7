//! A periodic action of every socket, spread evenly over the period.

use crate::load::convert::{self, whole};
use std::ops::Range;
use std::time::{Duration, Instant};

/// Where the rounds over all sockets are.
#[derive(Debug)]
pub(super) struct Rounds {
    period: Duration,
    last: Instant,
    /// The next socket.
    next: usize,
}

impl Rounds {
    pub(super) fn new(period: Duration, now: Instant) -> Self {
        Self {
            period,
            last: now,
            next: 0,
        }
    }

    /// The sockets out of `count` whose turn has come by `now`.
    pub(super) fn due(&mut self, now: Instant, count: usize) -> Range<usize> {
        let share = now.duration_since(self.last).as_secs_f64() / self.period.as_secs_f64();
        if self.next >= count {
            self.next = 0;
        }
        let due = convert::count(whole(count as f64 * share)).min(count - self.next);
        let begin = self.next;
        if due > 0 {
            self.last = now;
            self.next += due;
        }
        begin..begin + due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_turn_once_per_period() {
        let begin = Instant::now();
        let mut rounds = Rounds::new(Duration::from_secs(10), begin);
        let mut turns = vec![0; 100];
        for tick in 1..=400 {
            let now = begin + Duration::from_millis(100) * tick;
            for slot in rounds.due(now, turns.len()) {
                turns[slot] += 1;
            }
        }
        assert!(turns.iter().all(|count| *count == 4), "{turns:?}");
        assert!(rounds.due(begin + Duration::from_secs(99), 0).is_empty());
    }

    #[test]
    fn fewer_sockets_than_before_begin_with_the_first() {
        let begin = Instant::now();
        let mut rounds = Rounds::new(Duration::from_secs(1), begin);
        assert_eq!(rounds.due(begin + Duration::from_secs(1), 10), 0..10);
        assert_eq!(rounds.due(begin + Duration::from_secs(2), 4), 0..4);
    }
}
