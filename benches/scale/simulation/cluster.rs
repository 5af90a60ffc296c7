//! One design under one load.

use super::Nanos;
use super::delivery::{Delivered, Delivery};
use super::design::{Design, Lanes};
use super::heads::{Commit, Head, Record};
use super::load::{Load, TIME, WARM};
use super::quantile::Quantiles;
use super::random::Random;

/// What the heads did. Times are in nanoseconds, parts of a time in percent.
pub(super) struct Written {
    pub(super) commits: Vec<Commit>,
    pub(super) messages_per_commit: u64,
    pub(super) head_percent: u64,
    /// From accepting to the commit: p50, p99.
    pub(super) wait: (Nanos, Nanos),
}

/// What came of a design.
pub(super) struct Outcome {
    pub(super) design: Design,
    pub(super) written: Written,
    pub(super) delivered: Delivered,
}

pub(super) fn run(design: Design, load: Load, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let written = write(design, load, &mut random);
    let delivered = Delivery::new(design, load, random).run(&written.commits);
    Outcome {
        design,
        written,
        delivered,
    }
}

/// All heads.
pub(super) fn write(design: Design, load: Load, random: &mut Random) -> Written {
    let records = heads(design, load, random);
    let held: Nanos = records.iter().map(|record| record.held).sum();
    let time: Nanos = records.iter().map(|record| record.ended.max(TIME)).sum();
    let mut commits: Vec<Commit> = records.into_iter().flat_map(|one| one.commits).collect();
    commits.sort_by_key(|commit| commit.at);
    let mut wait = Quantiles::default();
    for commit in &commits {
        for at in commit.writes.iter().filter(|at| **at >= WARM) {
            wait.record(commit.at - at);
        }
    }
    let messages: u64 = commits.iter().map(Commit::events).sum();
    let count = u64::try_from(commits.len()).unwrap_or(u64::MAX);
    Written {
        commits,
        messages_per_commit: messages.checked_div(count).unwrap_or_default(),
        head_percent: held * 100 / time,
        wait: (wait.at(50), wait.at(99)),
    }
}

/// A message goes to a random log.
fn heads(design: Design, load: Load, random: &mut Random) -> Vec<Record> {
    let lanes = match design.lanes {
        Lanes::EachNode => load.nodes,
        Lanes::Joined => 1,
    };
    let mut of_log: Vec<Vec<(Nanos, usize)>> = (0..design.logs).map(|_| Vec::new()).collect();
    for write in load.writes(random) {
        let lane = usize::try_from(write.node % lanes).unwrap_or_default();
        let log = usize::try_from(random.below(design.logs)).unwrap_or_default();
        if let Some(writes) = of_log.get_mut(log) {
            writes.push((write.at, lane));
        }
    }
    let lanes = usize::try_from(lanes).unwrap_or_default();
    let run = |writes| Head::new(lanes, design, Random::new(random.next())).run(writes);
    of_log.into_iter().map(run).collect()
}
