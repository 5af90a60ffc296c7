//! Messages that are written by jobs, deleted, made sticky. Plain ones go the faster way of `post.rs`.

use diesel::prelude::*;

use super::super::files::UsedBy;
use super::super::schema::{channels, messages};
use super::super::{Failure, Tx};
use super::row::{self, Moved, Placed};
use crate::model::marker::MarkerName;
use crate::model::message::NewMessage;
use crate::model::{ChannelId, Deletion, Message, MessageId, Raw, Refusal, UserId};
use crate::text::raw::files::attached;

impl Tx<'_> {
    /// Writes a message: its row, its channel's recent message, count and activity; the reply count of what it
    /// answers; the author's marker if asked for.
    pub fn insert_message(
        &mut self,
        channel: ChannelId,
        new: NewMessage,
    ) -> Result<Message, Failure> {
        let thread = match new.reply_to {
            Some(answered) => Some(self.thread_of(channel, answered)?),
            None => None,
        };
        let (sql, group) = self.parts();
        let placed = Placed {
            id: group.next_message_id(),
            at: group.now(),
            channel,
            thread,
        };
        let shown = attached(&new.raw);
        let named = row::insert(sql, placed, &new)?;
        let moved = Moved {
            channel,
            messages: 1,
            id: placed.id,
            at: placed.at,
        };
        if !moved.write(sql)? {
            return Err(Refusal::ChannelNotFound.into());
        }
        group.messages += 1;
        self.note_uses(&shown, UsedBy::Message, placed.id.0)?;
        if new.update_marker {
            let name = MarkerName::Channel(channel);
            self.set_marker(new.user_id, name, placed.id.0, 0, false)?;
        }
        Ok(row::message(placed, new, named))
    }

    /// Marks a message as deleted. A second time nothing changes.
    pub fn delete_message(&mut self, id: MessageId, by: UserId) -> Result<Message, Failure> {
        let mut message = self.message(id)?.ok_or(Refusal::MessageNotFound)?;
        if message.deletion.is_some() {
            return Ok(message);
        }
        let now = self.now();
        self.forget_uses(&attached(&message.raw), UsedBy::Message, id.0)?;
        diesel::update(messages::table.find(id.0))
            .set((
                messages::deleted_at.eq(now.0),
                messages::deleted_by.eq(by.0),
                messages::sticky_at.eq(None::<i64>),
                // What was deleted does not stay on the disk.
                messages::text.eq(""),
                messages::html.eq(""),
                messages::entities.eq(None::<String>),
                messages::raw.eq(None::<String>),
            ))
            .execute(self.sql)?;
        let content = std::mem::take(&mut message.content);
        message.raw = Raw::default();
        self.forget_message_words(&message, &content.text)?;
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
        self.rank_channel(message.channel_id)?;
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

    // Counts the reply and returns the thread. A deleted message may be answered: the thread continues.
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
