//! Users that just subscribed to a channel, and whose inboxes do not listen to it yet.
//!
//! A connection begins to listen to a channel of its user's inbox when the event of the channel subscription is fanned
//! out in its shard, and only then the registry knows where the next event of the channel goes. So an event for the
//! inboxes that hold a channel waits for the shards that were just told. Nothing else waits: not other channels, not
//! users without a stream, not subscribing and unsubscribing by turns.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::actors::registry::{RoutingKey, ShardId, ShardRegistry};
use crate::event::{Payload, Route};
use crate::model::ChannelId;

/// Channels remembered; with one more all shards concerned are waited for.
const MOST: usize = 1024;

/// Shards that were told of a channel subscription and may not have carried it out yet.
#[derive(Debug, Default)]
pub(super) struct Joining {
    by_channel: HashMap<ChannelId, SmallVec<[ShardId; 8]>>,
}

impl Joining {
    /// Notes an event before it is sent.
    pub(super) fn note(&mut self, payload: &Payload, registry: &ShardRegistry) {
        let Payload::Subscribed { news, user } = payload else {
            return;
        };
        let mut listening = SmallVec::new();
        registry.collect(&RoutingKey::User(user.id), &mut listening);
        if listening.is_empty() {
            return;
        }
        let known = self.by_channel.entry(news.channel.id).or_default();
        known.extend(listening);
        known.sort_unstable();
        known.dedup();
    }

    /// Whether shards have to be waited for before the event is sent.
    pub(super) fn holds_up(&self, payload: &Payload) -> bool {
        if self.by_channel.is_empty() {
            return false;
        }
        let holds_up = |route: &Route| match route {
            Route::InboxesHolding(channel) => self.by_channel.contains_key(channel),
            Route::To(_) => false,
        };
        self.by_channel.len() > MOST || payload.routing().heard_by.iter().any(holds_up)
    }

    /// The shards to wait for; afterwards nothing is joining.
    pub(super) fn take(&mut self) -> Vec<ShardId> {
        let mut shards: Vec<ShardId> = self.by_channel.drain().flat_map(|(_, of)| of).collect();
        shards.sort_unstable();
        shards.dedup();
        shards
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::one_of_each;

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
}
