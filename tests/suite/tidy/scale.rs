//! The simulation of large clusters (`benches/scale`): its own tests, and what `docs/scale.md` quotes of it.

#[path = "../../../benches/scale/simulation/mod.rs"]
mod simulation;

use super::{read, root};

#[test]
fn the_document_quotes_what_the_simulation_prints() {
    let document = read(&root().join("docs/scale.md"));
    let printed = simulation::report(simulation::SEED);
    let tables: Vec<&str> = printed.split("\n\n").map(str::trim_end).collect();
    assert!(tables.len() > 3, "{printed}");
    for table in tables {
        assert!(
            document.contains(table),
            "docs/scale.md does not have this table; `cargo bench --bench scale` prints it:\n{table}"
        );
    }
}
