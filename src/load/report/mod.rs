//! The result: rows of numbers, the seconds behind them, and how the run ended.
//!
//! `verdict` judges it, `runs` makes one result of several, `table` prints it, `page` draws it, `csv` lists it,
//! `compare` compares it with an earlier one; the JSON document is this struct.

mod actors;
mod compare;
mod csv;
mod figure;
mod nodes;
mod page;
mod pictures;
mod rows;
mod runs;
mod sides;
mod table;
mod verdict;

pub(super) use compare::compare;
pub(super) use csv::csv;
pub(super) use page::page;
pub(super) use table::table;
pub(super) use verdict::Outcome;

#[cfg(test)]
use verdict::Check;
use verdict::Verdict;

use super::bound::Bound;
use super::engine::Engine;
use super::faults::Fault;
use super::figures;
use super::inside::{Actor, Actors};
use super::latency::Percentiles;
use super::measure::Second;
use super::plan::Plan;
use super::target::Target;
use super::usage;
use crate::clock::Clock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strum::VariantArray;

/// Rooms listed one by one in a report.
const LISTED_ROOMS: usize = 20;
/// A tester that is busy for more than this share of the time, and finds more than so many sockets waiting
/// when it looks, sets the pace itself. Busy alone says little: with one socket at a time it keeps up.
const SATURATED_PERCENT: f64 = 90.0;
const SATURATED_READY: f64 = 8.0;
/// Runs with more other work than this share of a core should be repeated.
const NOISY_PERCENT: f64 = 15.0;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ended {
    Complete,
    Interrupted,
    ServerGone(String),
    Trouble(String),
}

/// Which direction is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Better {
    Lower,
    Higher,
    /// A circumstance, not a result.
    Neither,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) unit: String,
    pub(super) better: Better,
    /// Lowest and highest value of several runs; `value` is their median then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) high: Option<f64>,
}

/// One room: as its listeners saw it, and what its actor says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RoomRow {
    pub(super) channel_id: String,
    pub(super) listeners: u32,
    pub(super) messages: u64,
    pub(super) frames: u64,
    pub(super) arrival: Percentiles,
    /// Absent if the server does not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) inside: Option<Actor>,
}

/// Where it was measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) kernel: String,
    pub(super) cores: usize,
    #[serde(default)]
    pub(super) memory_bytes: u64,
    pub(super) server_core: Option<usize>,
    pub(super) tester_core: Option<usize>,
}

/// The result of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// Absent in results of earlier versions.
    #[serde(default)]
    pub(super) verdict: Verdict,
    pub(super) version: String,
    /// The code of the tester, and of a server of its own; unknown in debug builds.
    #[serde(default)]
    pub(super) commit: Option<String>,
    /// When it began, in UTC.
    #[serde(default)]
    pub(super) date: String,
    /// Runs of which this is the result.
    #[serde(default = "one")]
    pub(super) runs: u32,
    pub(super) command: String,
    pub(super) machine: Machine,
    pub(super) plan: Plan,
    pub(super) ended: Ended,
    pub(super) rows: Vec<Row>,
    /// The first fault of each kind, by the name of its row.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) first_faults: BTreeMap<String, String>,
    pub(super) notes: Vec<String>,
    pub(super) rooms: Vec<RoomRow>,
    /// The server's shards and firehoses, if it reports them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) actors: Vec<Actor>,
    /// One per server, of several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) nodes: Vec<nodes::NodeColumn>,
    /// Percent and milliseconds of arrivals.
    pub(super) arrival_curve: Vec<(f64, f64)>,
    pub(super) answer_curve: Vec<(f64, f64)>,
    pub(super) seconds: Vec<Second>,
}

fn one() -> u32 {
    1
}

impl Report {
    pub(super) fn new(plan: &Plan, target: &Target) -> Self {
        let mut report = Self::empty(plan);
        report.machine.server_core = target.server_core;
        report.machine.tester_core = target.client_core;
        report
    }

    fn empty(plan: &Plan) -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let of = |name| {
            cpuinfo
                .lines()
                .filter_map(move |line| line.strip_prefix(name))
        };
        let processor = of("model name")
            .next()
            .and_then(|line| line.split_once(':'));
        let processor = processor
            .map(|(_, name)| name.trim().to_owned())
            .unwrap_or_default();
        let command: Vec<String> = std::env::args().skip(1).collect();
        let commit = Some(env!("COMMIT")).filter(|commit| !commit.is_empty());
        Self {
            verdict: Verdict::default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: commit.map(str::to_owned),
            date: Clock::default().now().iso(),
            runs: 1,
            command: without_tokens(&command),
            machine: Machine {
                processor,
                kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
                // Not what we may run on: by now we are pinned.
                cores: of("processor").count(),
                memory_bytes: usage::machine_memory().unwrap_or(0),
                server_core: None,
                tester_core: None,
            },
            plan: plan.clone(),
            ended: Ended::Complete,
            rows: Vec::new(),
            first_faults: BTreeMap::new(),
            notes: Vec::new(),
            rooms: Vec::new(),
            actors: Vec::new(),
            nodes: Vec::new(),
            arrival_curve: Vec::new(),
            answer_curve: Vec::new(),
            seconds: Vec::new(),
        }
    }

    /// When, with what and where it was measured, in one line.
    pub(super) fn origin(&self) -> String {
        let machine = &self.machine;
        format!(
            "{} · groundnut {} ({}) · {} · {} cores · {:.1} GiB · Linux {}",
            self.date,
            self.version,
            self.commit.as_deref().unwrap_or("debug build"),
            machine.processor,
            machine.cores,
            machine.memory_bytes as f64 / f64::from(1 << 30),
            machine.kernel,
        )
    }

    /// Whether the numbers can be trusted as the server's own.
    pub(super) fn is_complete(&self) -> bool {
        self.ended == Ended::Complete
    }

    fn list_rooms(&mut self, engine: &Engine, actors: &mut Actors) {
        let heard = engine.circles.iter().flat_map(|circle| {
            let rooms = circle.rooms.iter().zip(&circle.arrivals).enumerate();
            rooms.map(move |(turn, (room, arrivals))| (circle, turn, room, arrivals))
        });
        let heard = heard.filter(|(_, _, _, arrivals)| arrivals.frames > 0);
        let heard = heard.map(|(circle, turn, room, arrivals)| RoomRow {
            channel_id: room.id.clone(),
            listeners: circle.ledger.listeners(),
            messages: share_of_turn(circle.ledger.sent(), turn, circle.rooms.len()),
            frames: arrivals.frames,
            arrival: arrivals.delay.summary(),
            inside: actors.channels.remove(&room.id),
        });
        self.rooms = heard.collect();
        self.rooms
            .sort_by(|one, other| other.arrival.p99_ms.total_cmp(&one.arrival.p99_ms));
        if self.rooms.len() > LISTED_ROOMS {
            let count = self.rooms.len();
            self.notes.push(format!(
                "{LISTED_ROOMS} of {count} rooms are listed, those with the worst p99"
            ));
            self.rooms.truncate(LISTED_ROOMS);
        }
    }

    /// Judges the run. To be called once everything else is in the report.
    pub(super) fn judge(&mut self, bounds: &[Bound], bare: bool) {
        self.verdict = Verdict::of(self, bounds, bare);
    }

    /// This run is complete, and the next one could not begin: the checks stay as they are, without a verdict on all.
    pub(super) fn abort_after(&mut self, why: Ended) {
        self.ended = why;
        self.verdict.outcome = Outcome::Aborted;
        self.notes.push("the next run did not begin".to_owned());
    }

    /// A row by name.
    pub(super) fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    fn push(&mut self, name: &str, value: f64, unit: &str, better: Better) {
        debug_assert!(figures::is_known(name, unit), "{name} in {unit}");
        let (name, unit) = (name.to_owned(), unit.to_owned());
        self.rows.push(Row {
            name,
            value,
            unit,
            better,
            low: None,
            high: None,
        });
    }

    /// Adds what is known only at the end.
    pub(super) fn finish(&mut self, engine: &Engine, seconds: Vec<Second>, mut actors: Actors) {
        self.arrival_curve = engine.tally.arrival.curve();
        self.answer_curve = engine.tally.answer.curve();
        self.seconds = seconds;
        self.list_rooms(engine, &mut actors);
        self.actors = actors.others;
        let faults = &engine.tally.faults;
        let first = Fault::VARIANTS.iter();
        let first = first.filter_map(|fault| Some((fault.name(), faults.first(*fault)?)));
        let first = first.map(|(name, words)| (name.to_owned(), words.to_owned()));
        self.first_faults = first.collect();
        if let Some(words) = &engine.tally.first_refusal {
            self.notes.push(format!("first refused request: {words}"));
        }
        for (code, count) in &engine.tally.closed_by_server {
            self.notes.push(format!(
                "{count} sockets were closed by the server with code {code}"
            ));
        }
    }
}

/// How many of `count` numbers fall to the one whose turn this is, when `all` take turns.
fn share_of_turn(count: u64, turn: usize, all: usize) -> u64 {
    let (turn, all) = (turn as u64, all.max(1) as u64);
    count / all + u64::from(turn < count % all)
}

/// The command line, without what opens a server.
fn without_tokens(words: &[String]) -> String {
    let mut hide = false;
    let shown = words.iter().map(|word| {
        let hidden = std::mem::replace(&mut hide, word == "--token" || word == "--app-token");
        match word.split_once('=') {
            Some((name @ ("--token" | "--app-token"), _)) => format!("{name}=***"),
            _ if hidden => "***".to_owned(),
            _ => word.clone(),
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_that_take_turns_share_all_messages() {
        let shares = [0, 1, 2].map(|turn| share_of_turn(8, turn, 3));
        assert_eq!(shares, [3, 3, 2]);
        assert_eq!(share_of_turn(5, 0, 1), 5);
    }

    #[test]
    fn tokens_do_not_reach_a_report() {
        let words = [
            "loadtest",
            "--token",
            "SECRET",
            "--app-token=SECRET",
            "--rate",
            "5",
        ];
        let shown = without_tokens(&words.map(str::to_owned));
        assert_eq!(shown, "loadtest --token *** --app-token=*** --rate 5");
    }
}
