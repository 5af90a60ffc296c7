//! Users that just subscribed to a channel or follow another user, and whose streams do not listen to it yet.
//!
//! A connection begins to listen to a channel of its user's inbox when the event of the channel subscription is fanned
//! out in its shard, and only then the registry knows where the next event of the channel goes. So an event for the
//! inboxes that hold a channel waits for the shards that were just told, and a post for those that were told of a new
//! follower of its author. Nothing else waits: not other channels and authors, not users without a stream, not
//! subscribing and unsubscribing by turns.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::actors::registry::{RoutingKey, ShardId, ShardRegistry};
use crate::event::{Payload, Route};
use crate::fault::{Seeded, seeded};
use crate::model::{Relation, UserId};

/// Channels and authors remembered; with one more all shards concerned are waited for.
const MOST: usize = 1024;

/// Shards that were told of a channel subscription or a follow and may not have carried it out yet.
#[derive(Debug, Default)]
pub(super) struct Joining {
    /// By the key that listeners join.
    by_key: HashMap<RoutingKey, SmallVec<[ShardId; 8]>>,
}

impl Joining {
    /// Notes an event before it is sent.
    pub(super) fn note(&mut self, payload: &Payload, registry: &ShardRegistry) {
        let Some((user, key)) = joined(payload) else {
            return;
        };
        let mut listening = SmallVec::new();
        registry.collect(&RoutingKey::User(user), &mut listening);
        if listening.is_empty() {
            return;
        }
        let known = self.by_key.entry(key).or_default();
        known.extend(listening);
        known.sort_unstable();
        known.dedup();
    }

    /// Whether shards have to be waited for before the event is sent.
    pub(super) fn holds_up(&self, payload: &Payload) -> bool {
        if self.by_key.is_empty() || seeded(Seeded::JoiningNotAwaited) {
            return false;
        }
        let joins = |key| self.by_key.contains_key(&key);
        let holds_up = |route: &Route| match route {
            Route::InboxesHolding(_) | Route::HomesFollowing(_) => joins(route.key()),
            Route::To(_) => false,
        };
        // Which streams a repost is news to depends on the earlier authors, too.
        let heard_from = payload.posted().map(|posted| posted.heard_from.as_slice());
        let mut earlier = heard_from.unwrap_or_default().iter();
        self.by_key.len() > MOST
            || payload.routing().heard_by.iter().any(holds_up)
            || earlier.any(|user| joins(RoutingKey::PostsBy(*user)))
    }

    /// The shards to wait for; afterwards nothing is joining.
    pub(super) fn take(&mut self) -> Vec<ShardId> {
        let mut shards: Vec<ShardId> = self.by_key.drain().flat_map(|(_, of)| of).collect();
        shards.sort_unstable();
        shards.dedup();
        shards
    }
}

/// The user whose streams join, and the key.
fn joined(payload: &Payload) -> Option<(UserId, RoutingKey)> {
    if let Payload::Subscribed { news, user } = payload {
        return Some((user.id, RoutingKey::ChannelNews(news.channel.id)));
    }
    if let Payload::Related {
        relation: Relation::Follow,
        undone: false,
        user,
        other,
    } = payload
    {
        return Some((user.id, RoutingKey::PostsBy(other.id)));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::{ADA, BOB, one_of_each, posted, related};

    const SHARD: ShardId = ShardId(1);

    fn sample(is_it: impl Fn(&Payload) -> bool) -> Payload {
        one_of_each()
            .into_iter()
            .find(|event| is_it(event))
            .unwrap()
    }

    #[test]
    fn only_events_for_the_inboxes_of_the_channel_wait_for_a_listener_that_joins() {
        let joined = sample(|event| matches!(event, Payload::Subscribed { .. }));
        let left = sample(|event| matches!(event, Payload::Unsubscribed { .. }));
        let written = sample(|event| matches!(event, Payload::MessageCreated { .. }));
        let Payload::Subscribed { user, .. } = &joined else {
            panic!("a sample of another kind");
        };
        let registry = ShardRegistry::default();
        let mut joining = Joining::default();
        joining.note(&joined, &registry);
        assert!(!joining.holds_up(&written), "without a stream");
        registry.add(&RoutingKey::User(user.id), SHARD);
        joining.note(&joined, &registry);
        joining.note(&left, &registry);
        joining.note(&joined, &registry);
        assert!(!joining.holds_up(&joined) && !joining.holds_up(&left));
        assert!(joining.holds_up(&written));
        assert_eq!(joining.take(), [SHARD]);
        assert!(!joining.holds_up(&written));
    }

    #[test]
    fn only_posts_of_the_author_wait_for_a_new_follower_and_reposts_of_them() {
        let post = |author| Payload::PostCreated {
            posted: posted(author),
        };
        let mut reposted = posted(ADA);
        reposted.heard_from = vec![BOB];
        let reposted = Payload::PostCreated { posted: reposted };
        let registry = ShardRegistry::default();
        registry.add(&RoutingKey::User(ADA), SHARD);
        let mut joining = Joining::default();
        joining.note(&related(Relation::Follow, ADA, BOB, true), &registry);
        joining.note(&related(Relation::Mute, ADA, BOB, false), &registry);
        assert!(!joining.holds_up(&post(BOB)), "nobody new listens");
        joining.note(&related(Relation::Follow, ADA, BOB, false), &registry);
        assert!(joining.holds_up(&post(BOB)) && joining.holds_up(&reposted));
        assert!(!joining.holds_up(&post(ADA)));
        assert_eq!(joining.take(), [SHARD]);
        assert!(!joining.holds_up(&post(BOB)));
    }
}
