//! What an app stream leaves out, beyond what it does not list: the parameters of its address, and its stored filter.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use super::event_filter::CompiledFilter;
use super::filter::Filter;
use super::query::Query;
use crate::event::{Owner, Payload};
use crate::fault::{Seeded, seeded};
use crate::model::{ChannelId, FilterId, Refusal, Refused, UserId};

/// Most ids of one list in an address.
const IDS: usize = 200;

/// Most partitions of a stream.
const PARTITIONS: u16 = 64;

/// One of several parts of a stream: the events of some channels and users, always the same. Their order is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// From 0.
    pub index: u16,
    /// How many there are.
    pub count: u16,
}

impl Partition {
    /// Reads the parameters of an address.
    ///
    /// # Errors
    /// One without the other; numbers out of their range.
    pub fn from_query(query: &Query) -> Result<Option<Self>, Refused> {
        let (index, count) = (query.get("partition"), query.get("partitions"));
        if index.is_none() && count.is_none() {
            return Ok(None);
        }
        let number = |text: Option<&str>| text?.parse::<u16>().ok();
        match (number(index), number(count)) {
            (Some(index), Some(count)) if index < count && count <= PARTITIONS => {
                Ok(Some(Self { index, count }))
            }
            _ => Err(Refusal::PartitionInvalid.into()),
        }
    }

    /// Whether an event is in this part.
    pub fn holds(self, payload: &Payload) -> bool {
        Self::index_of(payload, self.count) == self.index
    }

    /// The part of so many that an event is in: by its channel, else by the user that it belongs to. An event of an app
    /// itself is in the first.
    pub fn index_of(payload: &Payload, count: u16) -> u16 {
        let facts = payload.facts();
        let of_author = facts.actor.filter(|_| seeded(Seeded::PartitionByAuthor));
        let channel = facts.channel.filter(|_| of_author.is_none());
        let id = match (channel, facts.owner) {
            (Some(channel), _) => channel.id.0,
            (None, Owner::Channel(channel)) => of_author.map_or(channel.0, |author| author.0),
            (None, Owner::User(user)) => user.0,
            (None, Owner::App(_)) => 0,
        };
        u16::try_from(id.rem_euclid(i64::from(count.max(1)))).unwrap_or(0)
    }
}

/// What a connection of an app stream leaves out.
#[derive(Debug, Default)]
pub struct AppFilter {
    /// What user streams take in a subscribing request.
    pub plain: Filter,
    /// Of channels: only these.
    channels: Option<Box<[ChannelId]>>,
    /// Of users: only these.
    users: Option<Box<[UserId]>>,
    /// The part of the stream that it receives.
    pub partition: Option<Partition>,
    /// The stored filter that the address names, in place of that of the stream.
    pub named: Option<FilterId>,
    /// The stored filter.
    pub stored: Option<Arc<CompiledFilter>>,
}

impl AppFilter {
    /// Reads the parameters of an address. The stored filter is to be added.
    ///
    /// # Errors
    /// A list with something that is no id, or with too many; no such partition; no id of a filter.
    pub fn from_query(query: &Query) -> Result<Self, Refused> {
        let named = query.get("filter_id").map(str::parse).transpose();
        Ok(Self {
            plain: Filter::from_query(query),
            channels: ids(query, "channel_ids")?,
            users: ids(query, "user_ids")?,
            partition: Partition::from_query(query)?,
            named: named.map_err(|_cause| Refusal::WrongType.at("filter_id"))?,
            stored: None,
        })
    }

    /// The parameters that differ from their default, as they are written in an address.
    pub fn parameters(&self) -> BTreeMap<&'static str, String> {
        let mut parameters = self.plain.parameters();
        let lists = [
            ("channel_ids", self.channels.as_deref().map(joined)),
            ("user_ids", self.users.as_deref().map(joined)),
        ];
        for (name, list) in lists {
            parameters.extend(list.map(|list| (name, list)));
        }
        if let Some(named) = self.named {
            parameters.insert("filter_id", named.to_string());
        }
        if let Some(Partition { index, count }) = self.partition {
            parameters.insert("partition", index.to_string());
            parameters.insert("partitions", count.to_string());
        }
        parameters
    }

    /// Whether an event is in the partition, and passes the lists of ids. These narrow the events that have a channel, and
    /// those that have an acting user; others pass.
    pub fn takes(&self, payload: &Payload) -> bool {
        if self.partition.is_some_and(|part| !part.holds(payload)) {
            return false;
        }
        if self.channels.is_none() && self.users.is_none() {
            return true;
        }
        let channel = payload.facts().channel.map(|channel| channel.id);
        among(self.channels.as_deref(), channel) && among(self.users.as_deref(), payload.about())
    }
}

fn joined<T: ToString>(ids: &[T]) -> String {
    ids.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

fn among<T: Ord>(listed: Option<&[T]>, found: Option<T>) -> bool {
    match (listed, found) {
        (Some(listed), Some(found)) => listed.binary_search(&found).is_ok(),
        (None, _) | (_, None) => true,
    }
}

/// Rising. An empty list is as good as none.
fn ids<T: FromStr + Ord>(query: &Query, name: &'static str) -> Result<Option<Box<[T]>>, Refused> {
    let given = query.pairs().filter(|(known, _)| *known == name);
    let mut ids = Vec::new();
    for item in given.flat_map(|(_, list)| list.split(',')) {
        let item = item.trim();
        if item.is_empty() {
            continue;
        }
        if ids.len() == IDS {
            return Err(Refusal::TooLong.at(name));
        }
        ids.push(
            item.parse()
                .map_err(|_unreadable| Refusal::Invalid.at(name))?,
        );
    }
    ids.sort_unstable();
    Ok((!ids.is_empty()).then(|| ids.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::{ADA, BOB, ROOM, message, one_of_each, polled, posted, token};

    fn lists(query: &str, payload: &Payload) -> bool {
        let filter = AppFilter::from_query(&Query::parse(query)).unwrap();
        filter.takes(payload)
    }

    #[test]
    fn lists_of_ids_narrow_what_has_a_channel_and_what_has_a_user() {
        let said = message(ROOM, ADA);
        let post = Payload::PostCreated {
            posted: posted(BOB),
        };
        for (query, of_message, of_post) in [
            ("", true, true),
            ("channel_ids=", true, true),
            ("channel_ids=41,42", true, true),
            ("channel_ids=41&channel_ids=43", false, true),
            ("user_ids=1", true, false),
            ("user_ids=2", false, true),
            ("user_ids=2&channel_ids=42", false, true),
        ] {
            assert_eq!(lists(query, &said), of_message, "{query}");
            assert_eq!(lists(query, &post), of_post, "{query}");
        }
    }

    #[test]
    fn a_profile_and_a_token_are_about_their_user_and_an_anonymous_answer_about_nobody() {
        for payload in one_of_each() {
            if let Payload::UserChanged { .. } | Payload::TokenGranted { .. } = &payload {
                assert!(lists("user_ids=1", &payload) && !lists("user_ids=2", &payload));
            }
        }
        let answered = Payload::PollAnswered {
            polled: polled(),
            user: None,
        };
        assert!(lists("user_ids=1", &answered) && lists("user_ids=2", &answered));
        let of_app = Payload::TokenGranted {
            token: token(1, None, ""),
            user: None,
        };
        assert!(lists("user_ids=2", &of_app));
    }

    #[test]
    fn each_event_is_in_one_partition_and_those_of_a_channel_or_a_poll_in_the_same() {
        let parts = |payload: &Payload| -> Vec<u16> {
            let parts = (0..5).map(|index| Partition { index, count: 5 });
            let holding = parts.filter(|part| part.holds(payload));
            holding.map(|part| part.index).collect()
        };
        for payload in one_of_each() {
            let facts = payload.facts();
            let expected = match (facts.channel, facts.owner) {
                // A marker belongs to its reader, and is of its channel.
                (Some(channel), _) => channel.id.0 % 5,
                (None, Owner::Channel(channel)) => channel.0 % 5,
                (None, Owner::User(user)) => user.0 % 5,
                (None, Owner::App(_)) => 0,
            };
            assert_eq!(
                parts(&payload)
                    .iter()
                    .map(|part| i64::from(*part))
                    .collect::<Vec<_>>(),
                [expected]
            );
        }
        let left = message(ChannelId(-3), ADA);
        assert_eq!(parts(&left), [2]);
    }

    #[test]
    fn a_partition_is_read_with_its_number_or_refused() {
        let read = |text: &str| Partition::from_query(&Query::parse(text));
        assert_eq!(read("key=x"), Ok(None));
        let last = Partition {
            index: 63,
            count: 64,
        };
        assert_eq!(read("partition=63&partitions=64"), Ok(Some(last)));
        for wrong in [
            "partition=0",
            "partitions=2",
            "partition=2&partitions=2",
            "partition=-1&partitions=2",
            "partition=0&partitions=0",
            "partition=0&partitions=65",
            "partition=x&partitions=2",
            "partition=0&partitions=99999999999",
        ] {
            assert_eq!(
                read(wrong),
                Err(Refusal::PartitionInvalid.into()),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_is_no_list_of_ids_is_refused_rather_than_ignored() {
        let many = vec!["7"; IDS + 1].join(",");
        for (query, refused) in [
            (
                "channel_ids=7,x".to_owned(),
                Refusal::Invalid.at("channel_ids"),
            ),
            ("user_ids=@ada".to_owned(), Refusal::Invalid.at("user_ids")),
            (format!("user_ids={many}"), Refusal::TooLong.at("user_ids")),
        ] {
            let read = AppFilter::from_query(&Query::parse(&query));
            assert_eq!(read.unwrap_err(), refused, "{query}");
        }
    }
}
