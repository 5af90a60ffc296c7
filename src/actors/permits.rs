//! How many of something may be open at once. A permit is given back when it is dropped, on whatever exit.
//!
//! What several servers count together is counted here first, which costs nothing.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;

use crate::bus::counting::{Counts, Holder};

/// Permits, counted per key and in all.
#[derive(Debug)]
pub struct Permits<K: Eq + Hash> {
    taken: DashMap<K, usize>,
    total: AtomicUsize,
    per_key: usize,
    in_all: usize,
    over_all: Option<OverAll<K>>,
}

/// Whom the other servers know a key as.
#[derive(Debug)]
struct OverAll<K> {
    counts: Counts,
    holder: fn(&K) -> Holder,
}

/// One permit.
#[derive(Debug)]
pub struct Permit<K: Eq + Hash> {
    permits: Arc<Permits<K>>,
    key: K,
}

impl<K: Eq + Hash + Clone> Permits<K> {
    /// `per_key` for each, `in_all` over all of them.
    pub fn new(per_key: usize, in_all: usize) -> Arc<Self> {
        Self::with(per_key, in_all, None)
    }

    /// `per_key` over all servers, `in_all` on this one.
    pub fn over_all(
        per_key: usize,
        in_all: usize,
        counts: Counts,
        holder: fn(&K) -> Holder,
    ) -> Arc<Self> {
        Self::with(per_key, in_all, Some(OverAll { counts, holder }))
    }

    fn with(per_key: usize, in_all: usize, over_all: Option<OverAll<K>>) -> Arc<Self> {
        Arc::new(Self {
            taken: DashMap::new(),
            total: AtomicUsize::new(0),
            per_key,
            in_all,
            over_all,
        })
    }

    /// Takes a permit, if one is free over all servers, as far as that is known.
    pub async fn take_of_all(self: &Arc<Self>, key: K) -> Option<Permit<K>> {
        self.take_within(key, self.per_key).await
    }

    /// Takes a permit for what goes on here and has one elsewhere, if one is free on this server: that of a server that
    /// died is not given back yet.
    pub async fn take_along(self: &Arc<Self>, key: K) -> Option<Permit<K>> {
        self.take_within(key, usize::MAX).await
    }

    async fn take_within(self: &Arc<Self>, key: K, limit: usize) -> Option<Permit<K>> {
        let permit = self.take(key)?;
        let Some(over_all) = &self.over_all else {
            return Some(permit);
        };
        let holder = (over_all.holder)(&permit.key);
        match over_all.counts.hold(holder, limit).await {
            // Dropping it says so.
            Some(false) => None,
            Some(true) | None => Some(permit),
        }
    }

    /// Takes a permit, if one is free.
    pub fn take(self: &Arc<Self>, key: K) -> Option<Permit<K>> {
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
        Some(Permit {
            permits: self.clone(),
            key,
        })
    }

    /// Permits taken under one key.
    pub fn taken_by(&self, key: &K) -> usize {
        self.taken.get(key).map_or(0, |taken| *taken)
    }

    /// Keys with a permit taken.
    pub fn keys(&self) -> Vec<K> {
        let taken = self.taken.iter().filter(|entry| *entry.value() > 0);
        taken.map(|entry| entry.key().clone()).collect()
    }

    /// Permits taken in all.
    pub fn taken(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }
}

impl<K: Eq + Hash> Drop for Permit<K> {
    fn drop(&mut self) {
        if let Some(mut taken) = self.permits.taken.get_mut(&self.key) {
            *taken = taken.saturating_sub(1);
        }
        self.permits
            .taken
            .remove_if(&self.key, |_, taken| *taken == 0);
        self.permits.total.fetch_sub(1, Ordering::Relaxed);
        if let Some(over_all) = &self.permits.over_all {
            over_all.counts.changed((over_all.holder)(&self.key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_permit_is_free_again() {
        let permits = Permits::new(2, 3);
        let held: Vec<_> = [1, 1, 1, 2, 3]
            .into_iter()
            .map(|key| permits.take(key))
            .collect();
        let given: Vec<bool> = held.iter().map(Option::is_some).collect();
        assert_eq!(given, [true, true, false, true, false]);
        drop(held);
        assert_eq!(permits.taken(), 0);
        assert!(permits.taken.is_empty());
        assert!(permits.take(1).is_some());
    }
}
