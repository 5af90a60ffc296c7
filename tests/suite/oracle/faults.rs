//! The proof that the oracle can fail: a server with a seeded fault is found out.

use groundnut::fault::Seeded;

use super::{number, runs, told};

/// Faults that are looked for in every run of the suite; `scripts/soak --faults` looks for all.
const ALWAYS: [Seeded; 2] = [Seeded::ReplaySkipsLast, Seeded::ReplayIgnoresHidden];

/// Seeds that are tried for one fault.
const SEEDS: u64 = 60;

#[test]
fn a_seeded_fault_is_found() {
    are_found(Seeded::OF_STREAMS, &ALWAYS, |seed, fault| {
        runs(seed, Some(fault))
    });
}

/// Tries seeds until each of these faults is found that is wanted, or is looked for always.
pub(super) fn are_found(
    faults: &[(Seeded, &str)],
    always: &[Seeded],
    mut runs: impl FnMut(u64, &str) -> Result<(), String>,
) {
    let wanted = told("ORACLE_FAULTS");
    let (from, seeds) = (number("ORACLE_FROM", 1), number("ORACLE_SEEDS", SEEDS));
    let mut missed = Vec::new();
    for (fault, does) in faults {
        let name = format!("{fault:?}");
        let is_wanted = match wanted.as_deref() {
            None => always.contains(fault),
            Some("all") => true,
            Some(names) => names.split(',').any(|wanted| wanted == name),
        };
        if !is_wanted {
            continue;
        }
        let found = (from..from + seeds).find_map(|seed| {
            let report = runs(seed, &name).err()?;
            Some((seed, report))
        });
        match found {
            Some((seed, report)) => {
                let what = report.lines().next().unwrap_or_default();
                println!("| `{name}` | {does} | {seed} | {what:.300} |");
            }
            None => {
                println!("| `{name}` | {does} | none | |");
                missed.push(name);
            }
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}
