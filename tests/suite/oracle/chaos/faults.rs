//! The proof that the chaos would find a fault of servers that share a database.

use groundnut::fault::Seeded;

use super::super::faults::are_found;
use super::ground::Ground;
use super::runs;

/// Faults that are looked for in every run of the suite; `scripts/soak --nodes --faults` looks for all.
const ALWAYS: [Seeded; 2] = [Seeded::HoleReadShort, Seeded::CallServedHere];

#[test]
fn a_seeded_fault_of_servers_is_found() {
    let mut ground = Ground::make();
    are_found(Seeded::OF_NODES, &ALWAYS, |seed, fault| {
        runs(seed, &mut ground, Some(fault))
    });
}
