//! Distributions of delays, not averages.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Longest delay that is told apart, two minutes; what is longer is recorded as this.
const LONGEST_US: u64 = 120_000_000;

/// How finely delays are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// Three digits, for the few histograms of the whole run.
    Fine,
    /// Two digits, for one histogram per room: a seventh of the memory.
    Rough,
}

/// Delays in microseconds.
#[derive(Debug)]
pub(super) struct Latency {
    // None only if the bounds above were refused, which a test rules out.
    histogram: Option<Histogram<u64>>,
}

impl Latency {
    pub(super) fn new(precision: Precision) -> Self {
        let digits = match precision {
            Precision::Fine => 3,
            Precision::Rough => 2,
        };
        Self {
            histogram: Histogram::new_with_bounds(1, LONGEST_US, digits).ok(),
        }
    }

    /// Records the time between two moments of the run, in nanoseconds.
    pub(super) fn record(&mut self, intended_ns: u64, arrived_ns: u64) {
        self.record_us(arrived_ns.saturating_sub(intended_ns) / 1000);
    }

    /// Records a delay in microseconds.
    pub(super) fn record_us(&mut self, delay: u64) {
        if let Some(histogram) = &mut self.histogram {
            histogram.saturating_record(delay.max(1));
        }
    }

    /// Adds what another one holds and empties that one.
    pub(super) fn absorb(&mut self, other: &mut Self) {
        if let (Some(mine), Some(theirs)) = (&mut self.histogram, &mut other.histogram) {
            // Same bounds on both sides: adding cannot be refused.
            mine.add(&*theirs).unwrap_or_default();
            theirs.reset();
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.histogram.as_ref().map_or(0, Histogram::len)
    }

    /// The delay in milliseconds that `percent` of all do not exceed; 0 when nothing was recorded.
    pub(super) fn percentile_ms(&self, percent: f64) -> f64 {
        self.histogram
            .as_ref()
            .filter(|histogram| !histogram.is_empty())
            .map_or(0.0, |histogram| {
                histogram.value_at_percentile(percent) as f64 / 1000.0
            })
    }

    pub(super) fn max_ms(&self) -> f64 {
        self.histogram
            .as_ref()
            .map_or(0.0, |histogram| histogram.max() as f64 / 1000.0)
    }

    /// The percentiles that every report shows.
    pub(super) fn summary(&self) -> Percentiles {
        Percentiles {
            count: self.count(),
            p50_ms: self.percentile_ms(50.0),
            p90_ms: self.percentile_ms(90.0),
            p99_ms: self.percentile_ms(99.0),
            p999_ms: self.percentile_ms(99.9),
            p9999_ms: self.percentile_ms(99.99),
            max_ms: self.max_ms(),
        }
    }

    /// Points of the distribution for a picture: percent and milliseconds, denser towards 100 %.
    pub(super) fn curve(&self) -> Vec<(f64, f64)> {
        let mut points = Vec::new();
        let mut tail = 100.0;
        // Halving what is left gives five points per decade of "nines" and ends at 99.999 %.
        while tail > 0.001 && self.count() > 0 {
            for step in [1.0, 0.85, 0.7, 0.6] {
                let percent = 100.0 - tail * step;
                points.push((percent, self.percentile_ms(percent)));
            }
            tail /= 2.0;
        }
        points
    }
}

/// A distribution in seven numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Percentiles {
    pub(super) count: u64,
    pub(super) p50_ms: f64,
    pub(super) p90_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) p999_ms: f64,
    pub(super) p9999_ms: f64,
    pub(super) max_ms: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_keep_their_digits() {
        for precision in [Precision::Fine, Precision::Rough] {
            let mut latency = Latency::new(precision);
            for ms in 1..=100_u64 {
                latency.record(5_000_000, 5_000_000 + ms * 1_000_000);
            }
            assert_eq!(latency.count(), 100);
            assert!((latency.percentile_ms(50.0) - 50.0).abs() < 1.0);
            assert!((latency.max_ms() - 100.0).abs() < 1.0);
        }
    }

    #[test]
    fn arrivals_before_their_moment_and_after_two_minutes_are_kept_in_bounds() {
        let mut latency = Latency::new(Precision::Fine);
        latency.record(10, 5);
        latency.record(0, u64::MAX);
        assert_eq!(latency.count(), 2);
        assert!(latency.max_ms() <= 121_000.0);
    }

    #[test]
    fn a_curve_rises() {
        let mut latency = Latency::new(Precision::Fine);
        for us in 1..10_000_u64 {
            latency.record(0, us * 1000);
        }
        let curve = latency.curve();
        assert!(
            curve
                .windows(2)
                .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1)
        );
    }
}
