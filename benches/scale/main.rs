//! Past one PostgreSQL: lag and fan-out of clusters that do not exist, from what was measured on one machine.
//!
//! `cargo bench --bench scale` prints the tables that `docs/scale.md` quotes, and says what they mean. The file needs no
//! crate: `rustc -O --edition 2024 benches/scale/main.rs` compiles it alone. The same seed prints the same on every machine.

#![cfg_attr(
    test,
    expect(
        unused_imports,
        dead_code,
        reason = "a bench has no harness: the tests of the simulation run in the suite"
    )
)]

mod simulation;

use std::io::Write;

fn main() {
    let report = simulation::report(simulation::SEED);
    // A closed pipe reads no complaint either.
    std::io::stdout()
        .write_all(report.as_bytes())
        .unwrap_or_default();
}
