//! A distribution of durations: one relaxed addition for each value, readable while it is written.
//!
//! Buckets grow with the value (16 to each doubling), so a percentile is at most 6 % too high. The first value
//! allocates the buckets: an unused histogram costs a pointer, a used one 1.5 KiB.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use serde::Serialize;

/// Buckets to each doubling, as a power of two.
const FINE: u32 = 4;
/// Values below this have a bucket each.
const EXACT: u64 = 1 << FINE;
/// Doublings above that: up to 2²⁷ µs, a little over two minutes. Longer durations count as that.
const DOUBLINGS: u32 = 27 - FINE;
const BUCKETS: usize = ((DOUBLINGS + 1) << FINE) as usize;

/// Durations in microseconds.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: OnceLock<Box<[AtomicU32]>>,
    sum: AtomicU64,
    max: AtomicU64,
}

/// Percentiles of a histogram at one time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Values.
    pub count: u64,
    /// Half of them were not above this.
    pub p50: u64,
    /// 90 of 100.
    pub p90: u64,
    /// 99 of 100.
    pub p99: u64,
    /// 999 of 1000.
    pub p999: u64,
    /// The largest, exactly.
    pub max: u64,
}

impl Histogram {
    /// Adds a value.
    pub fn record(&self, micros: u64) {
        let buckets = self
            .buckets
            .get_or_init(|| (0..BUCKETS).map(|_| AtomicU32::new(0)).collect());
        // A full bucket stays full: after 2³² values the percentiles change no more.
        if let Some(bucket) = buckets.get(place(micros))
            && bucket.load(Ordering::Relaxed) < u32::MAX
        {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(micros, Ordering::Relaxed);
        self.max.fetch_max(micros, Ordering::Relaxed);
    }

    /// All values together.
    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    /// How many values are between each bound and the one before it, and last, how many are above all bounds. A
    /// bound within a bucket counts the whole bucket.
    pub fn between(&self, bounds: &[u64]) -> Vec<u64> {
        let counts = self.counts();
        let mut counts = counts.iter();
        let mut taken = 0;
        let mut found: Vec<u64> = Vec::with_capacity(bounds.len() + 1);
        for bound in bounds {
            let end = place(*bound) + 1;
            found.push(counts.by_ref().take(end.saturating_sub(taken)).sum());
            taken = end;
        }
        found.push(counts.sum());
        found
    }

    /// As of now; `None` if nothing was recorded.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let counts = self.counts();
        let count: u64 = counts.iter().sum();
        if count == 0 {
            return None;
        }
        let max = self.max.load(Ordering::Relaxed);
        let at = |per_mille: u64| {
            let rank = (count * per_mille).div_ceil(1000);
            let mut seen = 0;
            let found = counts.iter().position(|in_bucket| {
                seen += in_bucket;
                seen >= rank
            });
            found.map_or(max, |bucket| upper_end(bucket).min(max))
        };
        Some(Percentiles {
            count,
            p50: at(500),
            p90: at(900),
            p99: at(990),
            p999: at(999),
            max,
        })
    }

    fn counts(&self) -> Vec<u64> {
        let buckets = self.buckets.get().map_or(&[][..], AsRef::as_ref);
        buckets
            .iter()
            .map(|bucket| u64::from(bucket.load(Ordering::Relaxed)))
            .collect()
    }
}

/// The bucket of a value.
fn place(micros: u64) -> usize {
    if micros < EXACT {
        return usize::try_from(micros).unwrap_or(0);
    }
    let doubling = micros.ilog2() - FINE;
    let within = (micros >> doubling) & (EXACT - 1);
    let place = (u64::from(doubling + 1) << FINE) + within;
    usize::try_from(place)
        .unwrap_or(usize::MAX)
        .min(BUCKETS - 1)
}

/// The largest value of a bucket.
fn upper_end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < EXACT {
        return bucket;
    }
    let doubling = (bucket >> FINE) - 1;
    (((bucket & (EXACT - 1)) + EXACT + 1) << doubling) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket_and_close_to_its_end() {
        for micros in (0..5000).chain([65_535, 65_536, 1_000_000, (1 << 27) - 1]) {
            let end = upper_end(place(micros));
            assert!(end >= micros, "{micros} beyond {end}");
            assert!(end - micros <= micros / 16, "{micros} far from {end}");
        }
        assert_eq!(place(u64::MAX), BUCKETS - 1);
        assert_eq!(place(1 << 27), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let histogram = Histogram::default();
        assert_eq!(histogram.percentiles(), None);
        (1..=1000).for_each(|micros| histogram.record(micros));
        let found = histogram.percentiles().unwrap();
        assert_eq!((found.count, found.max), (1000, 1000));
        let expected = [(found.p50, 500), (found.p90, 900), (found.p99, 990)];
        for (found, exact) in expected {
            assert!(
                (exact..=exact + exact / 16).contains(&found),
                "{found} for {exact}"
            );
        }
        assert_eq!(histogram.sum(), 500_500);
        assert_eq!(histogram.between(&[0, 10, 1_000_000]), [0, 10, 990, 0]);
        histogram.record(u64::MAX);
        assert_eq!(histogram.between(&[0, 10, 1_000_000]), [0, 10, 990, 1]);
        assert_eq!(Histogram::default().between(&[5]), [0, 0]);
    }
}
