//! A webhook among the listeners: each event at least once, those of a channel or user in order, a hole only where the log was
//! trimmed, and said.
//!
//! It belongs to the app that all users authorized, Ada among them, who is in every room: so rights are the same at each
//! attempt, and only the order, the repetitions and the gaps are left to look at.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::ledger::Fact;
use super::listener::position;
use super::rights::Judged;
use super::verdict::{Difference, Truth, is_of, part_of};
use crate::support::random::Random;
use crate::support::receiver::{Answer, Received, Receiver, SECRET};
use crate::support::{TestServer, text};

/// One of so many deliveries is refused at its first attempt.
const REFUSED: i64 = 20;

/// Milliseconds that an answer takes: with some of them deliveries wait.
const PAUSES: [u64; 3] = [0, 2, 5];

pub(super) struct HookListener {
    receiver: Receiver,
    client: String,
    /// It begins behind this position.
    since: i64,
}

impl HookListener {
    /// Makes the hook, and its receiver.
    pub(super) fn of(server: &TestServer, client: &str, random: &mut Random) -> Self {
        let receiver = Receiver::start();
        let pause = Duration::from_millis(*random.pick(&PAUSES));
        receiver.answers(move |received| {
            std::thread::park_timeout(pause);
            match is_refused(received) {
                true => Answer::Status(500),
                false => Answer::Status(204),
            }
        });
        receiver.is_hooked(&server.app(), "hook", &["message", "post"]);
        Self {
            receiver,
            client: client.to_owned(),
            since: server.count("SELECT pos FROM log_head"),
        }
    }

    /// Its place is free.
    pub(super) fn ends(&self, server: &TestServer) {
        server.app().delete("/streams/hook").is(200);
    }

    /// What arrived, held against the log.
    pub(super) fn examine(&self, truth: &Truth<'_>) -> Result<(), Difference> {
        let all = self.receiver.all();
        let wrong = |what: String, is_open| Difference {
            what: format!("the hook: {what}"),
            is_open,
        };
        let (mut heard, mut gone) = (BTreeSet::new(), BTreeSet::new());
        let mut newest: HashMap<String, i64> = HashMap::new();
        for received in all.iter().filter(|received| !is_refused(received)) {
            if !received.is_signed(SECRET) {
                return Err(wrong(format!("not signed: {received:?}"), false));
            }
            if let Some(gap) = received.body["meta"].get("gap") {
                gone.extend(allowed_gap(gap, truth).map_err(|what| wrong(what, false))?);
                continue;
            }
            let (pos, part) = self
                .event(received, truth)
                .map_err(|what| wrong(what, false))?;
            if !heard.insert(pos) {
                continue;
            }
            let before = newest.insert(part, pos).unwrap_or(0);
            if pos < before {
                return Err(wrong(format!("{pos} came behind {before}"), false));
            }
        }
        let wanted = truth.ledger.entries.range(self.since + 1..);
        let mut missing = wanted.filter(|(pos, entry)| {
            let receives = self.receives(**pos, &entry.fact, truth);
            receives && !heard.contains(pos) && !gone.contains(pos)
        });
        match missing.next() {
            Some((pos, entry)) => Err(wrong(format!("{pos} is missing: {:?}", entry.fact), true)),
            None => Ok(()),
        }
    }

    /// The position of an event, and the part of the stream that it belongs to.
    fn event(&self, received: &Received, truth: &Truth<'_>) -> Result<(i64, String), String> {
        let cursor = text(&received.body["meta"]["cursor"]);
        let pos = position(&cursor);
        let entry = truth.ledger.entries.get(&pos);
        let fact = entry.map(|entry| &entry.fact);
        let part = fact.and_then(part_of);
        let is_right = |fact: &Fact| {
            received.id == cursor
                && pos > self.since
                && self.receives(pos, fact, truth)
                && is_of(&received.body, fact)
        };
        match (fact, part) {
            (Some(fact), Some(part)) if is_right(fact) => Ok((pos, part)),
            _ => Err(format!("{pos} is {fact:?}, and came as {received:?}")),
        }
    }

    fn receives(&self, pos: i64, fact: &Fact, truth: &Truth<'_>) -> bool {
        let rights = truth.rights;
        rights.app_receives(&self.client, pos, fact, Judged::Live)
    }
}

/// Known by its cursor, so that what is looked at later is what was taken.
fn is_refused(received: &Received) -> bool {
    let is_gap = received.body["meta"].get("gap").is_some();
    !is_gap && received.attempt == 1 && position(&received.id) % REFUSED == 0
}

/// The positions of a gap, which were all trimmed.
fn allowed_gap(gap: &serde_json::Value, truth: &Truth<'_>) -> Result<Vec<i64>, String> {
    let (from, to) = (position(&text(&gap["from"])), position(&text(&gap["to"])));
    let positions: Vec<i64> = (from + 1..=to).collect();
    match positions.iter().find(|pos| !truth.ledger.may_lack(**pos)) {
        Some(pos) => Err(format!(
            "a gap from {from} to {to}, but {pos} was never trimmed"
        )),
        None => Ok(positions),
    }
}
