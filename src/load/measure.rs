//! Distributions, not averages; and counters that are cut into one slice per second.

use super::split::Split;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// One second of a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Second {
    pub(super) at_seconds: f64,
    pub(super) frames: u64,
    pub(super) messages: u64,
    pub(super) arrival: Percentiles,
    pub(super) server_cpu_percent: Option<f64>,
    pub(super) server_resident_bytes: Option<u64>,
    pub(super) client_busy_percent: f64,
    pub(super) sockets: u64,
}

/// Everything that is counted while a run goes on. Counters never go back; readers take differences.
#[derive(Debug)]
pub(super) struct Tally {
    /// Delays count only while this is set: after the warm-up, before the drain.
    pub(super) recording: bool,
    pub(super) frames: u64,
    pub(super) frame_bytes: u64,
    /// Frames that carried no number of ours: hellos, pongs.
    pub(super) other_frames: u64,
    pub(super) reads: u64,
    /// Turns of the engine that found something, and how many sockets they found.
    pub(super) turns: u64,
    pub(super) ready: u64,
    pub(super) acked: u64,
    pub(super) refused: BTreeMap<u16, u64>,
    /// First words of an unexpected answer, for the notes of the report.
    pub(super) first_refusal: Option<String>,
    pub(super) reordered: u64,
    pub(super) repeated: u64,
    pub(super) resumed: u64,
    pub(super) not_resumed: u64,
    pub(super) unknown: u64,
    pub(super) opened: u64,
    pub(super) followed: u64,
    pub(super) failed_connects: u64,
    pub(super) closed_by_server: BTreeMap<u16, u64>,
    pub(super) arrival: Latency,
    pub(super) arrival_now: Latency,
    pub(super) answer: Latency,
    pub(super) hello: Latency,
    pub(super) follow: Latency,
    /// Filled only with `timing`.
    pub(super) split: Split,
}

impl Tally {
    pub(super) fn new() -> Self {
        let fine = || Latency::new(Precision::Fine);
        Self {
            recording: false,
            frames: 0,
            frame_bytes: 0,
            other_frames: 0,
            reads: 0,
            turns: 0,
            ready: 0,
            acked: 0,
            refused: BTreeMap::new(),
            first_refusal: None,
            reordered: 0,
            repeated: 0,
            resumed: 0,
            not_resumed: 0,
            unknown: 0,
            opened: 0,
            followed: 0,
            failed_connects: 0,
            closed_by_server: BTreeMap::new(),
            arrival: fine(),
            arrival_now: fine(),
            answer: fine(),
            hello: fine(),
            follow: fine(),
            split: Split::new(),
        }
    }

    /// Ends one second: its percentiles are returned, its values go into the total.
    pub(super) fn cut(&mut self) -> Percentiles {
        let slice = self.arrival_now.summary();
        self.arrival.absorb(&mut self.arrival_now);
        slice
    }

    /// What was timed so far does not count: the measurement begins now.
    pub(super) fn forget_delays(&mut self) {
        let fine = || Latency::new(Precision::Fine);
        self.arrival = fine();
        self.arrival_now = fine();
        self.answer = fine();
        self.hello = fine();
        self.follow = fine();
        self.split = Split::new();
    }

    /// Notes an answer that was not a success.
    pub(super) fn refuse(&mut self, status: u16, body: &[u8]) {
        *self.refused.entry(status).or_default() += 1;
        self.first_refusal.get_or_insert_with(|| {
            let words: String = String::from_utf8_lossy(body).chars().take(200).collect();
            format!("{status} {words}")
        });
    }
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
    fn a_cut_keeps_the_total() {
        let mut tally = Tally::new();
        tally.arrival_now.record(0, 2_000_000);
        assert_eq!(tally.cut().count, 1);
        tally.arrival_now.record(0, 4_000_000);
        assert_eq!(tally.cut().count, 1);
        assert_eq!((tally.arrival.count(), tally.arrival_now.count()), (2, 0));
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
