//! Designs in the order in which a cluster would grow into them, with as many logs and buses as they need.

use super::Nanos;
use super::cluster::{self, Outcome, Written};
use super::design::{Design, Lanes, Routing};
use super::load::Load;
use super::random::Random;

/// A part is busy for half of its time at most: what is left is for hours with twice as much.
const GOAL_PERCENT: u64 = 50;
/// A message is committed within this time, in 99 of 100 cases.
const GOAL_COMMIT: Nanos = 50_000_000;
/// A part that is busy for more of its time falls behind.
const FULL_PERCENT: u64 = 95;
/// Writers that wait for longer are behind. The row of a head never is: groups grow.
const LONGEST_WAIT: Nanos = 1_000_000_000;
const MOST_LOGS: u64 = 64;

/// Each with a name, and whether it has more than one log and bus where that is not enough.
pub(super) const DESIGNS: [(&str, bool, Design); 5] = [
    ("as built", false, Design::TODAY),
    (
        "index once",
        false,
        Design {
            indexes_once: true,
            ..Design::TODAY
        },
    ),
    ("+ joined writes", false, JOINED),
    ("+ more logs", true, JOINED),
    (
        "+ interest",
        true,
        Design {
            routing: Routing::Interested,
            ..JOINED
        },
    ),
];

const JOINED: Design = Design {
    lanes: Lanes::Joined,
    indexes_once: true,
    ..Design::TODAY
};

impl Written {
    pub(super) fn keeps_up(&self) -> bool {
        self.wait.1 < LONGEST_WAIT
    }
}

impl Outcome {
    pub(super) fn nodes_keep_up(&self) -> bool {
        self.delivered.bus_percent < FULL_PERCENT && self.delivered.node_percent < FULL_PERCENT
    }
}

pub(super) fn grown(mut design: Design, load: Load, seed: u64) -> Outcome {
    let wait = |design| cluster::write(design, load, &mut Random::new(seed)).wait.1;
    while wait(design) > GOAL_COMMIT && design.logs < MOST_LOGS {
        design.logs *= 2;
    }
    let outcome = cluster::run(design, load, seed);
    let needed = outcome.delivered.bus_percent.div_ceil(GOAL_PERCENT);
    design.buses = needed.max(1).next_power_of_two().min(load.nodes);
    match design.buses {
        1 => outcome,
        _ => cluster::run(design, load, seed),
    }
}
