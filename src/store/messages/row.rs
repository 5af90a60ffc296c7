//! What is written of a message: its row, its channel's counters.

use super::super::Failure;
use super::super::connect::Sql;
use super::super::db::to_json;
use super::super::statements::{InsertMessage, MoveChannel, MoveChannelAt, execute};
use crate::model::content::Entities;
use crate::model::message::NewMessage;
use crate::model::{ChannelId, Content, Message, MessageId, Raw, Stamp};
use crate::text;

/// The placeholder that `text` replaces.
const OBJECT_ID: &str = "{object_id}";

/// What a message gets when it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) id: MessageId,
    pub(super) at: Stamp,
    pub(super) channel: ChannelId,
    /// `None` on a root.
    pub(super) thread: Option<MessageId>,
}

/// Content and raw that name the message's own id, where they differ from what was given.
type Named = Option<(Content, Raw)>;

/// Writes a row. What it returns goes into [`message`].
pub(super) fn insert(sql: &mut Sql, placed: Placed, new: &NewMessage) -> Result<Named, Failure> {
    let raw = raw_text(&new.raw)?;
    let named = wants_object_id(&new.content, raw.as_deref()).then(|| {
        let (mut content, mut raw) = (new.content.clone(), new.raw.clone());
        text::with_object_id(&mut content, placed.id.0);
        text::raw::with_object_id(&mut raw, placed.id.0);
        (content, raw)
    });
    let raw = match &named {
        Some((_, raw)) => raw_text(raw)?,
        None => raw,
    };
    let content = named.as_ref().map_or(&new.content, |(content, _)| content);
    let entities = (content.entities != Entities::default())
        .then(|| to_json(&content.entities))
        .transpose()?;
    let binds = [
        placed.id.0.into(),
        placed.channel.0.into(),
        new.user_id.0.into(),
        new.client.id.as_str().into(),
        placed.thread.map(|thread| thread.0).into(),
        new.reply_to.map(|reply_to| reply_to.0).into(),
        placed.at.0.into(),
        new.is_nsfw.into(),
        content.text.as_str().into(),
        content.html.as_str().into(),
        entities.as_deref().into(),
        raw.as_deref().into(),
    ];
    execute::<InsertMessage>(sql, &binds)?;
    Ok(named)
}

/// The message as it was written.
pub(super) fn message(placed: Placed, new: NewMessage, named: Named) -> Message {
    let (content, raw) = named.unwrap_or((new.content, new.raw));
    Message {
        id: placed.id,
        channel_id: placed.channel,
        user_id: new.user_id,
        client: new.client,
        thread_id: placed.thread.unwrap_or(placed.id),
        reply_to: new.reply_to,
        created_at: placed.at,
        content,
        raw,
        is_nsfw: new.is_nsfw,
        deletion: None,
        sticky: None,
        replies: 0,
    }
}

/// New messages of one channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    pub(super) channel: ChannelId,
    pub(super) messages: i64,
    /// The newest.
    pub(super) id: MessageId,
    pub(super) at: Stamp,
}

impl Moved {
    /// Moves counters and activity. False: there is no such channel.
    pub(super) fn write(&self, sql: &mut Sql) -> Result<bool, Failure> {
        let (messages, id, at) = (self.messages.into(), self.id.0.into(), self.at.0.into());
        let binds = [messages, id, at, self.channel.0.into()];
        Ok(execute::<MoveChannel>(sql, &binds)? > 0)
    }

    /// The same, unless the channel is another version now: then false.
    pub(super) fn write_at(&self, sql: &mut Sql, revision: i64) -> Result<bool, Failure> {
        let (messages, id, at) = (self.messages.into(), self.id.0.into(), self.at.0.into());
        let binds = [messages, id, at, self.channel.0.into(), revision.into()];
        Ok(execute::<MoveChannelAt>(sql, &binds)? > 0)
    }
}

fn raw_text(raw: &Raw) -> Result<Option<String>, Failure> {
    (!raw.is_empty()).then(|| to_json(raw)).transpose()
}

// Rare, so a wrong yes (a text that only names it) costs a copy and no harm.
fn wants_object_id(content: &Content, raw: Option<&str>) -> bool {
    let mut links = content.entities.links.iter();
    links.any(|link| link.url.contains(OBJECT_ID)) || raw.is_some_and(|raw| raw.contains(OBJECT_ID))
}
