//! Channels: the rows, and what they are put together from.

mod lists;
mod unread;
mod write;

pub use lists::InboxFilter;
pub(super) use unread::is_unread_for;
pub(super) use write::search_text;

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;

use super::among::among;
use super::db::from_json;
use super::schema::{channel_members, channels};
use super::statements::{self, ChannelRevision};
use super::{Db, Failure};
use crate::fault::{Seeded, seeded};
use crate::model::{Acl, Channel, ChannelId, MessageId, Raw, Refusal, Stamp, UserId};

/// A row, without the lists of its ACL.
#[derive(Queryable, Selectable)]
#[diesel(table_name = channels, check_for_backend(crate::store::connect::Backend))]
pub(super) struct Row {
    pub(super) id: i64,
    kind: String,
    owner_id: Option<i64>,
    created_at: i64,
    pub(super) activity: i64,
    messages: i64,
    subscribers: i64,
    sticky_messages: i64,
    recent_message_id: Option<i64>,
    recent_deleted_message_id: Option<i64>,
    is_active: bool,
    full_immutable: bool,
    write_any_user: bool,
    write_immutable: bool,
    read_any_user: bool,
    read_public: bool,
    read_immutable: bool,
    raw: String,
    revision: i64,
}

impl Row {
    /// For those who ask who may read the channel, and nothing of what it says.
    fn without_raw(self) -> Self {
        Self {
            raw: String::from("{}"),
            ..self
        }
    }

    fn into_model(self) -> Result<Channel, Failure> {
        let raw = if self.raw == "{}" {
            Raw::default()
        } else {
            from_json("raw of a channel", &self.raw)?
        };
        Ok(Channel {
            id: ChannelId(self.id),
            kind: self.kind,
            owner: self.owner_id.map(UserId),
            created_at: Stamp(self.created_at),
            acl: Acl {
                full: Vec::new(),
                full_immutable: self.full_immutable,
                write: Vec::new(),
                write_any_user: self.write_any_user,
                write_immutable: self.write_immutable,
                read: Vec::new(),
                read_any_user: self.read_any_user,
                read_public: self.read_public,
                read_immutable: self.read_immutable,
            },
            raw,
            is_active: self.is_active,
            messages: self.messages,
            subscribers: self.subscribers,
            sticky_messages: self.sticky_messages,
            recent_message_id: self.recent_message_id.map(MessageId),
            recent_deleted_message_id: self.recent_deleted_message_id.map(MessageId),
            activity: Stamp(self.activity),
            revision: self.revision,
        })
    }
}

/// The id of a channel, and the channel if it can be read.
type PutTogether = (i64, Result<Channel, Failure>);

const FULL: &str = "full";
const WRITE: &str = "write";
const READ: &str = "read";

impl Db<'_> {
    /// A channel.
    pub fn channel(&mut self, id: ChannelId) -> Result<Option<Channel>, Failure> {
        let row = channels::table
            .find(id.0)
            .select(Row::as_select())
            .get_result(self.sql)
            .optional()?;
        let Some(row) = row else {
            return Ok(None);
        };
        let mut channel = row.into_model()?;
        let members = channel_members::table
            .filter(channel_members::channel_id.eq(id.0))
            .order(channel_members::user_id.asc())
            .select((channel_members::user_id, channel_members::access))
            .load::<(i64, String)>(self.sql)?;
        for (user, access) in members {
            enlist(&mut channel.acl, UserId(user), &access)?;
        }
        Ok(Some(channel))
    }

    /// The channel as it is now: what is known of it, if that is still its version.
    pub fn current(&mut self, known: &Arc<Channel>) -> Result<Arc<Channel>, Failure> {
        let revision = statements::query::<ChannelRevision>(&[known.id.0.into()])
            .get_result::<i64>(self.sql)
            .optional()?;
        if revision == Some(known.revision) || seeded(Seeded::OldAclTrusted) {
            return Ok(known.clone());
        }
        let channel = self.channel(known.id)?.ok_or(Refusal::ChannelNotFound)?;
        Ok(Arc::new(channel))
    }

    /// Those of these channels that exist.
    pub fn channels(&mut self, ids: &[ChannelId]) -> Result<HashMap<ChannelId, Channel>, Failure> {
        let rows = channels::table
            .filter(among("channels.id", ids.iter().map(|id| id.0)))
            .select(Row::as_select())
            .load(self.sql)?;
        let channels = self.with_members(rows)?;
        Ok(channels
            .into_iter()
            .map(|channel| (channel.id, channel))
            .collect())
    }

    /// The same without those that cannot be read, for lists that one damaged row shall not end.
    pub(super) fn readable_channels(
        &mut self,
        ids: &[ChannelId],
    ) -> Result<HashMap<ChannelId, Channel>, Failure> {
        let rows = channels::table
            .filter(among("channels.id", ids.iter().map(|id| id.0)))
            .select(Row::as_select())
            .load(self.sql)?;
        let channels = self.readable_with_members(rows)?.into_iter();
        Ok(channels.map(|channel| (channel.id, channel)).collect())
    }

    /// The private message channel of exactly these users; rising ids, the caller included.
    pub fn existing_pm(&mut self, users: &[UserId]) -> Result<Option<ChannelId>, Failure> {
        let id = channels::table
            .filter(channels::pm_key.eq(pm_key(users)))
            .select(channels::id)
            .get_result::<i64>(self.sql)
            .optional()?;
        Ok(id.map(ChannelId))
    }

    /// Fills in the lists of the ACLs; keeps the order.
    pub(super) fn with_members(&mut self, rows: Vec<Row>) -> Result<Vec<Channel>, Failure> {
        let put_together = self.put_together(rows)?.into_iter();
        put_together.map(|(_, channel)| channel).collect()
    }

    /// The same without those that cannot be read.
    pub(super) fn readable_with_members(
        &mut self,
        rows: Vec<Row>,
    ) -> Result<Vec<Channel>, Failure> {
        let put_together = self.put_together(rows)?.into_iter();
        Ok(put_together
            .filter_map(|(id, channel)| match channel {
                Ok(channel) => Some(channel),
                Err(failure) => {
                    tracing::error!(%failure, channel = id, "a channel cannot be read, so no search finds it");
                    None
                }
            })
            .collect())
    }

    fn put_together(&mut self, rows: Vec<Row>) -> Result<Vec<PutTogether>, Failure> {
        let members = channel_members::table
            .filter(among(
                "channel_members.channel_id",
                rows.iter().map(|row| row.id),
            ))
            .order((
                channel_members::channel_id.asc(),
                channel_members::user_id.asc(),
            ))
            .select((
                channel_members::channel_id,
                channel_members::user_id,
                channel_members::access,
            ))
            .load::<(i64, i64, String)>(self.sql)?;
        let mut by_channel: HashMap<i64, Vec<(UserId, String)>> = HashMap::new();
        for (channel, user, access) in members {
            by_channel
                .entry(channel)
                .or_default()
                .push((UserId(user), access));
        }
        let put_together = rows.into_iter().map(|row| {
            let (id, members) = (row.id, by_channel.remove(&row.id).unwrap_or_default());
            (id, with_acl(row, members))
        });
        Ok(put_together.collect())
    }
}

fn with_acl(row: Row, members: Vec<(UserId, String)>) -> Result<Channel, Failure> {
    let mut channel = row.into_model()?;
    for (user, access) in members {
        enlist(&mut channel.acl, user, &access)?;
    }
    Ok(channel)
}

// Called with rising ids, which the lists of an ACL must have.
fn enlist(acl: &mut Acl, user: UserId, access: &str) -> Result<(), Failure> {
    match access {
        FULL => acl.full.push(user),
        WRITE => acl.write.push(user),
        READ => acl.read.push(user),
        other => {
            return Err(Failure::trouble(format!(
                "stored access `{other}` of a member is not known"
            )));
        }
    }
    Ok(())
}

/// What makes a private message channel unique.
fn pm_key(users: &[UserId]) -> String {
    let mut ids: Vec<i64> = users.iter().map(|user| user.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let texts: Vec<String> = ids.iter().map(i64::to_string).collect();
    texts.join(",")
}
