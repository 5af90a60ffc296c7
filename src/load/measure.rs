//! Counters and distributions of a run, cut into one slice per second.

use super::across::Across;
use super::faults::Faults;
use super::latency::{Latency, Percentiles, Precision};
use super::split::Split;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    pub(super) faults: Faults,
    pub(super) resumed: u64,
    pub(super) not_resumed: u64,
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
    /// Kept only with several servers.
    pub(super) across: Option<Across>,
}

impl Tally {
    /// For a run over so many servers.
    pub(super) fn over(nodes: usize) -> Self {
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
            faults: Faults::default(),
            resumed: 0,
            not_resumed: 0,
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
            across: Across::of(nodes),
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
        if let Some(across) = &mut self.across {
            across.begin();
        }
    }

    /// Notes an answer of this server that was not a success.
    pub(super) fn refuse_at(&mut self, node: usize, status: u16, body: &[u8]) {
        if let Some(at) = self.across.as_mut().and_then(|across| across.at(node)) {
            at.refused += 1;
        }
        self.refuse(status, body);
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
    fn a_cut_keeps_the_total() {
        let mut tally = Tally::over(1);
        tally.arrival_now.record(0, 2_000_000);
        assert_eq!(tally.cut().count, 1);
        tally.arrival_now.record(0, 4_000_000);
        assert_eq!(tally.cut().count, 1);
        assert_eq!((tally.arrival.count(), tally.arrival_now.count()), (2, 0));
    }
}
