//! All of it as text.

use std::fmt::{Result, Write as _};

use super::Nanos;
use super::cluster::{self, Outcome};
use super::design::Design;
use super::growing::{DESIGNS, grown};
use super::load::Load;
use super::random::Random;
use super::{cursor, measured, order};

/// The sizes of the clusters.
const NODES: [u64; 3] = [10, 100, 1000];
/// Nodes that write to one log.
const WRITERS: [u64; 9] = [1, 2, 5, 10, 20, 50, 100, 200, 500];
/// A slow disk, or a replica that has to confirm.
const SLOW_COMMIT: Nanos = 5_000_000;
/// Messages that a node accepts in a second.
const MESSAGES: [u64; 2] = [20, 100];
const LISTENERS: u64 = 50;

/// What `docs/scale.md` quotes.
pub(crate) fn report(seed: u64) -> String {
    let mut text = String::new();
    let parts = [constants, writers, clusters, orders, cursors];
    for part in parts {
        // Writing into a text does not fail.
        part(&mut text, seed).unwrap_or_default();
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn constants(text: &mut String, _seed: u64) -> Result {
    writeln!(text, "Measured")?;
    for one in measured::ALL {
        writeln!(
            text,
            "{:>8}  {:<49}  {}",
            time(one.nanos),
            one.name,
            one.source
        )?;
    }
    Ok(())
}

fn time(nanos: Nanos) -> String {
    match nanos {
        0..1_000_000 => format!("{} µs", three_digits(nanos as f64 / 1e3)),
        _ => format!("{} ms", three_digits(nanos as f64 / 1e6)),
    }
}

fn millis(nanos: Nanos) -> String {
    three_digits(nanos as f64 / 1e6)
}

fn three_digits(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// What one head makes of more and more nodes that write; and where each commit takes longer.
fn writers(text: &mut String, seed: u64) -> Result {
    let messages_per_node = MESSAGES[0];
    for (commit_longer, title) in [(0, "as measured"), (SLOW_COMMIT, "5 ms longer")] {
        writeln!(
            text,
            "One log: request to commit, ms; {messages_per_node} messages a second and node; commits {title}"
        )?;
        let one_log = DESIGNS.iter().filter(|(_, grows, _)| !grows);
        let designs = one_log.map(|(name, _, design)| {
            (
                name,
                Design {
                    commit_longer,
                    ..*design
                },
            )
        });
        write!(text, "nodes")?;
        for (name, _) in designs.clone() {
            write!(text, " {name:>16}: p50    p99")?;
        }
        for nodes in WRITERS {
            let load = Load {
                nodes,
                messages_per_node,
                listeners: 0,
            };
            write!(text, "\n{nodes:>5}")?;
            for (_, design) in designs.clone() {
                let written = cluster::write(design, load, &mut Random::new(seed));
                write!(text, "{:>15}{}", "", pair(written.wait, written.keeps_up()))?;
            }
        }
        text.push_str("\n\n");
    }
    text.truncate(text.len() - 1);
    Ok(())
}

fn clusters(text: &mut String, seed: u64) -> Result {
    for messages_per_node in MESSAGES {
        writeln!(
            text,
            "Clusters: {messages_per_node} messages a second and node, {LISTENERS} listeners of each room on random nodes"
        )?;
        writeln!(
            text,
            "                                           msgs          commit, ms           bus     node:  un-     lag, ms"
        )?;
        writeln!(
            text,
            "nodes design           logs buses  msgs/s each head    p50    p99   bus    MB/s  busy heard    p50    p99"
        )?;
        for nodes in NODES {
            let load = Load {
                nodes,
                messages_per_node,
                listeners: LISTENERS,
            };
            for (name, grows, design) in DESIGNS {
                let outcome = match grows {
                    true => grown(design, load, seed),
                    false => cluster::run(design, load, seed),
                };
                row(text, name, load, &outcome)?;
            }
        }
        writeln!(text)?;
    }
    text.truncate(text.len() - 1);
    Ok(())
}

fn row(text: &mut String, name: &str, load: Load, outcome: &Outcome) -> Result {
    let Outcome {
        design,
        written,
        delivered,
    } = outcome;
    let Load { nodes, .. } = load;
    let wait = pair(written.wait, outcome.written.keeps_up());
    write!(
        text,
        "{nodes:>5} {name:<15} {:>5} {:>5} {:>7} {:>4} {:>3}% {wait}",
        design.logs,
        design.buses,
        load.messages_per_second(),
        written.messages_per_commit,
        written.head_percent,
    )?;
    if !outcome.written.keeps_up() {
        // What follows is of as many messages as are committed.
        return writeln!(text);
    }
    writeln!(
        text,
        " {:>4}% {:>7} {:>4}% {:>4}% {}",
        delivered.bus_percent,
        three_digits(delivered.bytes_per_second as f64 / 1e6),
        delivered.node_percent,
        delivered.unheard_percent,
        pair(delivered.lag, outcome.nodes_keep_up()),
    )
}

fn pair((p50, p99): (Nanos, Nanos), keeps_up: bool) -> String {
    match keeps_up {
        true => format!("{:>6} {:>6}", millis(p50), millis(p99)),
        false => format!("{:>13}", "behind"),
    }
}

fn orders(text: &mut String, seed: u64) -> Result {
    writeln!(
        text,
        "One order over all logs: the time that it adds to the lag, ms"
    )?;
    writeln!(
        text,
        "  logs   10 commits/s each: p50    p99   100 commits/s each: p50    p99"
    )?;
    for logs in [2, 4, 16, 64] {
        let [few, many] = [10, 100].map(|commits| pair(order::wait(logs, commits, seed), true));
        writeln!(text, "{logs:>6} {:>17}{few} {:>19}{many}", "", "")?;
    }
    Ok(())
}

fn cursors(text: &mut String, _seed: u64) -> Result {
    writeln!(text, "Characters of a cursor")?;
    writeln!(
        text,
        "  logs   whole   behind a checkpoint: 16 channels   500 channels"
    )?;
    for logs in [1, 4, 16, 64] {
        let whole = cursor::whole(logs);
        let [few, many] = [16, 500].map(|channels| cursor::behind_checkpoint(logs, channels));
        writeln!(text, "{logs:>6} {whole:>7} {few:>32} {many:>14}")?;
    }
    Ok(())
}
