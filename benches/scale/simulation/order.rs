//! The price of one order over all logs: an event waits until every other log has said that nothing older follows.

use super::Nanos;
use super::measured::{BUS_HOP, GROUP, GROUP_RARE};
use super::quantile::Quantiles;
use super::random::Random;

/// How often a log without commits says how far it is.
const BEAT: Nanos = 20_000_000;

/// Events that are looked at.
const EVENTS: u64 = 4_000;

/// How much later events of one log are delivered: p50 and p99. `busy`: commits per second of each log.
pub(super) fn wait(logs: u64, busy: u64, seed: u64) -> (Nanos, Nanos) {
    let mut random = Random::new(seed);
    let mut waits = Quantiles::default();
    let pause = BEAT.min(1_000_000_000_u64.checked_div(busy).unwrap_or(BEAT));
    for _ in 0..EVENTS {
        let own = arrival(&mut random);
        let mut all = own;
        for _ in 1..logs {
            // The next commit or beat of that log is at any point of its pause.
            all = all.max(random.below(pause) + commit(&mut random) + arrival(&mut random));
        }
        waits.record(all - own);
    }
    (waits.at(50), waits.at(99))
}

fn arrival(random: &mut Random) -> Nanos {
    random.spread(BUS_HOP.nanos, 5 * BUS_HOP.nanos)
}

fn commit(random: &mut Random) -> Nanos {
    random.spread(GROUP.nanos, GROUP_RARE.nanos)
}
