//! Looks up the samples that go with an event about a post.

use std::collections::HashMap;
use std::sync::Arc;

use super::dispatch::Dispatcher;
use crate::actors::delivery::{Sampled, Samples};
use crate::event::{Event, Payload};
use crate::model::visibility::ListedFor;
use crate::model::{Failure, PostId, User, UserId};
use crate::store::{PostSamples, Purpose};

/// What was read: the ids in their order, and the users.
type Read = (PostSamples, HashMap<UserId, Arc<User>>);

impl Dispatcher {
    /// The samples of the post that an event shows; no event has any while no stream asks. `None` while the process stops.
    pub(super) async fn samples(&mut self, event: &Event) -> Option<Samples> {
        let mut samples = Samples::default();
        let shown = shown_post(&event.payload).filter(|_| self.shared.sampling.is_asked());
        let Some(post) = shown else {
            return Some(samples);
        };
        let (read, users) = match self.read_samples(post).await {
            Ok(read) => read,
            Err(Failure::Stopping) => return None,
            // They are an ornament: all streams would wait for them.
            Err(_) => return Some(samples),
        };
        for (ids, sample) in [
            (&read.bookmarkers, &mut samples.bookmarkers),
            (&read.reposters, &mut samples.reposters),
        ] {
            for id in ids.get(&post).into_iter().flatten() {
                let Some(user) = users.get(id) else { continue };
                let hidden = self.hidden_from(Some(*id), event).await?;
                sample.push(Sampled {
                    user: user.clone(),
                    hidden,
                });
            }
        }
        Some(samples)
    }

    async fn read_samples(&self, post: PostId) -> Result<Read, Failure> {
        let store = &self.shared.store;
        let read = store.read_for(Purpose::Delivery, move |db| {
            db.post_samples(&[post], ListedFor::default(), PostSamples::USERS)
        });
        let read = read.await?;
        let samples = read.bookmarkers.values().chain(read.reposters.values());
        let users = store.users(samples.flatten().copied().collect()).await?;
        Ok((read, users))
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
