//! Streams that show posts with samples of users (`include_bookmarked_by`, `include_reposted_by`): the samples of a post are
//! read while such a stream is where the post goes.

use super::{ConnectionHandle, ConnectionIndex, Identity, State};
use crate::actors::registry::RoutingKey;
use crate::model::ObjectType;
use crate::protocol::topic::Topic;

impl State {
    /// Notes whether a connection shows posts with samples.
    pub(super) fn place_for_samples(&mut self, index: ConnectionIndex) {
        let asking = self.connections.get(index);
        let Some(handle) = asking.filter(|handle| handle.render_class.has_samples()) else {
            return;
        };
        match hears_posts(handle) {
            true => self.listeners.add(index, &RoutingKey::Samples),
            false => self.listeners.remove(index, &RoutingKey::Samples),
        }
    }
}

fn hears_posts(handle: &ConnectionHandle) -> bool {
    if let Identity::App(stream, ..) = &handle.identity {
        let mut types = stream.object_types.iter();
        return types.any(|kind| matches!(kind, ObjectType::Post | ObjectType::Bookmark));
    }
    let mut topics = handle.subscriptions.iter().map(|known| known.topic);
    topics.any(shows_posts)
}

fn shows_posts(topic: Topic) -> bool {
    match topic {
        Topic::Home(_)
        | Topic::Unified(_)
        | Topic::OwnPosts(_)
        | Topic::Mentions(_)
        | Topic::Thread(_) => true,
        Topic::ChannelMessages(_)
        | Topic::ChannelSubscribers(_)
        | Topic::ChannelPresence(_)
        | Topic::Inbox(_)
        | Topic::Presence
        | Topic::Token(_)
        | Topic::Files(_)
        | Topic::Following(_)
        | Topic::Followers(_)
        | Topic::Markers(_) => false,
    }
}
