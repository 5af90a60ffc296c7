//! Channels by words, type, owner, state; only those that the reader may read.
//!
//! The full-text index finds by everything but what moves with the reader. It is in the order of the ids; of the two orders
//! that move with the messages (`channel_ranks`) a search looks at the first few channels, which is enough for what many
//! channels have, and else asks the index for all that are found, which are few then.

use std::collections::HashSet;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::super::among::among;
use super::super::channels::is_unread_for;
use super::super::pages::{Candidate, MOST, gather, gather_found, gather_within};
use super::super::schema::{channel_ranks, channel_subscriptions, channels};
use super::super::statements;
use super::super::{Db, Failure};
use super::channel_index::{NewestChannels, OldestChannels};
use super::judge::Judge;
use super::period::Period;
use super::wanted::Wanted;
use super::{ChannelOrder, ChannelSearch};
use crate::model::{Channel, ChannelId, Page, PageRequest, Principal, Stamp};

/// Channels that are looked at in their order before the index is asked.
const FIRST: usize = 250;
/// Most channels that the index finds to be brought in another order; of more the order is walked along.
const MOST_FOUND: u16 = 10_000;

/// A pagination id, and the channel if it is found.
type Judged = (i64, Option<Channel>);

impl Db<'_> {
    /// Finds channels that the reader may read.
    pub fn search_channels(
        &mut self,
        search: &ChannelSearch,
        reader: &Principal,
        request: &PageRequest,
    ) -> Result<Page<Channel>, Failure> {
        // Without the index everything is found by walking along the order, as far as the bound.
        let is_indexed = self.has_channel_index()?;
        let Some(judge) = Judge::of(search, reader, is_indexed) else {
            return Ok(Page::of(request, Vec::new()));
        };
        let (after, before) = (search.created_after, search.created_before);
        let created = Period::between(after, before, |at| self.first_channel_since(at))?;
        let page = match rank_of(search.order) {
            None => self.by_id(&judge, created, request)?,
            Some(rank) => self.by_rank(&judge, rank, created, request)?,
        };
        let found = page.items.into_iter();
        Ok(Page {
            items: found
                .filter_map(|(key, channel)| Some((key, channel?)))
                .collect(),
            more: page.more,
            edge: page.edge,
        })
    }

    fn by_id(
        &mut self,
        judge: &Judge<'_>,
        created: Period,
        request: &PageRequest,
    ) -> Result<Page<Option<Channel>>, Failure> {
        let wanted = judge.wanted();
        let fetch = |step: &PageRequest| {
            let ids = self.found_channels(wanted.as_ref(), step)?;
            let found = ids.into_iter().map(|id| Candidate { key: id, id });
            self.judge_channels(judge, &Vec::from_iter(found))
        };
        gather(&created.narrowed(request), fetch, |found| {
            Ok(found.is_some())
        })
    }

    fn by_rank(
        &mut self,
        judge: &Judge<'_>,
        rank: &'static str,
        created: Period,
        request: &PageRequest,
    ) -> Result<Page<Option<Channel>>, Failure> {
        let walk = |db: &mut Self, most: usize| {
            let fetch = |step: &PageRequest| {
                let found = db.ranked_channels(rank, step)?;
                db.judge_channels(judge, &found)
            };
            gather_within(most, request, fetch, |found| Ok(found.is_some()))
        };
        let (page, is_whole) = walk(self, FIRST)?;
        if is_whole {
            return Ok(page);
        }
        if let Some(wanted) = judge.wanted() {
            let all = created.narrowed(&PageRequest {
                count: MOST_FOUND,
                ..PageRequest::default()
            });
            let ids = self.found_channels(Some(&wanted), &all)?;
            if ids.len() < usize::from(MOST_FOUND) {
                let found = self.places_of(ids, rank, request)?;
                let load = |step: &[Candidate]| self.judge_channels(judge, step);
                return gather_found(request, &found, load, |found| Ok(found.is_some()));
            }
        }
        Ok(walk(self, MOST)?.0)
    }

    /// Ids of channels that the index finds, or of all, in the order of the request.
    fn found_channels(
        &mut self,
        wanted: Option<&Wanted>,
        step: &PageRequest,
    ) -> Result<Vec<i64>, Failure> {
        let Some(wanted) = wanted else {
            let query = channels::table
                .filter(channels::id.between(step.low(), step.high()))
                .limit(i64::from(step.count))
                .select(channels::id)
                .into_boxed();
            let query = match step.oldest {
                true => query.order(channels::id.asc()),
                false => query.order(channels::id.desc()),
            };
            return Ok(query.load(self.sql)?);
        };
        let wanted = wanted.text(self.sql);
        let binds = [
            (&*wanted).into(),
            step.low().into(),
            step.high().into(),
            i64::from(step.count).into(),
        ];
        Ok(match step.oldest {
            true => statements::query::<OldestChannels>(&binds).load(self.sql)?,
            false => statements::query::<NewestChannels>(&binds).load(self.sql)?,
        })
    }

    /// A step in one of the orders that move with the messages.
    fn ranked_channels(
        &mut self,
        rank: &'static str,
        step: &PageRequest,
    ) -> Result<Vec<Candidate>, Failure> {
        let key = || sql::<BigInt>(rank);
        let query = channel_ranks::table
            .filter(key().between(step.low(), step.high()))
            .limit(i64::from(step.count))
            .select((key(), channel_ranks::id))
            .into_boxed();
        let query = match step.oldest {
            true => query.order(key().asc()),
            false => query.order(key().desc()),
        };
        let rows = query.load::<(i64, i64)>(self.sql)?;
        Ok(rows
            .into_iter()
            .map(|(key, id)| Candidate { key, id })
            .collect())
    }

    /// The same of these channels, those in the range of the request, in its direction.
    fn places_of(
        &mut self,
        ids: Vec<i64>,
        rank: &'static str,
        request: &PageRequest,
    ) -> Result<Vec<Candidate>, Failure> {
        let rows = channel_ranks::table
            .filter(among("channel_ranks.id", ids))
            .select((sql::<BigInt>(rank), channel_ranks::id))
            .load::<(i64, i64)>(self.sql)?;
        let mut found: Vec<Candidate> = rows
            .into_iter()
            .map(|(key, id)| Candidate { key, id })
            .filter(|one| (request.low()..=request.high()).contains(&one.key))
            .collect();
        found.sort_unstable_by_key(|one| if request.oldest { one.key } else { -one.key });
        Ok(found)
    }

    /// Loads channels, in this order, and decides about each.
    fn judge_channels(
        &mut self,
        judge: &Judge<'_>,
        found: &[Candidate],
    ) -> Result<Vec<Judged>, Failure> {
        let ids: Vec<ChannelId> = found.iter().map(|one| ChannelId(one.id)).collect();
        let mut loaded = self.readable_channels(&ids)?;
        let mut fitting: HashSet<i64> = HashSet::new();
        fitting.extend(
            loaded
                .values()
                .filter(|one| judge.fits(one))
                .map(|one| one.id.0),
        );
        self.leave_out(judge.search, &mut fitting)?;
        // One for each candidate: fewer would be taken for the end of the list.
        Ok(found
            .iter()
            .map(|one| {
                let channel = loaded.remove(&ChannelId(one.id));
                (one.key, channel.filter(|_| fitting.contains(&one.id)))
            })
            .collect())
    }

    /// What moves with a user is asked about the channels of a step.
    fn leave_out(
        &mut self,
        search: &ChannelSearch,
        fitting: &mut HashSet<i64>,
    ) -> Result<(), Failure> {
        if let Some(user) = search.unsubscribed_by.filter(|_| !fitting.is_empty()) {
            let subscribed = channel_subscriptions::table
                .filter(among(
                    "channel_subscriptions.channel_id",
                    fitting.iter().copied(),
                ))
                .filter(channel_subscriptions::user_id.eq(user.0))
                .select(channel_subscriptions::channel_id)
                .load::<i64>(self.sql)?;
            for channel in subscribed {
                fitting.remove(&channel);
            }
        }
        if let Some(user) = search.unread_by.filter(|_| !fitting.is_empty()) {
            let unread = channels::table
                .filter(among("channels.id", fitting.iter().copied()))
                .filter(is_unread_for(user))
                .select(channels::id)
                .load::<i64>(self.sql)?;
            *fitting = unread.into_iter().collect();
        }
        Ok(())
    }

    fn first_channel_since(&mut self, at: Stamp) -> Result<i64, Failure> {
        let first = channels::table
            .filter(channels::created_at.ge(at.0))
            .order(channels::created_at.asc())
            .select(channels::id)
            .first(self.sql)
            .optional()?;
        Ok(first.unwrap_or(i64::MAX))
    }
}

/// Where the pagination id is; `None`: it is the id.
fn rank_of(order: ChannelOrder) -> Option<&'static str> {
    match order {
        ChannelOrder::Activity => Some("channel_ranks.activity"),
        ChannelOrder::Popularity => Some("channel_ranks.popularity"),
        ChannelOrder::Id => None,
    }
}
