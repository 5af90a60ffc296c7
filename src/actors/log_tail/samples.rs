//! Looks up the samples that go with events about posts.

use std::collections::HashSet;
use std::sync::Arc;

use smallvec::SmallVec;

use super::acted_on::ActedOn;
use super::dispatch::Dispatcher;
use crate::actors::delivery::{Sampled, Samples};
use crate::actors::registry::RoutingKey;
use crate::event::{Event, Payload};
use crate::model::visibility::ListedFor;
use crate::model::{ClientId, Failure, PostId};
use crate::store::{PostSamples, Purpose};
use crate::telemetry::Counter;

impl Dispatcher {
    /// Reads the samples of all posts that some stream shows with them: once for all events, beside other questions, since
    /// every stream waits for it. `open`: apps with an open stream.
    pub(super) async fn read_samples(
        &self,
        events: &[Arc<Event>],
        open: &HashSet<ClientId>,
    ) -> ActedOn {
        let mut asking: SmallVec<[_; 8]> = SmallVec::new();
        let registry = &self.shared.registry;
        registry.collect(&RoutingKey::Samples, &mut asking);
        if asking.is_empty() {
            return ActedOn::default();
        }
        let goes_there = |payload: &Payload| {
            let mut shards = SmallVec::new();
            for key in payload.routing_keys() {
                registry.collect(&key, &mut shards);
            }
            for client in open {
                registry.collect(&RoutingKey::App(client.clone()), &mut shards);
            }
            shards.iter().any(|shard| asking.contains(shard))
        };
        let payloads = events.iter().map(|event| &event.payload);
        let shown = payloads.filter_map(|payload| Some((shown_post(payload)?, payload)));
        let posts: HashSet<PostId> = shown
            .filter(|(_, payload)| goes_there(payload))
            .map(|(post, _)| post)
            .collect();
        if posts.is_empty() {
            return ActedOn::default();
        }
        self.shared.metrics.add(Counter::SampleReads, 1);
        // They are an ornament: without an answer events go without them.
        let read = self.acted_on(posts.into_iter().collect()).await;
        read.unwrap_or_default()
    }

    async fn acted_on(&self, posts: Vec<PostId>) -> Result<ActedOn, Failure> {
        let store = &self.shared.store;
        let read = store.read_for(Purpose::Delivery, move |db| {
            db.post_samples(&posts, ListedFor::default(), PostSamples::USERS)
        });
        let samples = read.await?;
        let ids = samples
            .bookmarkers
            .values()
            .chain(samples.reposters.values());
        let users = store.users(ids.flatten().copied().collect()).await?;
        Ok(ActedOn { samples, users })
    }

    /// The samples of the post that an event shows. `None` while the process stops.
    pub(super) async fn samples(&mut self, event: &Event, acted: &ActedOn) -> Option<Samples> {
        let mut samples = Samples::default();
        let Some(post) = shown_post(&event.payload) else {
            return Some(samples);
        };
        for (ids, sample) in [
            (&acted.samples.bookmarkers, &mut samples.bookmarkers),
            (&acted.samples.reposters, &mut samples.reposters),
        ] {
            for id in ids.get(&post).into_iter().flatten() {
                let Some(user) = acted.users.get(id) else {
                    continue;
                };
                let hidden = self.hidden_from(Some(*id), event).await?;
                sample.push(Sampled {
                    user: user.clone(),
                    hidden,
                });
            }
        }
        Some(samples)
    }
}

/// What an event shows: of a repost the post that was reposted.
fn shown_post(payload: &Payload) -> Option<PostId> {
    let posted = match payload.posted() {
        Some(posted) => posted,
        None => payload.bookmarked()?,
    };
    let shown = posted.original.as_deref().unwrap_or(posted);
    Some(shown.post.id)
}
