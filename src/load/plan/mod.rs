//! The load of a run: connections, subscriptions and messages, bounded in count and time by construction.

mod kind;

pub(super) use kind::Kind;

use super::args::Overrides;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

/// Descriptors for everything that is not a listener: callers, epoll, database of our own process.
const SPARE_DESCRIPTORS: u64 = 150;
/// Most servers: the number of one is kept in a byte for each message.
const MOST_NODES: u32 = 64;

/// A checked plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) kind: Kind,
    /// Servers that carry it.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(super) nodes: u32,
    /// Rooms that are written to.
    pub(super) rooms: u32,
    /// Listeners per room; sockets in all if a listener receives several rooms.
    pub(super) listeners: u32,
    /// Accounts that the listeners are spread over.
    pub(super) people: u32,
    /// Messages per second over all rooms (churn: connections per second); none for a closed loop.
    pub(super) rate: Option<f64>,
    /// Messages in flight. Closed loop: a message is in flight until every listener has it.
    pub(super) window: u32,
    pub(super) warmup_seconds: f64,
    pub(super) duration_seconds: f64,
    /// Ends the measurement after so many messages, if it is not over before (reconnect, replay: those that are missed).
    pub(super) messages: Option<u64>,
    pub(super) text_bytes: u32,
    /// Handshakes at once while connecting.
    pub(super) connecting: u32,
    /// Whether idle and churning sockets subscribe to a room.
    pub(super) follow: bool,
    /// Share of the listeners that stops reading (slow) or drops once per second (resume).
    pub(super) share_percent: f64,
    /// Whether frames carry the server's timestamps.
    #[serde(default)]
    pub(super) timing: bool,
    /// Bounds of its own, as they were written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) fail_if: Vec<String>,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_one(nodes: &u32) -> bool {
    *nodes == 1
}

impl Plan {
    /// Puts together defaults of the kind, a plan file if `named` is one, and the flags, later ones winning.
    pub(super) fn new(named: &str, flags: &Overrides) -> Result<Self, Impossible> {
        let (word, file) = if named.ends_with(".toml") {
            let text = std::fs::read_to_string(named)
                .map_err(|error| Impossible::File(named.to_owned(), error.to_string()))?;
            parse_file(named, &text)?
        } else {
            (named.to_owned(), Overrides::default())
        };
        let kind = Kind::named(&word)?;
        let plan = Self::default_of(kind).wish(&file).wish(flags);
        plan.check()?;
        Ok(plan)
    }

    /// The plan over the servers at so many `--url`; without one it has a server of its own.
    pub(super) fn over(mut self, urls: usize) -> Result<Self, Impossible> {
        self.nodes = u32::try_from(urls.max(1)).unwrap_or(u32::MAX);
        if self.nodes > MOST_NODES {
            return Err(Impossible::Nodes(urls));
        }
        if self.kind == Kind::Failover && self.nodes < 2 {
            return Err(Impossible::Alone);
        }
        Ok(self)
    }

    /// What plans have unless they say otherwise.
    fn common(kind: Kind) -> Self {
        Self {
            kind,
            nodes: 1,
            rooms: 1,
            listeners: 1000,
            people: 4,
            rate: None,
            window: 1,
            warmup_seconds: 2.0,
            duration_seconds: 10.0,
            messages: None,
            text_bytes: 256,
            connecting: 64,
            follow: true,
            share_percent: 10.0,
            timing: false,
            fail_if: Vec::new(),
        }
    }

    fn default_of(kind: Kind) -> Self {
        let plan = Self::common(kind);
        match kind {
            Kind::Room => plan,
            Kind::Rooms => Self {
                rooms: 500,
                listeners: 10,
                window: 64,
                ..plan
            },
            Kind::Inbox => Self {
                rooms: 8,
                listeners: 100,
                ..plan
            },
            Kind::Firehose => Self {
                rooms: 50,
                listeners: 2,
                window: 16,
                ..plan
            },
            Kind::Churn => Self {
                listeners: 100,
                rate: Some(500.0),
                ..plan
            },
            Kind::Idle => Self {
                listeners: 10_000,
                warmup_seconds: 0.0,
                ..plan
            },
            Kind::Slow => Self {
                rate: Some(100.0),
                duration_seconds: 30.0,
                ..plan
            },
            Kind::Resume => Self {
                listeners: 200,
                rate: Some(50.0),
                ..plan
            },
            Kind::Reconnect => Self {
                window: 16,
                warmup_seconds: 0.0,
                messages: Some(10),
                connecting: 256,
                ..plan
            },
            Kind::Replay => Self {
                rooms: 50,
                listeners: 1,
                window: 64,
                warmup_seconds: 0.0,
                messages: Some(100_000),
                ..plan
            },
            Kind::Failover => plan.until_an_end(),
        }
    }

    /// Enough time to end a server by hand.
    fn until_an_end(self) -> Self {
        Self {
            rate: Some(20.0),
            warmup_seconds: 0.0,
            duration_seconds: 60.0,
            connecting: 256,
            ..self
        }
    }

    fn wish(self, overrides: &Overrides) -> Self {
        Self {
            kind: self.kind,
            nodes: self.nodes,
            rooms: overrides.rooms.unwrap_or(self.rooms),
            listeners: overrides.listeners.unwrap_or(self.listeners),
            people: overrides.people.unwrap_or(self.people),
            // A window alone asks for a closed loop, even where the plan's own default is a rate.
            rate: match (overrides.rate, overrides.window) {
                (Some(0.0), _) if self.kind == Kind::Churn => None,
                (Some(rate), _) => Some(rate),
                (None, Some(_)) => None,
                (None, None) => self.rate,
            },
            window: overrides
                .window
                .unwrap_or(match (self.rate, overrides.rate) {
                    (Some(_), _) | (_, Some(_)) => 64,
                    (None, None) => self.window,
                }),
            warmup_seconds: overrides.warmup_seconds.unwrap_or(self.warmup_seconds),
            duration_seconds: overrides.duration_seconds.unwrap_or(self.duration_seconds),
            messages: overrides.messages.or(self.messages),
            text_bytes: overrides.text_bytes.unwrap_or(self.text_bytes),
            connecting: overrides.connecting.unwrap_or(self.connecting),
            follow: overrides.follow.unwrap_or(self.follow),
            share_percent: overrides.share_percent.unwrap_or(self.share_percent),
            timing: overrides.timing.unwrap_or(self.timing),
            // Those of a file hold beside those of the command line.
            fail_if: [self.fail_if.as_slice(), &overrides.fail_if].concat(),
        }
    }

    fn check(&self) -> Result<(), Impossible> {
        let between = |name: &'static str, value: f64, low: f64, high: f64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(Impossible::Range {
                    name,
                    value,
                    low,
                    high,
                })
            }
        };
        between("rooms", f64::from(self.rooms), 1.0, 100_000.0)?;
        between("listeners", f64::from(self.listeners), 1.0, 1_000_000.0)?;
        between("people", f64::from(self.people), 1.0, 1000.0)?;
        between("window", f64::from(self.window), 1.0, 4096.0)?;
        between("warmup-seconds", self.warmup_seconds, 0.0, 3600.0)?;
        between("duration-seconds", self.duration_seconds, 0.1, 86_400.0)?;
        between("text-bytes", f64::from(self.text_bytes), 40.0, 2048.0)?;
        between("connecting", f64::from(self.connecting), 1.0, 4096.0)?;
        between("share-percent", self.share_percent, 0.0, 100.0)?;
        let rates = 0.001..=1_000_000.0;
        if let Some(rate) = self.rate.filter(|rate| !rates.contains(rate)) {
            return Err(Impossible::Rate(rate));
        }
        if self.kind.hears_all() && self.listeners > 2 {
            return Err(Impossible::AppStreams(self.listeners));
        }
        Ok(())
    }

    /// Sockets that listen at the same time.
    pub(super) fn sockets(&self) -> u64 {
        let listeners = u64::from(self.listeners);
        match self.kind {
            Kind::Room
            | Kind::Rooms
            | Kind::Slow
            | Kind::Resume
            | Kind::Reconnect
            | Kind::Failover
            | Kind::Churn => listeners * u64::from(self.rooms),
            Kind::Inbox | Kind::Firehose | Kind::Replay | Kind::Idle => listeners,
        }
    }

    /// Servers that have all sockets at the end.
    pub(super) fn nodes_at_last(&self) -> u32 {
        let ended = u32::from(self.kind == Kind::Failover);
        self.nodes.saturating_sub(ended).max(1)
    }

    /// Descriptors that one process needs for it.
    pub(super) fn descriptors(&self) -> u64 {
        let calling = u64::from(self.nodes) * u64::from(self.rest_connections());
        self.sockets() + calling + SPARE_DESCRIPTORS
    }

    /// REST connections kept open to each server.
    pub(super) fn rest_connections(&self) -> u32 {
        match self.kind {
            Kind::Idle | Kind::Churn => self.connecting,
            Kind::Room
            | Kind::Rooms
            | Kind::Inbox
            | Kind::Firehose
            | Kind::Slow
            | Kind::Resume
            | Kind::Reconnect
            | Kind::Replay
            | Kind::Failover => self.window.max(16),
        }
    }

    pub(super) fn warmup(&self) -> Duration {
        Duration::from_secs_f64(self.warmup_seconds)
    }

    pub(super) fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.duration_seconds)
    }
}

fn parse_file(name: &str, text: &str) -> Result<(String, Overrides), Impossible> {
    let trouble = |error: toml::de::Error| {
        Impossible::File(name.to_owned(), error.to_string().trim_end().to_owned())
    };
    let mut table: toml::Table = text.parse().map_err(trouble)?;
    let known = Overrides::keys();
    if let Some(key) = table
        .keys()
        .find(|key| *key != "plan" && !known.contains(*key))
    {
        let nearest = nearest(key, known.iter().map(String::as_str));
        let nearest = nearest.map_or("plan", |(nearest, _)| nearest).to_owned();
        return Err(Impossible::Key {
            file: name.to_owned(),
            key: key.clone(),
            nearest,
        });
    }
    let Some(toml::Value::String(word)) = table.remove("plan") else {
        return Err(Impossible::File(
            name.to_owned(),
            "no plan = \"room\" in it".to_owned(),
        ));
    };
    Ok((word, table.try_into().map_err(trouble)?))
}

fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, usize)> {
    let distances = known
        .into_iter()
        .map(|known| (known, strsim::damerau_levenshtein(word, known)));
    distances.min_by_key(|(_, distance)| *distance)
}

/// Why a plan cannot be played, and what to do about it.
#[derive(Debug, Error, PartialEq)]
pub(super) enum Impossible {
    #[error("there is no plan {0:?}; did you mean {1:?}? A file of your own ends in .toml")]
    Plan(String, &'static str),
    #[error("plan file {0}: {1}")]
    File(String, String),
    #[error("plan file {file}: unknown key {key:?}; did you mean {nearest:?}?")]
    Key {
        file: String,
        key: String,
        nearest: String,
    },
    #[error("--{name} is {value}, it has to be between {low} and {high}")]
    Range {
        name: &'static str,
        value: f64,
        low: f64,
        high: f64,
    },
    #[error(
        "--rate is {0}, it has to be between 0.001 and 1000000; without --rate a closed loop is played, \
         as fast as it goes"
    )]
    Rate(f64),
    #[error("{0} app streams: a client may have two in use; ask for --listeners 2")]
    AppStreams(u32),
    #[error(
        "{sockets} sockets need {needed} descriptors, but the limit is {limit}; raise it with `ulimit -n {needed}` \
         (as root if the hard limit is lower), or use fewer --listeners"
    )]
    Descriptors {
        sockets: u64,
        needed: u64,
        limit: u64,
    },
    #[error("{0} is not this machine; add --yes-i-own-this-server if it may be loaded")]
    NotLoopback(String),
    #[error("{0}")]
    Address(String),
    #[error("the limits of {address} (/sys/config) cannot carry this plan; it allows\n  {limits}")]
    Limits { address: String, limits: String },
    #[error("{0} servers; at most {MOST_NODES} --url are taken")]
    Nodes(usize),
    #[error(
        "the failover plan needs two or more servers of one cluster: give --url for each of them"
    )]
    Alone,
    #[error("{pids} --server-pid for {urls} --url: give one for each, in the same order, or none")]
    Processes { pids: usize, urls: usize },
    #[error("{address} does not answer: {why}")]
    Silent { address: String, why: String },
    #[error("--{flag} {core}: this process may run on cores {cores:?}")]
    Core {
        flag: &'static str,
        core: usize,
        cores: Vec<usize>,
    },
    #[error("a server at --url must be set up beforehand: {0}")]
    Token(&'static str),
}

#[cfg(test)]
mod tests;
