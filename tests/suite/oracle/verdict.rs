//! Holds what a listener received against the log, filtered by what it may receive.

use std::collections::HashMap;

use serde_json::Value;

use super::door::{Began, Frame};
use super::ledger::{Fact, Ledger, number};
use super::listener::{Kind, Listener, Segment, position};
use super::rights::{Judged, Rights, Topic};
use crate::support::text;

/// The first difference.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub(super) what: String,
    /// Nothing is wrong, but something has not come yet.
    pub(super) is_open: bool,
}

/// What everything is held against.
pub(super) struct Truth<'t> {
    pub(super) ledger: &'t Ledger,
    pub(super) rights: &'t Rights,
    /// Which listener has which part of a stream, as far as it was seen.
    pub(super) parts: &'t HashMap<String, String>,
}

/// A listener under examination.
struct Examined<'e> {
    truth: &'e Truth<'e>,
    listener: &'e Listener,
    segment: (usize, &'e Segment),
}

/// The part of a stream that an event belongs to: of its channel, or of its user.
pub(super) fn part_of(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Said { channel, .. } => Some(format!("channel {channel}")),
        Fact::Posted { author, .. } => Some(format!("user {author}")),
        Fact::Joined { .. }
        | Fact::Channel { .. }
        | Fact::Related { .. }
        | Fact::Token { .. }
        | Fact::Other => None,
    }
}

/// Notes which parts a listener received. Each belongs to one listener.
pub(super) fn note_parts(
    listener: &Listener,
    ledger: &Ledger,
    parts: &mut HashMap<String, String>,
) -> Result<(), Difference> {
    if !is_partitioned(listener) {
        return Ok(());
    }
    let frames = listener.segments.iter().flat_map(|segment| &segment.frames);
    let frames = frames.filter(|frame| !frame.is_answer && frame.json["meta"].get("gap").is_none());
    for pos in frames.filter_map(|frame| frame.cursor.as_deref().map(position)) {
        let fact = ledger.entries.get(&pos).map(|entry| &entry.fact);
        let Some(part) = fact.and_then(part_of) else {
            continue;
        };
        let holder = parts
            .entry(part.clone())
            .or_insert_with(|| listener.name.clone());
        if *holder != listener.name {
            let what = format!("{part} is in two partitions: {holder}, {}", listener.name);
            let is_open = false;
            return Err(Difference { what, is_open });
        }
    }
    Ok(())
}

fn is_partitioned(listener: &Listener) -> bool {
    matches!(listener.kind, Kind::App { part: Some(_), .. })
}

/// Each part of a stream that is received in parts belongs to a listener.
pub(super) fn has_all_parts(listener: &Listener, truth: &Truth<'_>) -> Result<(), Difference> {
    let Kind::App {
        client,
        part: Some(_),
        ..
    } = &listener.kind
    else {
        return Ok(());
    };
    let now = Judged::Replayed(truth.ledger.head());
    for (pos, entry) in truth.ledger.entries.range(listener.segments[0].from + 1..) {
        let part = part_of(&entry.fact).filter(|part| !truth.parts.contains_key(part));
        let is_received = truth.rights.app_receives(client, *pos, &entry.fact, now);
        if let Some(part) = part
            && is_received
            && !truth.ledger.may_lack(*pos)
        {
            let what = format!("{pos} is missing in all partitions: {part}");
            let is_open = true;
            return Err(Difference { what, is_open });
        }
    }
    Ok(())
}

/// Everything that a listener received, in order, and the pages of its subscribing calls.
pub(super) fn examine(listener: &Listener, truth: &Truth<'_>) -> Result<(), Difference> {
    pages(listener, truth)?;
    let last = listener.segments.len().saturating_sub(1);
    for segment in listener.segments.iter().enumerate() {
        let examined = Examined {
            truth,
            listener,
            segment,
        };
        let reached = examined.frames()?;
        if segment.0 == last {
            let rest = (reached, truth.ledger.head());
            let missing = examined.lacks(rest, (segment.1.began, segment.1.ended_at));
            missing.map_err(|what| examined.difference(&what, true))?;
        }
    }
    Ok(())
}

/// A page shows everything up to its cursor, and nothing behind it.
fn pages(listener: &Listener, truth: &Truth<'_>) -> Result<(), Difference> {
    let Kind::User(who) = &listener.kind else {
        return Ok(());
    };
    let viewer = who.id.parse().expect("an id");
    for known in &listener.subscriptions {
        let Topic::Messages(channel) = known.topic else {
            continue;
        };
        let newest = newest_in(channel, viewer, known.since, truth);
        if newest != known.newest {
            return Err(Difference {
                what: format!(
                    "{}: the newest message of a page is {:?}, and {newest:?} in the log: {known:?}",
                    listener.name, known.newest
                ),
                is_open: false,
            });
        }
    }
    Ok(())
}

/// The newest message of a channel that a viewer sees, as of a position. One that was deleted is shown as such.
fn newest_in(channel: i64, viewer: i64, until: i64, truth: &Truth<'_>) -> Option<i64> {
    let mut newest = None;
    for (_, entry) in truth.ledger.entries.range(..=until) {
        if let Fact::Said {
            channel: here,
            author,
            id,
            gone: false,
            ..
        } = entry.fact
            && here == channel
            && !truth.rights.is_hidden(author, viewer, until)
        {
            newest = newest.max(Some(id));
        }
    }
    newest
}

impl Examined<'_> {
    fn difference(&self, what: &str, is_open: bool) -> Difference {
        let (n, segment) = self.segment;
        let received: Vec<String> = segment.frames.iter().map(shown).collect();
        let subscriptions = &self.listener.subscriptions;
        Difference {
            what: format!(
                "{}, connection {n} ({:?}, from {}, {:?}): {what}\nreceived there: {}\nsubscriptions: {subscriptions:?}",
                self.listener.name,
                segment.door,
                segment.from,
                segment.began,
                received.join(" ")
            ),
            is_open,
        }
    }

    /// Gives the last position.
    fn frames(&self) -> Result<i64, Difference> {
        let (_, segment) = self.segment;
        let mut at = segment.from;
        for frame in &segment.frames {
            let wrong = |what: String| self.difference(&what, false);
            let Some(cursor) = &frame.cursor else {
                return Err(wrong(format!("a frame without a cursor: {}", frame.json)));
            };
            let pos = position(cursor);
            let when = (frame.began, frame.at);
            if frame.is_answer && pos >= at {
                self.lacks((at, pos), when).map_err(wrong)?;
                at = pos;
                continue;
            }
            if pos <= at {
                return Err(wrong(format!("{pos} came behind {at}: {}", frame.json)));
            }
            match frame.json["meta"].get("gap") {
                Some(gap) => {
                    let from = position(&text(&gap["from"]));
                    let to = position(&text(&gap["to"]));
                    self.lacks((at, from), when).map_err(wrong)?;
                    self.is_allowed_gap((from, to), pos).map_err(wrong)?;
                }
                None => {
                    self.lacks((at, pos - 1), when).map_err(wrong)?;
                    self.is_right(pos, frame).map_err(wrong)?;
                }
            }
            at = pos;
        }
        Ok(at)
    }

    fn is_allowed_gap(&self, (from, to): (i64, i64), cursor: i64) -> Result<(), String> {
        let ledger = self.truth.ledger;
        match (from + 1..=to).find(|pos| !ledger.may_lack(*pos)) {
            Some(pos) => Err(format!(
                "a gap from {from} to {to}, but {pos} was never trimmed"
            )),
            None if to != cursor || from >= to => {
                Err(format!("a gap from {from} to {to} at {cursor}"))
            }
            None => Ok(()),
        }
    }

    /// When an event may have been judged that was received, or left out, at this time.
    fn judged(&self, pos: i64, (began, at): (Began, i64)) -> Vec<Judged> {
        let Began::Behind(head) = began else {
            return vec![Judged::Live];
        };
        let mut all = Vec::new();
        if pos > head {
            all.push(Judged::Live);
        }
        let earliest = head.max(pos);
        all.push(Judged::Replayed(earliest));
        let ledger = self.truth.ledger;
        let changes = self.truth.rights.changes.iter().copied();
        let later = changes.filter(|change| {
            *change > earliest
                && ledger
                    .entries
                    .get(change)
                    .is_some_and(|entry| entry.at <= at)
        });
        all.extend(later.map(Judged::Replayed));
        all
    }

    /// The subscriptions that receive an event; of an app stream one without a name.
    fn receives(
        &self,
        (pos, fact): (i64, &Fact),
        judged: Judged,
        is_received: bool,
    ) -> Vec<String> {
        let rights = self.truth.rights;
        let (n, _) = self.segment;
        let mut ids: Vec<String> = match &self.listener.kind {
            Kind::User(who) => {
                let viewer = who.id.parse().expect("an id");
                let known = self.listener.subscriptions.iter();
                let known = known.filter(|known| n < known.ended);
                let known = known.filter(|known| !self.listener.doubtful.contains(&known.id));
                let known =
                    known.filter(|known| rights.user_receives(viewer, known, (pos, fact), judged));
                known.map(|known| known.id.clone()).collect()
            }
            Kind::App { client, .. } => {
                let is_mine = self.is_mine(fact, is_received);
                let receives = is_mine && rights.app_receives(client, pos, fact, judged);
                receives.then(String::new).into_iter().collect()
            }
        };
        ids.sort();
        ids
    }

    /// Whether an event is of this partition. It may have been received since the parts were noted.
    fn is_mine(&self, fact: &Fact, is_received: bool) -> bool {
        if !is_partitioned(self.listener) {
            return true;
        }
        let holder = part_of(fact).and_then(|part| self.truth.parts.get(&part));
        holder.map_or(is_received, |holder| *holder == self.listener.name)
    }

    /// Whether something between two positions had to be received.
    fn lacks(&self, (after, last): (i64, i64), when: (Began, i64)) -> Result<(), String> {
        if last <= after {
            return Ok(());
        }
        for (pos, entry) in self.truth.ledger.entries.range(after + 1..=last) {
            let judged = self.judged(*pos, when);
            let sets = judged
                .iter()
                .map(|judged| self.receives((*pos, &entry.fact), *judged, false));
            if !may_come_for(&[], &sets.collect::<Vec<_>>()) {
                return Err(format!("{pos} is missing: {:?}", entry.fact));
            }
        }
        Ok(())
    }

    fn is_right(&self, pos: i64, frame: &Frame) -> Result<(), String> {
        let Some(entry) = self.truth.ledger.entries.get(&pos) else {
            return Err(format!("{pos} is not in the log: {}", frame.json));
        };
        let mut ids: Vec<String> = match &self.listener.kind {
            Kind::User(_) => {
                let ids = frame.json["meta"]["subscription_ids"].as_array();
                ids.into_iter().flatten().map(text).collect()
            }
            Kind::App { .. } => vec![String::new()],
        };
        let count = ids.len();
        ids.retain(|id| !self.listener.doubtful.contains(id));
        let may_be_left_out = ids.is_empty() && count > 0;
        ids.sort();
        let judged = self.judged(pos, (frame.began, frame.at));
        let sets: Vec<_> = judged
            .iter()
            .map(|judged| self.receives((pos, &entry.fact), *judged, true))
            .collect();
        if !may_be_left_out && !may_come_for(&ids, &sets) {
            return Err(format!(
                "{pos} came for {ids:?}, which may be any of {sets:?} by {judged:?}: {:?}",
                entry.fact
            ));
        }
        match is_of(&frame.json, &entry.fact) {
            true => Ok(()),
            false => Err(format!(
                "{pos} shows something else: {} for {:?}",
                frame.json, entry.fact
            )),
        }
    }
}

/// Whether an event may come for these subscriptions. While rights change each of them is judged by a moment of its own: what
/// is read of a user is read piece by piece.
fn may_come_for(ids: &[String], sets: &[Vec<String>]) -> bool {
    let is_judged_so = |id: &String, receives: bool| {
        let mut sets = sets.iter();
        sets.any(|set| set.contains(id) == receives)
    };
    let mut all = ids.iter().chain(sets.iter().flatten());
    let is_once = ids.windows(2).all(|pair| pair[0] != pair[1]);
    is_once && all.all(|id| is_judged_so(id, ids.contains(id)))
}

/// Whether a frame shows what the log says.
pub(super) fn is_of(frame: &Value, fact: &Fact) -> bool {
    let is_deletion = frame["meta"]["is_deleted"] == true;
    let shown = || number(&frame["data"][0]["id"]);
    match fact {
        Fact::Said { id, gone, .. } => {
            frame["meta"]["type"] == "message" && shown() == *id && is_deletion == *gone
        }
        Fact::Posted { id, gone, .. } => {
            frame["meta"]["type"] == "post" && shown() == *id && is_deletion == *gone
        }
        Fact::Channel { .. } => frame["meta"]["type"] == "channel",
        Fact::Joined { on, .. } => {
            frame["meta"]["type"] == "channel_subscription" && is_deletion != *on
        }
        Fact::Related { .. } | Fact::Token { .. } | Fact::Other => true,
    }
}

fn shown(frame: &Frame) -> String {
    let cursor = frame.cursor.as_deref().map_or(0, position);
    match frame.json["meta"].get("gap") {
        Some(_) => format!("gap:{cursor}"),
        None if frame.is_answer => format!("answer:{cursor}"),
        None => cursor.to_string(),
    }
}
