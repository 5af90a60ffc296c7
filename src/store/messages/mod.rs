//! Messages: the rows, and single ones by id.

mod lists;
mod post;
mod row;
mod write;

pub use lists::MessageFilter;
pub use post::{PlainMessage, Rule};
pub(super) use post::{Posting, write_postings};

use std::collections::HashMap;

use diesel::dsl::InnerJoinQuerySource;
use diesel::prelude::*;

use super::among::among;
use super::db::from_json;
use super::schema::{clients, messages};
use super::{Db, Failure};
use crate::model::{
    ChannelId, ClientBrief, Content, Deletion, Entities, Message, MessageId, Raw, Stamp, UserId,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages, check_for_backend(crate::store::connect::Backend))]
pub(super) struct Row {
    pub(super) id: i64,
    channel_id: i64,
    user_id: i64,
    client_id: String,
    thread_id: Option<i64>,
    reply_to: Option<i64>,
    created_at: i64,
    deleted_at: Option<i64>,
    deleted_by: Option<i64>,
    pub(super) sticky_at: Option<i64>,
    replies: i64,
    is_nsfw: bool,
    text: String,
    html: String,
    entities: Option<String>,
    raw: Option<String>,
}

/// A message and its app's name and address.
pub(super) type Found = (Row, String, String);

/// Where it is found.
pub(super) type WithClient = InnerJoinQuerySource<messages::table, clients::table>;

/// What every list of messages selects, from `messages` joined with `clients`.
#[rustfmt::skip] // It would move the body further right each time.
macro_rules! found {
    () => {(
        <$crate::store::messages::Row as diesel::SelectableHelper<crate::store::connect::Backend>>::as_select(),
        $crate::store::schema::clients::name,
        $crate::store::schema::clients::url,
    )};
}
pub(super) use found;

pub(super) fn into_model((row, client_name, client_url): Found) -> Result<Message, Failure> {
    let entities = match &row.entities {
        Some(text) => from_json("entities of a message", text)?,
        None => Entities::default(),
    };
    let raw = match &row.raw {
        Some(text) => from_json("raw of a message", text)?,
        None => Raw::default(),
    };
    Ok(Message {
        id: MessageId(row.id),
        channel_id: ChannelId(row.channel_id),
        user_id: UserId(row.user_id),
        client: ClientBrief {
            id: row.client_id.into(),
            name: client_name,
            url: client_url,
        },
        thread_id: MessageId(row.thread_id.unwrap_or(row.id)),
        reply_to: row.reply_to.map(MessageId),
        created_at: Stamp(row.created_at),
        content: Content {
            text: row.text,
            html: row.html,
            entities,
        },
        raw,
        is_nsfw: row.is_nsfw,
        deletion: row.deleted_at.map(|at| Deletion {
            at: Stamp(at),
            by: UserId(row.deleted_by.unwrap_or(row.user_id)),
        }),
        sticky: row.sticky_at.map(Stamp),
        replies: row.replies,
    })
}

impl Db<'_> {
    /// A message, deleted ones too.
    pub fn message(&mut self, id: MessageId) -> Result<Option<Message>, Failure> {
        messages::table
            .inner_join(clients::table)
            .filter(messages::id.eq(id.0))
            .select(found!())
            .get_result::<Found>(self.sql)
            .optional()?
            .map(into_model)
            .transpose()
    }

    /// Those of these messages that exist, deleted ones too.
    pub fn messages(&mut self, ids: &[MessageId]) -> Result<HashMap<MessageId, Message>, Failure> {
        messages::table
            .inner_join(clients::table)
            .filter(among("messages.id", ids.iter().map(|id| id.0)))
            .select(found!())
            .load::<Found>(self.sql)?
            .into_iter()
            .map(|row| into_model(row).map(|message| (message.id, message)))
            .collect()
    }
}
