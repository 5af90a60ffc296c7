//! What is written of a message: its row, its channel's counters.

use std::borrow::Cow;
use std::collections::HashSet;

use diesel::RunQueryDsl as _;

use super::super::Failure;
use super::super::connect::Sql;
use super::super::db::to_json;
use super::super::statements::{
    InsertMessage, MoveChannel, MoveChannelAt, PostMessages, Values, execute, set,
};
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
pub(super) type Named = Option<(Content, Raw)>;

/// A row as it is written.
struct Row<'n> {
    id: i64,
    channel_id: i64,
    user_id: i64,
    client_id: &'n str,
    thread_id: Option<i64>,
    reply_to: Option<i64>,
    created_at: i64,
    is_nsfw: bool,
    text: Cow<'n, str>,
    html: Cow<'n, str>,
    entities: Option<String>,
    raw: Option<String>,
}

/// Messages for one version of a channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Together {
    pub(super) moved: Moved,
    /// The version that they were allowed on.
    pub(super) revision: i64,
}

/// A message, the version of its channel that it was allowed on, and what it is made of.
pub(super) type Allowed<'n> = (Placed, i64, &'n NewMessage);

/// What was done of a set.
pub(super) struct Posted {
    /// Channels that still were that version.
    pub(super) channels: HashSet<(ChannelId, i64)>,
    /// For each message what goes into [`message`].
    pub(super) named: Vec<Named>,
}

/// Writes messages and moves their channels, where a channel still is the version that they were allowed on. `channels` has
/// all that `messages` name.
pub(super) fn post_all(
    sql: &mut Sql,
    channels: &[Together],
    messages: &[Allowed<'_>],
) -> Result<Posted, Failure> {
    let mut posted = Posted {
        channels: HashSet::with_capacity(channels.len()),
        named: Vec::with_capacity(messages.len()),
    };
    let mut rows = Vec::with_capacity(messages.len());
    for (placed, revision, new) in messages {
        let (row, named) = prepare(*placed, new)?;
        rows.push((*revision, row));
        posted.named.push(named);
    }
    match sql {
        Sql::Sqlite(_) => {
            for Together { moved, revision } in channels {
                if moved.write_at(sql, *revision)? {
                    posted.channels.insert((moved.channel, *revision));
                }
            }
            for (revision, row) in &rows {
                let at = (ChannelId(row.channel_id), *revision);
                if posted.channels.contains(&at) {
                    write(sql, row)?;
                }
            }
        }
        Sql::Postgres(sql) => {
            let columns = columns(channels, &rows);
            let moved = set::<PostMessages>(&columns).load::<(i64, i64)>(sql)?;
            let moved = moved.into_iter();
            posted
                .channels
                .extend(moved.map(|(id, revision)| (ChannelId(id), revision)));
        }
    }
    Ok(posted)
}

/// A server gets them at once: the row of the log's head is held, and each statement is a way there and back.
fn columns<'r>(channels: &[Together], rows: &'r [(i64, Row<'_>)]) -> [Values<'r>; 18] {
    fn ints<T>(of: &[T], value: impl Fn(&T) -> i64) -> Values<'static> {
        Values::Ints(of.iter().map(value).collect())
    }
    fn texts<'r, T>(of: &'r [T], value: impl Fn(&'r T) -> &'r str) -> Values<'r> {
        Values::Texts(of.iter().map(value).collect())
    }
    fn maybe_texts<'r, T>(of: &'r [T], value: impl Fn(&'r T) -> Option<&'r str>) -> Values<'r> {
        Values::MaybeTexts(of.iter().map(value).collect())
    }
    fn maybe_ints<T>(of: &[T], value: impl Fn(&T) -> Option<i64>) -> Values<'static> {
        Values::MaybeInts(of.iter().map(value).collect())
    }
    [
        ints(channels, |each| each.moved.channel.0),
        ints(channels, |each| each.revision),
        ints(channels, |each| each.moved.messages),
        ints(channels, |each| each.moved.id.0),
        ints(channels, |each| each.moved.at.0),
        ints(rows, |(revision, _)| *revision),
        ints(rows, |(_, row)| row.id),
        ints(rows, |(_, row)| row.channel_id),
        ints(rows, |(_, row)| row.user_id),
        texts(rows, |(_, row)| row.client_id),
        maybe_ints(rows, |(_, row)| row.thread_id),
        maybe_ints(rows, |(_, row)| row.reply_to),
        ints(rows, |(_, row)| row.created_at),
        Values::Flags(rows.iter().map(|(_, row)| row.is_nsfw).collect()),
        texts(rows, |(_, row)| &row.text),
        texts(rows, |(_, row)| &row.html),
        maybe_texts(rows, |(_, row)| row.entities.as_deref()),
        maybe_texts(rows, |(_, row)| row.raw.as_deref()),
    ]
}

/// Writes a row. What it returns goes into [`message`].
pub(super) fn insert(sql: &mut Sql, placed: Placed, new: &NewMessage) -> Result<Named, Failure> {
    let (row, named) = prepare(placed, new)?;
    write(sql, &row)?;
    Ok(named)
}

fn prepare(placed: Placed, new: &NewMessage) -> Result<(Row<'_>, Named), Failure> {
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
    // Rarely another content than the given one.
    let (text, html) = match &named {
        Some((content, _)) => (content.text.clone().into(), content.html.clone().into()),
        None => (
            Cow::from(new.content.text.as_str()),
            Cow::from(new.content.html.as_str()),
        ),
    };
    let row = Row {
        id: placed.id.0,
        channel_id: placed.channel.0,
        user_id: new.user_id.0,
        client_id: new.client.id.as_str(),
        thread_id: placed.thread.map(|thread| thread.0),
        reply_to: new.reply_to.map(|reply_to| reply_to.0),
        created_at: placed.at.0,
        is_nsfw: new.is_nsfw,
        text,
        html,
        entities,
        raw,
    };
    Ok((row, named))
}

fn write(sql: &mut Sql, row: &Row<'_>) -> Result<(), Failure> {
    let binds = [
        row.id.into(),
        row.channel_id.into(),
        row.user_id.into(),
        row.client_id.into(),
        row.thread_id.into(),
        row.reply_to.into(),
        row.created_at.into(),
        row.is_nsfw.into(),
        (&*row.text).into(),
        (&*row.html).into(),
        row.entities.as_deref().into(),
        row.raw.as_deref().into(),
    ];
    execute::<InsertMessage>(sql, &binds)?;
    Ok(())
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
    fn write_at(&self, sql: &mut Sql, revision: i64) -> Result<bool, Failure> {
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
