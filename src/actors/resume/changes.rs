//! Facts that events turn on and off, as they were at any position of the log.

use std::collections::HashMap;
use std::hash::Hash;

use smallvec::SmallVec;

use crate::event::Pos;

/// What events said of each key, in their order.
#[derive(Debug)]
pub struct Changes<K>(HashMap<K, SmallVec<[(Pos, bool); 1]>>);

impl<K> Default for Changes<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Copy + Eq + Hash> Changes<K> {
    /// An event turned the fact on or off. To be told in the order of the log.
    pub fn note(&mut self, key: K, pos: Pos, is_on: bool) {
        self.0.entry(key).or_default().push((pos, is_on));
    }

    /// Whether it was on behind `pos`. `now` is what is known of the present, which may be older or newer than some of
    /// the events.
    pub fn at(&self, key: K, pos: Pos, now: bool) -> bool {
        let Some(changes) = self.0.get(&key) else {
            return now;
        };
        let behind = changes.partition_point(|(at, _)| *at <= pos);
        let before = behind.checked_sub(1).and_then(|last| changes.get(last));
        match (before, changes.get(behind)) {
            (Some((_, is_on)), _) => *is_on,
            // Until it was turned on, it was off.
            (None, Some((_, turned))) => !turned,
            (None, None) => now,
        }
    }

    /// Whether it is on after all events.
    pub fn last(&self, key: K, now: bool) -> bool {
        self.at(key, Pos(i64::MAX), now)
    }

    /// What changed.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.0.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_known_before_between_and_behind_its_changes() {
        let mut changes = Changes::default();
        changes.note('a', Pos(10), true);
        changes.note('a', Pos(20), false);
        changes.note('b', Pos(15), false);
        let at = |key, pos| [true, false].map(|now| changes.at(key, Pos(pos), now));
        assert_eq!(at('a', 9), [false; 2]);
        assert_eq!(at('a', 10), [true; 2]);
        assert_eq!(at('a', 19), [true; 2]);
        assert_eq!(at('a', 20), [false; 2]);
        assert_eq!(at('b', 14), [true; 2]);
        assert_eq!(at('c', 14), [true, false], "nothing happened to it");
        assert!(!changes.last('a', true));
    }
}
