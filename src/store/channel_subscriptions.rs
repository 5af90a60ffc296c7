//! Channel subscriptions and mutes of users.
//!
//! Each function changes one fact and returns whether it changed. The caller applies the consequences (a mute ends the
//! subscription, a subscription ends the mute), since each ended subscription is an event.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::among::among;
use super::channels::is_unread_for;
use super::db::to_json;
use super::schema::{channel_markers, channel_mutes, channel_subscriptions, channels};
use super::statements::{
    EndChannelMarkers, EndSubscriptions, InsertChannelMute, InsertSubscription,
    InsertSubscriptions, execute,
};
use super::{Db, Failure, Tx};
use crate::model::{ChannelId, Marker, Page, PageRequest, Refusal, Stamp, UserId};

/// A user's subscription, mute and marker of a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelSubscription {
    /// It is in the inbox.
    pub subscribed: bool,
    /// Other users cannot subscribe the user to it.
    pub muted: bool,
    /// The user's marker, if it was ever set.
    pub marker: Option<Marker>,
    /// A message behind the marker is shown to the user.
    pub unread: bool,
}

impl Db<'_> {
    /// The subscribed users, rising ids.
    pub fn subscribers(&mut self, channel: ChannelId) -> Result<Vec<UserId>, Failure> {
        let ids = channel_subscriptions::table
            .filter(channel_subscriptions::channel_id.eq(channel.0))
            .order(channel_subscriptions::user_id.asc())
            .select(channel_subscriptions::user_id)
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(UserId).collect())
    }

    /// The subscribed users, latest first; paginated by the time of the subscription.
    pub fn subscriber_page(
        &mut self,
        channel: ChannelId,
        request: &PageRequest,
    ) -> Result<Page<UserId>, Failure> {
        let mut query = channel_subscriptions::table
            .filter(channel_subscriptions::channel_id.eq(channel.0))
            .filter(channel_subscriptions::since.between(request.low(), request.high()))
            .limit(request.limit())
            .select((channel_subscriptions::since, channel_subscriptions::user_id))
            .into_boxed();
        query = if request.oldest {
            query.order(channel_subscriptions::since.asc())
        } else {
            query.order(channel_subscriptions::since.desc())
        };
        let rows = query.load::<(i64, i64)>(self.sql)?;
        Ok(Page::of(request, rows).map(UserId))
    }

    /// The channels that the user is subscribed to, rising ids.
    pub fn subscribed_channels(&mut self, user: UserId) -> Result<Vec<ChannelId>, Failure> {
        let ids = channel_subscriptions::table
            .filter(channel_subscriptions::user_id.eq(user.0))
            .order(channel_subscriptions::channel_id.asc())
            .select(channel_subscriptions::channel_id)
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(ChannelId).collect())
    }

    /// The user's subscription, mute and marker of each of these channels.
    pub fn channel_subscriptions_of(
        &mut self,
        user: UserId,
        of: &[ChannelId],
    ) -> Result<HashMap<ChannelId, ChannelSubscription>, Failure> {
        let ids = || of.iter().map(|id| id.0);
        let mut all: HashMap<ChannelId, ChannelSubscription> = of
            .iter()
            .map(|id| (*id, ChannelSubscription::default()))
            .collect();
        let subscribed = channel_subscriptions::table
            .filter(channel_subscriptions::user_id.eq(user.0))
            .filter(among("channel_subscriptions.channel_id", ids()))
            .select(channel_subscriptions::channel_id)
            .load::<i64>(self.sql)?;
        for id in subscribed {
            all.entry(ChannelId(id)).or_default().subscribed = true;
        }
        let muted = channel_mutes::table
            .filter(channel_mutes::user_id.eq(user.0))
            .filter(among("channel_mutes.channel_id", ids()))
            .select(channel_mutes::channel_id)
            .load::<i64>(self.sql)?;
        for id in muted {
            all.entry(ChannelId(id)).or_default().muted = true;
        }
        let markers = channel_markers::table
            .filter(channel_markers::user_id.eq(user.0))
            .filter(among("channel_markers.channel_id", ids()))
            .select((
                channel_markers::channel_id,
                channel_markers::position,
                channel_markers::last_read_id,
                channel_markers::percentage,
                channel_markers::updated_at,
            ))
            .load::<(i64, i64, i64, i32, i64)>(self.sql)?;
        for (id, position, last_read_id, percentage, updated_at) in markers {
            all.entry(ChannelId(id)).or_default().marker = Some(Marker {
                id: position,
                last_read_id,
                percentage,
                updated_at: Stamp(updated_at),
            });
        }
        let unread = channels::table
            .filter(among("channels.id", ids()))
            .filter(is_unread_for(user))
            .select(channels::id)
            .load::<i64>(self.sql)?;
        for id in unread {
            all.entry(ChannelId(id)).or_default().unread = true;
        }
        Ok(all)
    }

    /// Those of these users that muted the channel, rising ids.
    pub fn muted_by(
        &mut self,
        channel: ChannelId,
        users: &[UserId],
    ) -> Result<Vec<UserId>, Failure> {
        let ids = channel_mutes::table
            .filter(channel_mutes::channel_id.eq(channel.0))
            .filter(among(
                "channel_mutes.user_id",
                users.iter().map(|user| user.0),
            ))
            .order(channel_mutes::user_id.asc())
            .select(channel_mutes::user_id)
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(UserId).collect())
    }
}

impl Tx<'_> {
    /// Adds the channel to the user's inbox. False: it was there already.
    pub fn subscribe(&mut self, channel: ChannelId, user: UserId) -> Result<bool, Failure> {
        let now = self.now();
        let row = [channel.0.into(), user.0.into(), now.0.into()];
        let changed = execute::<InsertSubscription>(self.sql, &row)?;
        if changed > 0 {
            self.count_subscriber(channel, 1)?;
        }
        Ok(changed > 0)
    }

    /// The same for many users, each once: those that it was not there for. All writers wait meanwhile, so the statements
    /// are as few for many as for one.
    pub fn subscribe_all(
        &mut self,
        channel: ChannelId,
        users: &[UserId],
    ) -> Result<Vec<UserId>, Failure> {
        let known = channel_subscriptions::table
            .filter(channel_subscriptions::channel_id.eq(channel.0))
            .filter(among(
                "channel_subscriptions.user_id",
                users.iter().map(|user| user.0),
            ))
            .select(channel_subscriptions::user_id)
            .load::<i64>(self.sql)?;
        let known: HashSet<i64> = known.into_iter().collect();
        let new = users.iter().filter(|user| !known.contains(&user.0));
        let new: Vec<UserId> = new.copied().collect();
        if new.is_empty() {
            return Ok(new);
        }
        let since = self.now();
        // One for each: pages go by them.
        for _ in &new {
            self.now();
        }
        let ids: Vec<i64> = new.iter().map(|user| user.0).collect();
        let ids = to_json(&ids)?;
        let rows = [channel.0.into(), since.0.into(), (&*ids).into()];
        let changed = execute::<InsertSubscriptions>(self.sql, &rows)?;
        self.count_subscriber(channel, i64::try_from(changed).unwrap_or(i64::MAX))?;
        Ok(new)
    }

    /// Removes the channel from the user's inbox, and the marker with it. False: it was not there (and a marker
    /// set without a subscription stays).
    pub fn unsubscribe(&mut self, channel: ChannelId, user: UserId) -> Result<bool, Failure> {
        let row = channel_subscriptions::table.find((channel.0, user.0));
        let changed = diesel::delete(row).execute(self.sql)?;
        if changed > 0 {
            diesel::delete(channel_markers::table.find((user.0, channel.0))).execute(self.sql)?;
            self.count_subscriber(channel, -1)?;
        }
        Ok(changed > 0)
    }

    /// The same for users that are all subscribed. All writers wait meanwhile, so the statements are as few for many as for
    /// one.
    pub fn unsubscribe_all(&mut self, channel: ChannelId, users: &[UserId]) -> Result<(), Failure> {
        if users.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = users.iter().map(|user| user.0).collect();
        let ids = to_json(&ids)?;
        let gone = [channel.0.into(), (&*ids).into()];
        let changed = execute::<EndSubscriptions>(self.sql, &gone)?;
        execute::<EndChannelMarkers>(self.sql, &gone)?;
        let changed = i64::try_from(changed).unwrap_or(i64::MAX);
        self.count_subscriber(channel, -changed)
    }

    /// From now on other users cannot subscribe the user to the channel. False: muted already. Does not end a subscription.
    pub fn mute_channel(&mut self, channel: ChannelId, user: UserId) -> Result<bool, Failure> {
        let now = self.now();
        let row = [channel.0.into(), user.0.into(), now.0.into()];
        let changed = execute::<InsertChannelMute>(self.sql, &row)?;
        Ok(changed > 0)
    }

    /// Removes the mute. False: there was none.
    pub fn unmute_channel(&mut self, channel: ChannelId, user: UserId) -> Result<bool, Failure> {
        let row = channel_mutes::table.find((user.0, channel.0));
        Ok(diesel::delete(row).execute(self.sql)? > 0)
    }

    fn count_subscriber(&mut self, channel: ChannelId, by: i64) -> Result<(), Failure> {
        let changed = diesel::update(channels::table.find(channel.0))
            .set(channels::subscribers.eq(channels::subscribers + by))
            .execute(self.sql)?;
        if changed == 0 {
            return Err(Refusal::ChannelNotFound.into());
        }
        Ok(())
    }
}
