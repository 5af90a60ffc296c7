//! One timer wheel per shard: deadlines of all its connections, checked once per turn of a tick.
//!
//! A connection is in the wheel once for each thing that may become due (silence, a stalled queue, the end
//! after a close frame), at the earliest moment at which it could be. Then it is checked, and put back if
//! nothing is due: a heartbeat costs one store, not a timer.

/// Ticks of one round; longer waits are checked once per round.
const SPOKES: usize = 2048;

/// Deadlines in ticks.
#[derive(Debug)]
pub struct Wheel<T> {
    spokes: Vec<Vec<T>>,
    now: u32,
}

impl<T> Default for Wheel<T> {
    fn default() -> Self {
        Self {
            spokes: (0..SPOKES).map(|_| Vec::new()).collect(),
            now: 0,
        }
    }
}

impl<T> Wheel<T> {
    /// The current tick.
    pub fn now(&self) -> u32 {
        self.now
    }

    /// Has `what` checked in `ticks` ticks, or a round at most. Zero counts as one.
    pub fn put(&mut self, what: T, ticks: u32) {
        let ahead = (ticks.max(1) as usize).min(SPOKES - 1);
        let at = (self.now as usize + ahead) % SPOKES;
        if let Some(spoke) = self.spokes.get_mut(at) {
            spoke.push(what);
        }
    }

    /// One tick passes; gives what has to be checked now.
    pub fn turn(&mut self) -> Vec<T> {
        self.now = self.now.wrapping_add(1);
        let at = self.now as usize % SPOKES;
        self.spokes
            .get_mut(at)
            .map(std::mem::take)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_comes_back_after_its_ticks_and_once() {
        let mut wheel = Wheel::default();
        wheel.put("three", 3);
        wheel.put("now", 0);
        assert_eq!(wheel.turn(), ["now"]);
        assert!(wheel.turn().is_empty());
        assert_eq!(wheel.turn(), ["three"]);
        assert!((0..SPOKES).all(|_| wheel.turn().is_empty()));
    }

    #[test]
    fn a_long_wait_is_checked_within_a_round() {
        let mut wheel = Wheel::default();
        wheel.put("far", 10_000);
        let seen = (0..SPOKES).filter(|_| !wheel.turn().is_empty()).count();
        assert_eq!(seen, 1);
    }
}
