//! The table per server of a run over several: what each of them did, and what its listeners saw.

use super::Report;
use super::figure::figure;
use crate::load::across::AtNode;
use crate::load::engine::Engine;
use crate::load::latency::Percentiles;
use crate::load::target::Target;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::load) struct NodeColumn {
    pub(in crate::load) address: String,
    /// Sockets that became ready there, those of them that were resumed, and those that ended with the server.
    pub(in crate::load) sockets: u64,
    pub(in crate::load) resumed: u64,
    pub(in crate::load) cut: u64,
    /// During the measurement: messages that it accepted, and frames of its sockets.
    pub(in crate::load) messages: u64,
    pub(in crate::load) frames: u64,
    pub(in crate::load) refused: u64,
    pub(in crate::load) arrival: Percentiles,
    /// Of messages that were written on another server.
    pub(in crate::load) arrival_across: Percentiles,
    /// Processor time per frame of its sockets, if its process is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::load) cpu_us_per_frame: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::load) cpu_ms: Option<f64>,
}

impl NodeColumn {
    fn of(address: &str, at: &AtNode, cpu: Option<Duration>) -> Self {
        let micros = cpu.map(|cpu| cpu.as_secs_f64() * 1e6);
        Self {
            address: address.to_owned(),
            sockets: at.opened,
            resumed: at.resumed,
            cut: at.cut,
            messages: at.acked,
            frames: at.frames,
            refused: at.refused,
            arrival: at.arrival.summary(),
            arrival_across: at.across.summary(),
            cpu_us_per_frame: micros.map(|micros| micros / at.frames.max(1) as f64),
            cpu_ms: micros.map(|micros| micros / 1e3),
        }
    }
}

type Line = (&'static str, fn(&NodeColumn) -> Option<String>);

const LINES: [Line; 12] = [
    ("sockets", |node| Some(node.sockets.to_string())),
    ("of them resumed", |node| some(node.resumed)),
    ("ended with the server", |node| some(node.cut)),
    ("messages accepted", |node| Some(node.messages.to_string())),
    ("frames", |node| Some(node.frames.to_string())),
    ("refused requests", |node| Some(node.refused.to_string())),
    ("arrival p50, ms", |node| {
        delay(&node.arrival, |all| all.p50_ms)
    }),
    ("arrival p99, ms", |node| {
        delay(&node.arrival, |all| all.p99_ms)
    }),
    ("across nodes p50, ms", |node| {
        delay(&node.arrival_across, |all| all.p50_ms)
    }),
    ("across nodes p99, ms", |node| {
        delay(&node.arrival_across, |all| all.p99_ms)
    }),
    ("server CPU, ms", |node| node.cpu_ms.map(figure)),
    ("server CPU per frame, µs", |node| {
        node.cpu_us_per_frame.map(figure)
    }),
];

fn some(count: u64) -> Option<String> {
    (count > 0).then(|| count.to_string())
}

fn delay(all: &Percentiles, of: fn(&Percentiles) -> f64) -> Option<String> {
    (all.count > 0).then(|| figure(of(all)))
}

/// A column per server; lines that none fills are left out. None with one server.
pub(super) fn table(report: &Report) -> Option<Vec<Vec<String>>> {
    if report.nodes.is_empty() {
        return None;
    }
    let addresses = report.nodes.iter().map(|node| node.address.clone());
    let mut lines = vec![
        std::iter::once("node".to_owned())
            .chain(addresses)
            .collect(),
    ];
    for (name, of) in LINES {
        let cells: Vec<Option<String>> = report.nodes.iter().map(of).collect();
        if cells.iter().any(Option::is_some) {
            let cells = cells.into_iter().map(Option::unwrap_or_default);
            lines.push(std::iter::once(name.to_owned()).chain(cells).collect());
        }
    }
    Some(lines)
}

impl Report {
    /// Lists the servers, if there are several. `cpu`: their processor times, as far as they are known.
    pub(in crate::load) fn list_nodes(
        &mut self,
        engine: &Engine,
        target: &Target,
        cpu: &[Option<Duration>],
    ) {
        let Some(across) = &engine.tally.across else {
            return;
        };
        let each = target.places.iter().zip(across.nodes()).enumerate();
        let columns = each.map(|(at, (place, node))| {
            let cpu = cpu.get(at).copied().flatten();
            NodeColumn::of(&place.host, node, cpu)
        });
        self.nodes = columns.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::args::Overrides;
    use crate::load::plan::Plan;

    #[test]
    fn there_is_a_column_per_server_and_no_line_without_a_figure() {
        let plan = Plan::new("room", &Overrides::default()).expect("a plan");
        let mut report = Report::empty(&plan);
        assert_eq!(table(&report), None);
        let node = |address: &str, cut| NodeColumn {
            address: address.to_owned(),
            sockets: 5,
            cut,
            ..NodeColumn::default()
        };
        report.nodes = vec![node("a:1", 0), node("b:2", 7)];
        let lines = table(&report).expect("a table");
        let line = |name: &str| lines.iter().find(|line| line[0] == name).cloned();
        assert_eq!(lines[0], ["node", "a:1", "b:2"]);
        assert_eq!(line("sockets").expect("a line"), ["sockets", "5", "5"]);
        let cut = line("ended with the server").expect("a line");
        assert_eq!(cut, ["ended with the server", "", "7"]);
        assert_eq!(line("of them resumed"), None);
    }
}
