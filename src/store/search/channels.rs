//! Channels by words, type, owner, state; only those that the reader may read.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::Sqlite;

use super::super::channels::is_unread_for;
use super::super::pages::{Candidate, MOST, gather_found};
use super::super::schema::{channel_members, channel_subscriptions, channels};
use super::super::{Db, Failure};
use super::{ChannelOrder, ChannelSearch};
use crate::model::channel::CHAT_SETTINGS;
use crate::model::{Channel, ChannelId, Page, PageRequest, Principal, Raw, UserId};

/// Most search words; each is a condition, and SQLite limits their number.
const WORDS: usize = 32;

impl ChannelOrder {
    /// The pagination id as SQL. Popularity alone is not unique: the channel id breaks ties, in the low 32 bits.
    fn key(self) -> &'static str {
        match self {
            Self::Activity => "channels.activity",
            Self::Id => "channels.id",
            Self::Popularity => "(channels.messages * 4294967296 + channels.id)",
        }
    }
}

impl Db<'_> {
    /// Finds channels that the reader may read.
    pub fn search_channels(
        &mut self,
        search: &ChannelSearch,
        reader: &Principal,
        request: &PageRequest,
    ) -> Result<Page<Channel>, Failure> {
        let found = self.candidates(search, reader, request)?;
        gather_found(
            request,
            &found,
            |found| self.channels_in_order(found),
            |channel| Ok(reader.reads(channel).is_granted() && search.fits(channel)),
        )
    }

    fn channels_in_order(&mut self, found: &[Candidate]) -> Result<Vec<(i64, Channel)>, Failure> {
        let ids: Vec<ChannelId> = found.iter().map(|one| ChannelId(one.id)).collect();
        let mut channels = self.channels(&ids)?;
        Ok(found
            .iter()
            .filter_map(|one| Some((one.key, channels.remove(&ChannelId(one.id))?)))
            .collect())
    }

    /// One scan of all channels; no order of theirs has an index, since each message would pay for it.
    fn candidates(
        &mut self,
        search: &ChannelSearch,
        reader: &Principal,
        request: &PageRequest,
    ) -> Result<Vec<Candidate>, Failure> {
        let key = || sql::<BigInt>(search.order.key());
        let mut query = channels::table
            .filter(key().between(request.low(), request.high()))
            .limit(i64::try_from(MOST).unwrap_or(i64::MAX).saturating_add(1))
            .select((key(), channels::id))
            .into_boxed();
        query = match reader {
            Principal::Anonymous => query.filter(channels::read_public.eq(true)),
            Principal::User(user) => query.filter(may_be_read_by(user.user)),
            // What each of the app's users may read: decided on the way to the page.
            Principal::App(_) => query,
        };
        if !search.include_inactive {
            query = query.filter(channels::is_active.eq(true));
        }
        if !search.kinds.is_empty() {
            query = query.filter(channels::kind.eq_any(&search.kinds));
        } else if !search.exclude_kinds.is_empty() {
            query = query.filter(channels::kind.ne_all(&search.exclude_kinds));
        }
        if let Some(owner) = search.owner {
            query = query.filter(channels::owner_id.eq(owner.0));
        }
        if let Some(is_public) = search.is_public {
            query = query.filter(channels::read_public.eq(is_public));
        }
        // Microseconds since 1970: without a bound, all of time.
        let after = search.created_after.map_or(i64::MIN, |after| after.0);
        let before = search.created_before.map_or(i64::MAX, |before| before.0);
        query = query
            .filter(channels::created_at.gt(after))
            .filter(channels::created_at.lt(before));
        let words = search.q.iter().flat_map(|q| q.split_whitespace());
        for word in words.take(WORDS) {
            let pattern = format!("%{}%", escape(&word.to_lowercase()));
            query = query.filter(channels::search_text.like(pattern).escape('\\'));
        }
        if let Some(user) = search.unsubscribed_by {
            query = query.filter(is_not_subscribed_by(user));
        }
        if let Some(user) = search.unread_by {
            query = query.filter(is_unread_for(user));
        }
        query = if request.oldest {
            query.order(key().asc())
        } else {
            query.order(key().desc())
        };
        let rows = query.load::<(i64, i64)>(self.sql)?;
        Ok(rows
            .into_iter()
            .map(|(key, id)| Candidate { key, id })
            .collect())
    }
}

type Condition = Box<dyn BoxableExpression<channels::table, Sqlite, SqlType = Bool>>;

fn is_not_subscribed_by(user: UserId) -> Condition {
    let subscribed = channel_subscriptions::table
        .filter(channel_subscriptions::user_id.eq(user.0))
        .select(channel_subscriptions::channel_id);
    Box::new(channels::id.ne_all(subscribed))
}

/// Leaves out most of what the user may not read; [`Principal::reads`] decides.
fn may_be_read_by(user: UserId) -> Condition {
    let memberships = channel_members::table
        .filter(channel_members::user_id.eq(user.0))
        .select(channel_members::channel_id);
    Box::new(
        channels::read_public
            .or(channels::read_any_user)
            .or(channels::write_any_user)
            .or(channels::owner_id.assume_not_null().eq(user.0))
            .or(channels::id.eq_any(memberships)),
    )
}

impl ChannelSearch {
    fn fits(&self, channel: &Channel) -> bool {
        let has_category = || {
            channel
                .raw
                .first(CHAT_SETTINGS)
                .and_then(|settings| settings.get("categories")?.as_array())
                .is_some_and(|given| {
                    let mut texts = given.iter().filter_map(|category| category.as_str());
                    texts.any(|text| self.categories.iter().any(|wanted| wanted == text))
                })
        };
        (self.categories.is_empty() || has_category())
            && has_raw_type(&channel.raw, &self.raw_types)
            && self
                .file_id
                .as_ref()
                .is_none_or(|id| names_object(&channel.raw, "file_id", id))
    }
}

/// Whether there is an item of any of these types; no types: yes.
pub(in super::super) fn has_raw_type(raw: &Raw, wanted: &[String]) -> bool {
    wanted.is_empty() || wanted.iter().any(|kind| raw.0.contains_key(kind))
}

/// Whether any item names this file or poll, at whatever depth.
pub(in super::super) fn names_object(raw: &Raw, key: &str, id: &str) -> bool {
    fn within(value: &serde_json::Value, key: &str, id: &str) -> bool {
        match value {
            serde_json::Value::Object(map) => map.iter().any(|(name, inner)| {
                let is_it = name == key
                    && (inner.as_str() == Some(id)
                        || inner
                            .as_i64()
                            .is_some_and(|number| number.to_string() == id));
                is_it || within(inner, key, id)
            }),
            serde_json::Value::Array(list) => list.iter().any(|inner| within(inner, key, id)),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::String(_) => false,
        }
    }
    raw.0.values().any(|items| within(items, key, id))
}

/// `%` and `_` mean themselves.
fn escape(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
