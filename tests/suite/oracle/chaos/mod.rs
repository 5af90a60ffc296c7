//! Three servers on one PostgreSQL, with a Redis: any of them, and what is between them, is killed, stopped, paused and cut
//! off, from a seed. Writers, users and resuming clients go on at whichever server answers; afterwards the oracle judges.
//!
//! What differs from a run on one server: the outcome of a call may be unknown, and a client does not wait for a server that
//! does not answer. What each listener has to have received is the same.

mod checks;
mod clients;
mod commits;
mod faults;
mod fences;
mod greedy;
mod ground;
mod hand;
mod nodes;
mod play;
mod presence;
mod revoking;
mod users;
mod world;
mod written;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use super::{door, each_seed, number};
use crate::support::random::Random;
use ground::Ground;
use nodes::Servers;

/// Runs at a time: each waits more than it computes.
const AT_ONCE: usize = 2;

/// One of so many seeds looks at what takes seconds to see.
const SLOW: u64 = 10;

/// Runs one seed. `Err`: the report.
fn runs(seed: u64, ground: &mut Ground, fault: Option<&str>) -> Result<(), String> {
    let done = Mutex::new(Vec::new());
    let mut kept = None;
    let result = catch_unwind(AssertUnwindSafe(|| {
        ground.mends();
        let database = ground.copies();
        let mut random = Random::silent(seed);
        let is_thorough = fault.is_some() || seed.is_multiple_of(SLOW);
        let mut servers = Servers::start(ground, database, &mut random, fault);
        let right = play::is_right((seed, is_thorough), ground, &mut servers, &done);
        ground.mends();
        let name = servers.name_of_database();
        match right.is_err() && fault.is_none() {
            true => kept = Some(servers.keeps_logs()),
            false => drop(servers),
        }
        ground.drops(&name);
        right
    }));
    let what = match result {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(what)) => what,
        Err(panic) => door::said(&*panic),
    };
    Err(format!(
        "seed {seed}: {what}\nwhat was done:\n{}\nlogs: {kept:?}\n\
         again: ORACLE_FROM={seed} ORACLE_SEEDS=1 cargo test --test suite oracle::chaos::each",
        done.lock().expect("a list").join("\n")
    ))
}

#[test]
fn each_listener_receives_the_log_over_three_servers_whatever_dies() {
    let (from, count) = (number("ORACLE_FROM", 1), number("ORACLE_SEEDS", 10));
    each_seed((from, count), AT_ONCE, || {
        let mut ground = None;
        move |seed| runs(seed, ground.get_or_insert_with(Ground::make), None)
    });
}
