//! Plain messages: data on their way to a row, written as one set per group.
//!
//! A plain message is not private, answers nothing and moves no marker: its row, its channel's counters and its event
//! are all that it needs. For the whole set there is one update per channel, then the rows, then the events.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::answer::Answer;
use super::super::connect::Sql;
use super::super::group::Group;
use super::super::{Db, Failure};
use super::row::{self, Moved, Named, Placed, Together};
use crate::event::{Payload, Written};
use crate::fault::{Seeded, seeded};
use crate::model::message::NewMessage;
use crate::model::{
    Channel, ChannelBrief, ChannelId, Message, Refusal, Refused, Stamp, TokenId, User,
};
use crate::text::raw::files::attached;

/// Whether a channel allows something.
pub type Rule = Box<dyn Fn(&Channel) -> Result<(), Refused> + Send>;

/// A plain message, as an actor hands it over.
pub struct PlainMessage {
    /// Where it goes, as the event will tell.
    pub channel: ChannelBrief,
    /// The version of the channel that it was allowed on.
    pub revision: i64,
    /// Its author, as the event will tell.
    pub author: Arc<User>,
    /// What is written; neither `reply_to` nor `update_marker`, and no file in its raw.
    pub new: NewMessage,
    /// Decides again, when the channel has become another version.
    pub allow: Rule,
}

impl PlainMessage {
    /// Whether a message needs nothing but its row; that the channel is not a private one is the caller's to say.
    pub fn is_enough_for(new: &NewMessage) -> bool {
        new.reply_to.is_none() && !new.update_marker && attached(&new.raw).is_empty()
    }
}

/// A plain message in the lane.
pub(in super::super) struct Posting {
    pub(in super::super) accepted: Stamp,
    /// Of the call that it is made for.
    token: Option<TokenId>,
    pub(in super::super) outcome: Option<Result<Message, Failure>>,
    /// Taken when it is written.
    plain: Option<PlainMessage>,
    answer: Answer<Message>,
}

impl Posting {
    pub(in super::super) fn new(
        (accepted, token): (Stamp, Option<TokenId>),
        plain: PlainMessage,
        answer: Answer<Message>,
    ) -> Self {
        Self {
            accepted,
            token,
            outcome: None,
            plain: Some(plain),
            answer,
        }
    }

    /// The set that it was part of was taken back.
    pub(in super::super) fn fail(&mut self, failure: &Failure) {
        self.outcome = Some(Err(failure.clone()));
    }

    pub(in super::super) fn answer(self, committed: Result<(), Failure>) {
        self.answer.after(self.outcome, committed);
    }
}

/// Writes them as one set. On `Err` nothing may be left of it: the caller takes back what was done, and may try each
/// alone. Refused messages are answered, and do not count as errors.
pub(in super::super) fn write_postings(
    sql: &mut Sql,
    group: &mut Group,
    postings: &mut [&mut Posting],
) -> Result<(), Failure> {
    let mut set: Vec<Entry<'_>> = postings
        .iter_mut()
        .filter_map(|posting| Entry::new(posting, group))
        .collect();
    refuse_ended(sql, group, &mut set)?;
    set.retain(|entry| entry.posting.outcome.is_none());
    post(sql, &mut set)?;
    set.retain(|entry| entry.posting.outcome.is_none());
    // From here on nothing fails, so what was given may be taken.
    for entry in set {
        let Entry {
            posting,
            placed,
            named,
        } = entry;
        let Some(plain) = posting.plain.take() else {
            continue;
        };
        let message = row::message(placed, plain.new, named);
        let written = Written {
            message: message.clone(),
            author: plain.author,
            channel: plain.channel,
        };
        group.messages += 1;
        group.announce(
            posting.accepted,
            Payload::MessageCreated {
                written: Box::new(written),
                read_by_author: false,
            },
        );
        posting.outcome = Some(Ok(message));
    }
    Ok(())
}

struct Entry<'p> {
    posting: &'p mut Posting,
    placed: Placed,
    named: Named,
}

impl<'p> Entry<'p> {
    fn new(posting: &'p mut Posting, group: &mut Group) -> Option<Self> {
        let channel = posting.plain.as_ref()?.channel.id;
        // An attempt before this one failed as a whole.
        posting.outcome = None;
        let placed = Placed {
            id: group.next_message_id(),
            at: group.now(),
            channel,
            thread: None,
        };
        Some(Self {
            posting,
            placed,
            named: None,
        })
    }

    fn channel_revision(&self) -> Option<(ChannelId, i64)> {
        let plain = self.posting.plain.as_ref()?;
        Some((plain.channel.id, plain.revision))
    }
}

/// Calls whose tokens have ended are refused.
fn refuse_ended(sql: &mut Sql, group: &mut Group, set: &mut [Entry<'_>]) -> Result<(), Failure> {
    let tokens = set.iter().filter_map(|entry| entry.posting.token);
    let ask = |asked: &HashSet<TokenId>| Db { sql }.live_among(asked);
    let ended = group.live.ended_of(tokens, ask)?;
    if ended.is_empty() {
        return Ok(());
    }
    for Entry { posting, .. } in set {
        if posting.token.is_some_and(|token| ended.contains(&token)) {
            posting.outcome = Some(Err(Refusal::TokenInvalid.into()));
        }
    }
    Ok(())
}

/// Writes all; where a channel has become another version, its messages are decided on again.
fn post(sql: &mut Sql, set: &mut [Entry<'_>]) -> Result<(), Failure> {
    let mut channels: HashMap<(ChannelId, i64), Moved> = HashMap::new();
    let mut messages = Vec::with_capacity(set.len());
    for entry in set.iter() {
        let (Some(at), Some(plain)) = (entry.channel_revision(), &entry.posting.plain) else {
            continue;
        };
        let moved = channels.entry(at).or_insert(moved_by(entry));
        add(moved, entry);
        messages.push((entry.placed, plain.revision, &plain.new));
    }
    let channels: Vec<Together> = channels
        .into_iter()
        .map(|((_, revision), moved)| Together { moved, revision })
        .collect();
    let posted = row::post_all(sql, &channels, &messages)?;
    let of_messages = set.iter_mut().filter(|entry| entry.posting.plain.is_some());
    for (entry, named) in of_messages.zip(posted.named) {
        entry.named = named;
    }
    for Together { moved, revision } in channels {
        let at = (moved.channel, revision);
        if posted.channels.contains(&at) {
            continue;
        }
        let entries = set.iter_mut();
        let of_it = entries.filter(|entry| entry.channel_revision() == Some(at));
        decide_again(sql, moved.channel, of_it)?;
    }
    Ok(())
}

/// Here, in the transaction, the channel stays as it is read; so once is enough.
fn decide_again<'e, 'p: 'e>(
    sql: &mut Sql,
    id: ChannelId,
    entries: impl Iterator<Item = &'e mut Entry<'p>>,
) -> Result<(), Failure> {
    let channel = Db { sql }.channel(id)?;
    let mut all: Option<Moved> = None;
    for entry in entries {
        let allowed = match (&channel, &entry.posting.plain) {
            (Some(_), Some(_)) if seeded(Seeded::OldAclTrusted) => Ok(()),
            (Some(channel), Some(plain)) => (plain.allow)(channel),
            (None, _) | (_, None) => Err(Refusal::ChannelNotFound.into()),
        };
        if let Err(refused) = allowed {
            entry.posting.outcome = Some(Err(refused.into()));
            continue;
        }
        if let (Some(channel), Some(plain)) = (&channel, &mut entry.posting.plain) {
            plain.channel = channel.brief();
            row::insert(sql, entry.placed, &plain.new)?;
        }
        add(all.get_or_insert(moved_by(entry)), entry);
    }
    match all {
        Some(moved) => moved.write(sql).map(|_| ()),
        None => Ok(()),
    }
}

fn moved_by(entry: &Entry<'_>) -> Moved {
    Moved {
        channel: entry.placed.channel,
        messages: 0,
        id: entry.placed.id,
        at: entry.placed.at,
    }
}

// Entries come in the order of their ids.
fn add(moved: &mut Moved, entry: &Entry<'_>) {
    moved.messages += 1;
    moved.id = entry.placed.id;
    moved.at = entry.placed.at;
}
