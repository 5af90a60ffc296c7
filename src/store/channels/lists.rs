//! Lists of channels: owned, inbox, muted.

use std::collections::HashSet;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::among::among;
use super::super::pages::gather;
use super::super::schema::{channel_mutes, channel_subscriptions, channels};
use super::super::{Db, Failure};
use super::Row;
use super::unread::{Condition, is_unread_for};
use crate::model::{Channel, ChannelId, Page, PageRequest, Principal, UserId};

/// Filter of a list of channels.
#[derive(Clone, Debug, Default)]
pub struct InboxFilter {
    /// Only unread channels.
    pub only_unread: bool,
    /// Only these types; empty: all.
    pub kinds: Vec<String>,
    /// Not these types; ignored unless `kinds` is empty.
    pub exclude_kinds: Vec<String>,
    /// Deactivated channels too.
    pub include_inactive: bool,
    /// Only channels that this principal may read.
    pub reader: Option<Principal>,
}

impl InboxFilter {
    fn condition(&self) -> Condition<'_> {
        let kinds: Condition<'_> = if !self.kinds.is_empty() {
            Box::new(channels::kind.eq_any(&self.kinds))
        } else if !self.exclude_kinds.is_empty() {
            Box::new(channels::kind.ne_all(&self.exclude_kinds))
        } else {
            Box::new(sql::<Bool>("TRUE"))
        };
        if self.include_inactive {
            kinds
        } else {
            Box::new(channels::is_active.eq(true).and(kinds))
        }
    }

    fn lists(&self, channel: &Channel) -> bool {
        let is_wanted = match self.kinds.is_empty() {
            true => !self.exclude_kinds.contains(&channel.kind),
            false => self.kinds.contains(&channel.kind),
        };
        is_wanted && (self.include_inactive || channel.is_active) && self.is_readable(channel)
    }

    // Type, openness and ACL decide together, which is simpler here than in SQL.
    fn is_readable(&self, channel: &Channel) -> bool {
        self.reader
            .as_ref()
            .is_none_or(|reader| reader.reads(channel).is_granted())
    }
}

impl Db<'_> {
    /// Channels that the user created, newest first.
    pub fn owned_page(
        &mut self,
        user: UserId,
        filter: &InboxFilter,
        request: &PageRequest,
    ) -> Result<Page<Channel>, Failure> {
        self.channel_page(filter, request, |request| {
            let mut query = channels::table
                .filter(channels::owner_id.eq(user.0))
                .filter(channels::id.between(request.low(), request.high()))
                .filter(filter.condition())
                .limit(i64::from(request.count))
                .select((channels::id, Row::as_select()))
                .into_boxed();
            if filter.only_unread {
                query = query.filter(is_unread_for(user));
            }
            if request.oldest {
                query.order(channels::id.asc())
            } else {
                query.order(channels::id.desc())
            }
        })
    }

    /// Channels that the user is subscribed to, newest activity first; paginated by activity.
    pub fn inbox_page(
        &mut self,
        user: UserId,
        filter: &InboxFilter,
        request: &PageRequest,
    ) -> Result<Page<Channel>, Failure> {
        self.channel_page(filter, request, |request| {
            let mine = channel_subscriptions::table
                .filter(channel_subscriptions::user_id.eq(user.0))
                .select(channel_subscriptions::channel_id);
            let mut query = channels::table
                .filter(channels::id.eq_any(mine))
                .filter(channels::activity.between(request.low(), request.high()))
                .filter(filter.condition())
                .limit(i64::from(request.count))
                .select((channels::activity, Row::as_select()))
                .into_boxed();
            if filter.only_unread {
                query = query.filter(is_unread_for(user));
            }
            if request.oldest {
                query.order(channels::activity.asc())
            } else {
                query.order(channels::activity.desc())
            }
        })
    }

    /// Channels that the user muted, newest mute first; paginated by the time of the mute.
    pub fn muted_page(
        &mut self,
        user: UserId,
        filter: &InboxFilter,
        request: &PageRequest,
    ) -> Result<Page<Channel>, Failure> {
        let fetch = |db: &mut Self, request: &PageRequest| {
            let mut query = channel_mutes::table
                .inner_join(channels::table.on(channels::id.eq(channel_mutes::channel_id)))
                .filter(channel_mutes::user_id.eq(user.0))
                .filter(channel_mutes::since.between(request.low(), request.high()))
                .limit(i64::from(request.count))
                .select((channel_mutes::since, Row::as_select()))
                .into_boxed();
            query = if request.oldest {
                query.order(channel_mutes::since.asc())
            } else {
                query.order(channel_mutes::since.desc())
            };
            let rows = query.load::<(i64, Row)>(db.sql)?;
            let found = db.paginated(rows)?;
            let unread = match filter.only_unread {
                true => db.unread_among(user, found.iter().map(|(_, channel)| channel.id))?,
                false => HashSet::new(),
            };
            let listed = found.into_iter().map(|(key, channel)| {
                let is_wanted = !filter.only_unread || unread.contains(&channel.id);
                let is_listed = is_wanted && filter.lists(&channel);
                (key, (channel, is_listed))
            });
            Ok(listed.collect())
        };
        let page = gather(
            request,
            |request| fetch(self, request),
            |(_, is_listed)| Ok(*is_listed),
        )?;
        Ok(page.map(|(channel, _)| channel))
    }

    /// Those of these channels that the filter lists, in their order; unread ones as the user sees them.
    pub fn listed_channels(
        &mut self,
        user: Option<UserId>,
        filter: &InboxFilter,
        ids: &[ChannelId],
    ) -> Result<Vec<Channel>, Failure> {
        let mut found = self.channels(ids)?;
        found.retain(|_, channel| filter.lists(channel));
        if let Some(user) = user.filter(|_| filter.only_unread) {
            let unread = self.unread_among(user, found.keys().copied())?;
            found.retain(|id, _| unread.contains(id));
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    fn unread_among(
        &mut self,
        user: UserId,
        ids: impl Iterator<Item = ChannelId>,
    ) -> Result<HashSet<ChannelId>, Failure> {
        let unread = channels::table
            .filter(among("channels.id", ids.map(|id| id.0)))
            .filter(is_unread_for(user))
            .select(channels::id)
            .load::<i64>(self.sql)?;
        Ok(unread.into_iter().map(ChannelId).collect())
    }

    fn channel_page<'q, Q>(
        &mut self,
        filter: &InboxFilter,
        request: &PageRequest,
        query: impl Fn(&PageRequest) -> Q,
    ) -> Result<Page<Channel>, Failure>
    where
        Q: diesel::query_dsl::methods::LoadQuery<'q, super::super::connect::Sql, (i64, Row)>,
    {
        gather(
            request,
            |request| {
                let rows = query(request).load::<(i64, Row)>(self.sql)?;
                self.paginated(rows)
            },
            |channel| Ok(filter.is_readable(channel)),
        )
    }

    /// Channels with their pagination ids, in the order of the rows.
    pub(in super::super) fn paginated(
        &mut self,
        rows: Vec<(i64, Row)>,
    ) -> Result<Vec<(i64, Channel)>, Failure> {
        let (ids, rows): (Vec<i64>, Vec<Row>) = rows.into_iter().unzip();
        Ok(ids.into_iter().zip(self.with_members(rows)?).collect())
    }
}
