//! Messages that are written, deleted, made sticky. Writing is the hot path: two statements and the log.

use diesel::prelude::*;

use super::super::connect::Prepared;
use super::super::db::to_json;
use super::super::schema::{channels, messages};
use super::super::search::Words;
use super::super::{Failure, Tx};
use crate::model::content::{Content, Entities};
use crate::model::marker::MarkerName;
use crate::model::message::NewMessage;
use crate::model::{ChannelId, Deletion, Message, MessageId, Raw, Refusal, UserId};
use crate::text;

/// The placeholder that `text` replaces.
const OBJECT_ID: &str = "{object_id}";

impl Tx<'_> {
    /// Writes a message: its row, its channel's recent message, count and activity; the reply count of what it
    /// answers; the author's marker if asked for.
    pub fn insert_message(
        &mut self,
        channel: ChannelId,
        new: NewMessage,
    ) -> Result<Message, Failure> {
        let now = self.now();
        let thread_id = match new.reply_to {
            Some(answered) => Some(self.thread_of(channel, answered)?),
            None => None,
        };
        let (mut content, mut raw) = (new.content, new.raw);
        // Known beforehand only where an address wants it: nobody else writes while this transaction lasts.
        let id = if wants_object_id(&content, &raw) {
            let id = self.next_message_id()?;
            text::with_object_id(&mut content, id);
            text::raw::with_object_id(&mut raw, id);
            Some(id)
        } else {
            None
        };
        let entities = (content.entities != Entities::default())
            .then(|| to_json(&content.entities))
            .transpose()?;
        let raw_text = (!raw.is_empty()).then(|| to_json(&raw)).transpose()?;
        let values = (
            messages::channel_id.eq(channel.0),
            messages::user_id.eq(new.user_id.0),
            messages::client_id.eq(new.client.id.as_str()),
            messages::thread_id.eq(thread_id.map(|thread| thread.0)),
            messages::reply_to.eq(new.reply_to.map(|reply_to| reply_to.0)),
            messages::created_at.eq(now.0),
            messages::is_nsfw.eq(new.is_nsfw),
            messages::text.eq(&content.text),
            messages::html.eq(&content.html),
            messages::entities.eq(entities),
            messages::raw.eq(raw_text),
        );
        let insert = diesel::insert_into(messages::table);
        let id = MessageId(match id {
            None => insert
                .values(values)
                .returning(messages::id)
                .get_result(self.sql)?,
            Some(id) => insert
                .values((messages::id.eq(id), values))
                .returning(messages::id)
                .get_result(self.sql)?,
        });
        let changed = Prepared(
            "UPDATE channels SET messages = messages + 1, recent_message_id = ?,
                 recent_deleted_message_id = NULL, activity = ?
             WHERE id = ?",
            &[id.0, now.0, channel.0],
        )
        .execute(self.sql)?;
        if changed == 0 {
            return Err(Refusal::ChannelNotFound.into());
        }
        self.index(Words::Added(id.0, content.text.clone()));
        if new.update_marker {
            self.set_marker(new.user_id, MarkerName::Channel(channel), id.0, 0, false)?;
        }
        Ok(Message {
            id,
            channel_id: channel,
            user_id: new.user_id,
            client: new.client,
            thread_id: thread_id.unwrap_or(id),
            reply_to: new.reply_to,
            created_at: now,
            content,
            raw,
            is_nsfw: new.is_nsfw,
            deletion: None,
            sticky: None,
            replies: 0,
        })
    }

    /// Marks a message as deleted. A second time nothing changes.
    pub fn delete_message(&mut self, id: MessageId, by: UserId) -> Result<Message, Failure> {
        let mut message = self.message(id)?.ok_or(Refusal::MessageNotFound)?;
        if message.deletion.is_some() {
            return Ok(message);
        }
        let now = self.now();
        diesel::update(messages::table.find(id.0))
            .set((
                messages::deleted_at.eq(now.0),
                messages::deleted_by.eq(by.0),
                messages::sticky_at.eq(None::<i64>),
            ))
            .execute(self.sql)?;
        self.index(Words::Gone(id.0, message.content.text.clone()));
        let was_sticky = message.sticky.take().is_some();
        message.deletion = Some(Deletion { at: now, by });

        let newest = self.newest(message.channel_id, true)?;
        let newest_live = self.newest(message.channel_id, false)?;
        diesel::update(channels::table.find(message.channel_id.0))
            .set((
                channels::messages.eq(channels::messages - 1),
                channels::sticky_messages.eq(channels::sticky_messages - i64::from(was_sticky)),
                channels::recent_message_id.eq(newest_live),
                channels::recent_deleted_message_id.eq(newest.filter(|_| newest != newest_live)),
            ))
            .execute(self.sql)?;
        Ok(message)
    }

    /// Makes a message sticky, or not. What is so already keeps its place.
    pub fn set_sticky(&mut self, id: MessageId, is_sticky: bool) -> Result<Message, Failure> {
        let mut message = self.message(id)?.ok_or(Refusal::MessageNotFound)?;
        if message.sticky.is_some() == is_sticky {
            return Ok(message);
        }
        if message.deletion.is_some() {
            return Err(Refusal::MessageDeleted.into());
        }
        message.sticky = is_sticky.then(|| self.now());
        diesel::update(messages::table.find(id.0))
            .set(messages::sticky_at.eq(message.sticky.map(|at| at.0)))
            .execute(self.sql)?;
        let by = if is_sticky { 1 } else { -1 };
        diesel::update(channels::table.find(message.channel_id.0))
            .set(channels::sticky_messages.eq(channels::sticky_messages + by))
            .execute(self.sql)?;
        Ok(message)
    }

    // Counts the reply and tells the thread. A deleted message may be answered: the thread goes on.
    fn thread_of(&mut self, channel: ChannelId, answered: MessageId) -> Result<MessageId, Failure> {
        let thread = diesel::update(
            messages::table
                .filter(messages::id.eq(answered.0))
                .filter(messages::channel_id.eq(channel.0)),
        )
        .set(messages::replies.eq(messages::replies + 1))
        .returning(messages::thread_id)
        .get_result::<Option<i64>>(self.sql)
        .optional()?
        .ok_or_else(|| Refusal::ReplyElsewhere.at("reply_to"))?;
        Ok(thread.map_or(answered, MessageId))
    }

    fn next_message_id(&mut self) -> Result<i64, Failure> {
        let last = messages::table
            .select(diesel::dsl::max(messages::id))
            .get_result::<Option<i64>>(self.sql)?;
        Ok(last.unwrap_or(0).saturating_add(1))
    }

    fn newest(&mut self, channel: ChannelId, deleted_too: bool) -> Result<Option<i64>, Failure> {
        let all = messages::table
            .filter(messages::channel_id.eq(channel.0))
            .order(messages::id.desc())
            .select(messages::id);
        let newest = if deleted_too {
            all.first::<i64>(self.sql)
        } else {
            all.filter(messages::deleted_at.is_null())
                .first::<i64>(self.sql)
        };
        Ok(newest.optional()?)
    }
}

// Rare, so a wrong yes (a text that only names it) costs one question more and no harm.
fn wants_object_id(content: &Content, raw: &Raw) -> bool {
    let in_links = content
        .entities
        .links
        .iter()
        .any(|link| link.url.contains(OBJECT_ID));
    in_links || (!raw.is_empty() && to_json(raw).is_ok_and(|text| text.contains(OBJECT_ID)))
}
