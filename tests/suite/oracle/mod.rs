//! The oracle: after any run of writers, listeners and failures, each listener has received the log, filtered by what it may
//! see: complete, in order, nothing twice; a hole only where the log was trimmed, and said.
//!
//! A seed makes a run ([`script`]) against a server of its own. The filter ([`rights`]) is a model of the rules, and reads
//! the log ([`ledger`]) with SQL alone. `scripts/soak` runs many seeds, and the seeded faults ([`faults`]).

mod cast;
mod chaos;
mod door;
mod ending;
mod faults;
mod hook;
mod ledger;
mod listener;
mod polls;
mod rights;
mod script;
mod verdict;
mod writers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::support::DEADLINE;
use script::Run;

/// Runs at a time: each waits more than it computes.
const AT_ONCE: usize = 3;

/// A number in the environment: how `scripts/soak` says what to run.
#[expect(
    clippy::disallowed_methods,
    reason = "the arguments of a test are in the environment"
)]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(name: &str, usual: u64) -> u64 {
    told(name).map_or(usual, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name}: {value} is no number"))
    })
}

/// How long something may be missing. In a server with a fault it never comes.
fn patience() -> Duration {
    let usual = u64::try_from(DEADLINE.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(number("ORACLE_PATIENCE_MS", usual))
}

/// Runs one seed. `Err`: the report.
fn runs(seed: u64, fault: Option<&str>) -> Result<(), String> {
    let done = Mutex::new(Vec::new());
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut run = Run::of(seed, fault, &done);
        let right = run.is_right(seed);
        // What a server with a difference still holds is not looked at.
        if right.is_err() {
            run.ends_at_once();
        }
        right
    }));
    let what = match result {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(what)) => what,
        Err(panic) => door::said(&*panic),
    };
    Err(format!(
        "seed {seed}: {what}\nwhat was done: {}\nagain: ORACLE_FROM={seed} ORACLE_SEEDS=1 cargo test --test suite oracle::each",
        done.lock().expect("a list").join(", ")
    ))
}

#[test]
fn each_listener_receives_the_log_filtered_by_what_it_may_see() {
    let (from, count) = (number("ORACLE_FROM", 1), number("ORACLE_SEEDS", 30));
    each_seed((from, count), AT_ONCE, || |seed| runs(seed, None));
}

/// Runs so many seeds, some at a time. `begins` makes what one of these keeps from seed to seed.
fn each_seed<R: FnMut(u64) -> Result<(), String>>(
    (from, count): (u64, u64),
    at_once: usize,
    begins: impl Fn() -> R + Sync,
) {
    let next = AtomicU64::new(0);
    let failed: Vec<String> = std::thread::scope(|scope| {
        let works = || {
            let (mut runs, mut failed) = (begins(), Vec::new());
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return failed;
                }
                if n > 0 && n.is_multiple_of(20) {
                    println!("{n} of {count} seeds");
                }
                failed.extend(runs(from + n).err());
            }
        };
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(works)).collect();
        let failed = threads
            .into_iter()
            .map(|thread| thread.join().expect("a run"));
        failed.flatten().collect()
    });
    println!(
        "{count} seeds from {from}, {} with a difference",
        failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
