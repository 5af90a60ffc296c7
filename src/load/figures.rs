//! The figures of a report by name: their units, and which plans measure them. A bound of `--fail-if` is checked
//! against this list before the run.

use super::plan::{Kind, Plan};

/// What measures a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Messages that fan out.
    Fan,
    /// Such a plan with `--timing`.
    Timing,
    Slow,
    Resume,
    /// All listeners are away while messages are written.
    Behind,
    Failover,
    Churn,
    Idle,
    /// Several servers, and the same with `--timing`.
    Nodes,
    NodesTiming,
}

impl By {
    fn is_in(self, plan: &Plan) -> bool {
        let fans = plan.kind.fans_out();
        match self {
            Self::Fan => fans,
            Self::Timing => fans && plan.timing,
            Self::Slow => plan.kind == Kind::Slow,
            Self::Resume => plan.kind.keeps_sessions(),
            Self::Behind => matches!(plan.kind, Kind::Reconnect | Kind::Replay),
            Self::Failover => plan.kind == Kind::Failover,
            Self::Nodes => fans && plan.nodes > 1,
            Self::NodesTiming => fans && plan.nodes > 1 && plan.timing,
            Self::Churn => plan.kind == Kind::Churn,
            Self::Idle => plan.kind == Kind::Idle,
        }
    }
}

const SOCKETS: &[By] = &[By::Fan, By::Idle];
const WORK: &[By] = &[By::Fan, By::Churn];
const FAN: &[By] = &[By::Fan];
const CHURN: &[By] = &[By::Churn];
const IDLE: &[By] = &[By::Idle];
const ALL: &[By] = &[By::Fan, By::Churn, By::Idle];

/// Name, unit, and the plans.
type Figure = (&'static str, &'static str, &'static [By]);

const FIGURES: &[Figure] = &[
    ("measured", "s", WORK),
    ("messages", "1/s", FAN),
    ("frames", "1/s", FAN),
    ("frame length", "bytes", FAN),
    ("server CPU per frame", "µs", FAN),
    ("server CPU per message", "µs", FAN),
    ("server CPU", "%", WORK),
    ("reads per frame", "", FAN),
    ("sockets", "", SOCKETS),
    ("connects", "1/s", ALL),
    ("server CPU per connect", "µs", SOCKETS),
    ("memory per socket after connecting", "KiB", SOCKETS),
    ("lost", "", FAN),
    ("reordered", "", FAN),
    ("repeated", "", FAN),
    ("foreign", "", FAN),
    ("changed type", "", FAN),
    ("changed author", "", FAN),
    ("changed text", "", FAN),
    ("without subscription_ids", "", FAN),
    ("foreign subscription_ids", "", FAN),
    ("unreadable", "", FAN),
    ("unlike the REST answer", "", FAN),
    ("frames read whole", "", FAN),
    ("refused requests", "", ALL),
    ("refused share", "%", ALL),
    ("sockets closed by the server", "", SOCKETS),
    ("follows", "1/s", CHURN),
    ("goodbyes", "1/s", CHURN),
    ("server CPU per visit", "µs", CHURN),
    ("failed handshakes", "", CHURN),
    ("server memory grown", "MiB", CHURN),
    ("memory per idle socket", "KiB", IDLE),
    ("server CPU per idle socket", "µs/s", IDLE),
    ("server memory", "MiB", SOCKETS),
    ("server memory after the first minute", "MiB", FAN),
    ("server memory grown since", "MiB", FAN),
    ("tester memory", "MiB", FAN),
    ("tester CPU per frame", "µs", FAN),
    ("tester CPU per visit", "µs", CHURN),
    ("tester CPU beside the server's", "%", WORK),
    ("tester busy", "%", WORK),
    ("sockets ready per turn", "", WORK),
    ("other work on the machine", "% of a core", WORK),
    ("readers that stopped", "", &[By::Slow]),
    ("of them closed by the server", "", &[By::Slow]),
    ("dropped", "", &[By::Resume]),
    ("resumed", "", &[By::Resume]),
    ("could not resume", "", &[By::Resume]),
    ("missed messages", "", &[By::Behind]),
    ("all reconnected after", "s", &[By::Behind, By::Failover]),
    ("did not come back", "", &[By::Failover]),
    ("all caught up after", "s", &[By::Behind]),
    ("inside: pages read for replays", "", FAN),
    ("inside: frames per write", "", FAN),
    ("inside: writes per commit", "", FAN),
    ("inside: sockets that fell behind", "", FAN),
    ("inside: slow readers closed", "", FAN),
    ("inside: mails refused", "", FAN),
];

/// Delays: each has a figure per percentile.
const DELAYS: &[(&str, &[By])] = &[
    ("arrival", FAN),
    ("arrival across nodes", &[By::Nodes]),
    ("answer", FAN),
    ("hello", &[By::Churn, By::Behind, By::Failover]),
    ("follow", CHURN),
    ("accepted to committed", &[By::Timing]),
    ("commit to write", &[By::Timing]),
    ("write to arrival", &[By::Timing]),
    ("commit to arrival across nodes", &[By::NodesTiming]),
];
const PERCENTILES: [&str; 6] = ["p50", "p90", "p99", "p99.9", "p99.99", "max"];

/// Name, unit and whether a plan measures it, for all figures.
fn all(plan: &Plan) -> impl Iterator<Item = (String, &'static str, bool)> {
    let given = |by: &[By]| by.iter().any(|by| by.is_in(plan));
    let plain = FIGURES
        .iter()
        .map(move |(name, unit, by)| ((*name).to_owned(), *unit, given(by)));
    let delays = DELAYS.iter().flat_map(move |(name, by)| {
        let each = PERCENTILES.iter();
        each.map(move |percentile| (format!("{name} {percentile}"), "ms", given(by)))
    });
    delays.chain(plain)
}

/// The name as reports write it, and the unit, of a figure that this plan measures. Letter case does not matter.
pub(super) fn named(name: &str, plan: &Plan) -> Option<(String, &'static str)> {
    let found = all(plan).find(|(known, _, given)| *given && known.eq_ignore_ascii_case(name));
    found.map(|(name, unit, _)| (name, unit))
}

/// Names of all figures that this plan measures; delays with their percentiles in one.
pub(super) fn possible(plan: &Plan) -> Vec<String> {
    let given = |by: &[By]| by.iter().any(|by| by.is_in(plan));
    let delays = DELAYS.iter().filter(|(_, by)| given(by));
    let delays = delays.map(|(name, _)| format!("{name} {}", PERCENTILES.join("|")));
    let plain = FIGURES.iter().filter(|(_, _, by)| given(by));
    delays
        .chain(plain.map(|(name, _, _)| (*name).to_owned()))
        .collect()
}

/// The nearest name that this plan measures.
pub(super) fn nearest(name: &str, plan: &Plan) -> Option<String> {
    let name = name.to_lowercase();
    let given = all(plan).filter(|(_, _, given)| *given);
    given
        .min_by_key(|(known, _, _)| strsim::damerau_levenshtein(&name, &known.to_lowercase()))
        .map(|(known, _, _)| known)
}

/// Whether a report may have such a row.
pub(super) fn is_known(name: &str, unit: &str) -> bool {
    let plain = FIGURES
        .iter()
        .any(|figure| (figure.0, figure.1) == (name, unit));
    let delay = |name: &str| DELAYS.iter().any(|(known, _)| *known == name);
    let percentile = |word: &str| PERCENTILES.contains(&word);
    let is_delay = name.rsplit_once(' ');
    let is_delay = is_delay.is_some_and(|(what, word)| delay(what) && percentile(word));
    // One row per status that was answered.
    plain || is_delay && unit == "ms" || name.starts_with("refused with") && unit.is_empty()
}
