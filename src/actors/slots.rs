//! How many of something may be open at once. A slot is given back when it is dropped, on whatever exit.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;

/// Slots, counted per key and in all.
#[derive(Debug)]
pub struct Slots<K: Eq + Hash> {
    taken: DashMap<K, usize>,
    total: AtomicUsize,
    per_key: usize,
    in_all: usize,
}

/// One slot.
#[derive(Debug)]
pub struct Slot<K: Eq + Hash> {
    slots: Arc<Slots<K>>,
    key: K,
}

impl<K: Eq + Hash + Clone> Slots<K> {
    /// `per_key` for each, `in_all` over all of them.
    pub fn new(per_key: usize, in_all: usize) -> Arc<Self> {
        Arc::new(Self {
            taken: DashMap::new(),
            total: AtomicUsize::new(0),
            per_key,
            in_all,
        })
    }

    /// Takes a slot, if one is free.
    pub fn take(self: &Arc<Self>, key: K) -> Option<Slot<K>> {
        if self.total.fetch_add(1, Ordering::Relaxed) >= self.in_all {
            self.total.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let mut taken = self.taken.entry(key.clone()).or_insert(0);
        if *taken >= self.per_key {
            drop(taken);
            self.total.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        *taken += 1;
        drop(taken);
        Some(Slot {
            slots: self.clone(),
            key,
        })
    }

    /// Slots taken under one key.
    pub fn taken_by(&self, key: &K) -> usize {
        self.taken.get(key).map_or(0, |taken| *taken)
    }

    /// Keys with a slot taken.
    pub fn keys(&self) -> Vec<K> {
        let taken = self.taken.iter().filter(|entry| *entry.value() > 0);
        taken.map(|entry| entry.key().clone()).collect()
    }

    /// Slots taken in all.
    pub fn taken(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }
}

impl<K: Eq + Hash> Drop for Slot<K> {
    fn drop(&mut self) {
        if let Some(mut taken) = self.slots.taken.get_mut(&self.key) {
            *taken = taken.saturating_sub(1);
        }
        self.slots
            .taken
            .remove_if(&self.key, |_, taken| *taken == 0);
        self.slots.total.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_slot_is_free_again() {
        let slots = Slots::new(2, 3);
        let held: Vec<_> = [1, 1, 1, 2, 3]
            .into_iter()
            .map(|key| slots.take(key))
            .collect();
        let given: Vec<bool> = held.iter().map(Option::is_some).collect();
        assert_eq!(given, [true, true, false, true, false]);
        drop(held);
        assert_eq!(slots.taken(), 0);
        assert!(slots.taken.is_empty());
        assert!(slots.take(1).is_some());
    }
}
