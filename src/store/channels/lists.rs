//! Lists of channels: owned, inbox, muted.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::pages::gather;
use super::super::schema::{channel_mutes, channel_subscriptions, channels};
use super::super::{Db, Failure};
use super::Row;
use super::unread::{Condition, is_unread_for};
use crate::model::{Channel, Page, PageRequest, Principal, UserId};

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
            db.paginated(rows)
        };
        let listed = |channel: &Channel| {
            let is_wanted = if filter.kinds.is_empty() {
                !filter.exclude_kinds.contains(&channel.kind)
            } else {
                filter.kinds.contains(&channel.kind)
            };
            is_wanted
                && (filter.include_inactive || channel.is_active)
                && filter.is_readable(channel)
        };
        gather(
            request,
            |request| fetch(self, request),
            |channel| Ok(listed(channel)),
        )
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
