//! What the writes of one commit share and leave behind.

use std::time::Instant;

use diesel::RunQueryDsl as _;

use super::Failure;
use super::connect::Sql;
use super::head::{Head, NewestMessage};
use super::live_tokens::LiveTokens;
use super::log::Written;
use super::moments::Ahead;
use super::statements::{self, LastMessageId};
use crate::clock::Clock;
use crate::event::{Event, Payload, Pos, Timestamps};
use crate::model::{MessageId, Stamp};

/// What the writes of one commit leave behind.
pub(super) struct Group {
    /// When its transaction began.
    pub(super) began: Instant,
    /// The last timestamp before it.
    pub(super) from: Stamp,
    /// The last event before it.
    pub(super) head: Pos,
    clock: Clock,
    /// The last issued timestamp.
    pub(super) stamp: Stamp,
    newest: i64,
    /// Messages written.
    pub(super) messages: usize,
    /// Posts written.
    pub(super) posts: usize,
    /// Channels made.
    pub(super) channels: usize,
    /// In the order of their announcement; numbered at the end.
    pub(super) events: Vec<Event>,
    /// Size of their rows.
    pub(super) log_bytes: usize,
    /// Their rows.
    pub(super) written: Vec<Written>,
    /// Something was deleted that shall not stay on the disk.
    pub(super) has_deleted: bool,
    /// Messages that the full-text index has to forget.
    pub(super) forgotten: Vec<IndexEntry>,
    /// What that of posts has to learn of those that it knows already.
    pub(super) post_changes: Vec<IndexChange>,
    /// The same for channels.
    pub(super) channel_changes: Vec<IndexChange>,
    /// Tokens of calls that were found live.
    pub(super) live: LiveTokens,
}

/// What a full-text index holds of an object: words, and other properties as words (`search/marks.rs`).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IndexEntry {
    pub(super) id: i64,
    pub(super) words: String,
    pub(super) marks: String,
}

/// What that index has to learn at the end of a group, in this order.
#[derive(Debug)]
pub(super) enum IndexChange {
    /// The object is not found by these any more.
    Forget(IndexEntry),
    /// It is found by these.
    Add(IndexEntry),
}

/// How much a group had left at some point, to go back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    messages: usize,
    posts: usize,
    channels: usize,
    events: usize,
    forgotten: usize,
    post_changes: usize,
    channel_changes: usize,
}

impl Group {
    /// Called first in a transaction: from here to its end no other process issues timestamps or ids.
    pub(super) fn begin(
        sql: &mut Sql,
        head: &Head,
        clock: Clock,
        known: Option<NewestMessage>,
    ) -> Result<Self, Failure> {
        let from = head.stamp;
        Ahead::of(from, clock.now()).allowed()?;
        let mut newest = [known, Some(head.newest)].into_iter().flatten();
        let newest = match newest.find(|newest| newest.as_of == from) {
            Some(newest) => newest.id,
            None => statements::query::<LastMessageId>(&[]).get_result(sql)?,
        };
        Ok(Self {
            began: Instant::now(),
            from,
            head: head.pos,
            clock,
            stamp: from,
            newest,
            messages: 0,
            posts: 0,
            channels: 0,
            events: Vec::new(),
            log_bytes: 0,
            written: Vec::new(),
            has_deleted: false,
            forgotten: Vec::new(),
            post_changes: Vec::new(),
            channel_changes: Vec::new(),
            live: LiveTokens::default(),
        })
    }

    /// A new timestamp, later than all issued ones, also over restarts.
    pub(super) fn now(&mut self) -> Stamp {
        let next = self.stamp.0.saturating_add(1);
        self.stamp = Stamp(self.clock.now().0.max(next));
        self.stamp
    }

    /// The last id that was given out for a message.
    pub(super) fn newest(&self) -> MessageId {
        MessageId(self.newest)
    }

    /// An id for a message. One that is not used leaves a hole.
    pub(super) fn next_message_id(&mut self) -> MessageId {
        self.newest = self.newest.saturating_add(1);
        MessageId(self.newest)
    }

    /// Appends an event to the log, if its write succeeds and the transaction commits.
    pub(super) fn announce(&mut self, accepted: Stamp, body: Payload) {
        let at = self.now();
        self.events.push(Event {
            pos: None,
            at,
            payload: body,
            timestamps: Timestamps {
                accepted: Some(accepted),
                committed: None,
            },
            row_bytes: 0,
        });
    }

    /// It is committed; what the next group may rely on.
    pub(super) fn committed(&mut self, at: Stamp) -> NewestMessage {
        for event in &mut self.events {
            event.timestamps.committed = Some(at);
        }
        NewestMessage {
            id: self.newest,
            as_of: self.stamp,
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            messages: self.messages,
            posts: self.posts,
            channels: self.channels,
            events: self.events.len(),
            forgotten: self.forgotten.len(),
            post_changes: self.post_changes.len(),
            channel_changes: self.channel_changes.len(),
        }
    }

    /// What was left since the mark was taken back.
    pub(super) fn back_to(&mut self, mark: Mark) {
        self.messages = mark.messages;
        self.posts = mark.posts;
        self.channels = mark.channels;
        self.events.truncate(mark.events);
        self.forgotten.truncate(mark.forgotten);
        self.post_changes.truncate(mark.post_changes);
        self.channel_changes.truncate(mark.channel_changes);
    }
}
