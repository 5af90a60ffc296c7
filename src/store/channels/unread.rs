//! Which channels are unread: the one condition, for lists, counts, searches and `has_unread`.
//!
//! A channel is unread while a message behind the reader's marker is shown to the reader. The position of the marker
//! counts, not the greatest one ever (reference 03 §9.4). What a list of messages leaves out (`model/visibility.rs`,
//! "words, in a list") keeps no light on.

use std::collections::HashMap;

use crate::store::connect::Backend;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::super::schema::{channel_markers, channel_subscriptions, channels};
use super::super::{Db, Failure};
use super::Row;
use crate::model::{Access, Channel, ChannelId, MessageId, UserId, UserPrincipal};

/// A condition on a channel.
pub(super) type Condition<'q> =
    Box<dyn BoxableExpression<channels::table, Backend, SqlType = Bool> + 'q>;

/// Whether a channel is unread for this user.
///
/// The first two conditions are cheap and end most questions. The third looks at the newest 500 messages behind the
/// marker: authors that the reader hides cannot make it scan a whole channel.
pub(in super::super) fn is_unread_for(user: UserId) -> Condition<'static> {
    let has_read_newest = channel_markers::table
        .filter(channel_markers::user_id.eq(user.0))
        .filter(channel_markers::channel_id.eq(channels::id))
        .filter(
            channel_markers::position
                .nullable()
                .ge(channels::recent_message_id),
        );
    let shows_one = sql::<Bool>(
        "EXISTS (SELECT 1 FROM (SELECT m.user_id, m.deleted_at FROM messages m \
         WHERE m.channel_id = channels.id AND m.id > COALESCE(\
         (SELECT position FROM channel_markers c WHERE c.channel_id = channels.id AND c.user_id = ",
    )
    .bind::<BigInt, _>(user.0)
    .sql(
        "), 0) ORDER BY m.id DESC LIMIT 500) AS newest WHERE newest.deleted_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM relations r \
         WHERE r.kind IN ('mute', 'block') AND r.other_id = newest.user_id AND r.user_id = ",
    )
    .bind::<BigInt, _>(user.0)
    .sql(
        ") AND NOT EXISTS (SELECT 1 FROM relations r \
         WHERE r.kind = 'block' AND r.user_id = newest.user_id AND r.other_id = ",
    )
    .bind::<BigInt, _>(user.0)
    .sql("))");
    Box::new(
        channels::recent_message_id
            .is_not_null()
            .and(diesel::dsl::not(diesel::dsl::exists(has_read_newest)))
            .and(shows_one),
    )
}

impl Db<'_> {
    /// Unread subscribed channels per type, including types without any. Only those that the principal may read.
    pub fn unread_counts(
        &mut self,
        principal: &UserPrincipal,
        kinds: &[String],
    ) -> Result<HashMap<String, i64>, Failure> {
        let mut counts: HashMap<String, i64> = kinds.iter().map(|kind| (kind.clone(), 0)).collect();
        for channel in self.unread(principal, kinds)? {
            *counts.entry(channel.kind).or_default() += 1;
        }
        Ok(counts)
    }

    /// Unread subscribed channels of these types that the principal may read, each with its newest message.
    pub fn unread_channels(
        &mut self,
        principal: &UserPrincipal,
        kinds: &[String],
    ) -> Result<Vec<(ChannelId, MessageId)>, Failure> {
        let unread = self.unread(principal, kinds)?.into_iter();
        Ok(unread
            .filter_map(|channel| Some((channel.id, channel.recent_message_id?)))
            .collect())
    }

    fn unread(
        &mut self,
        principal: &UserPrincipal,
        kinds: &[String],
    ) -> Result<Vec<Channel>, Failure> {
        let mine = channel_subscriptions::table
            .filter(channel_subscriptions::user_id.eq(principal.user.0))
            .select(channel_subscriptions::channel_id);
        let rows = channels::table
            .filter(channels::id.eq_any(mine))
            .filter(channels::kind.eq_any(kinds))
            .filter(channels::is_active.eq(true))
            .filter(is_unread_for(principal.user))
            .select(Row::as_select())
            .load(self.sql)?;
        let rows = rows.into_iter().map(Row::without_raw).collect();
        let mut channels = self.with_members(rows)?;
        channels.retain(|channel| principal.may(channel, Access::Read).is_granted());
        Ok(channels)
    }
}
