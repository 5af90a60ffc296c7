//! The endpoints that a user stream may subscribe to. A new one is a variant and a path here, and a row in
//! [`routing`](super::routing).

use crate::model::{ChannelId, PostId, UserId};

/// A kind of topic, without what it is about. The paths that subscribe to it are in the table of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TopicKind {
    /// Messages of a channel.
    ChannelMessages,
    /// Channel subscriptions made and ended.
    ChannelSubscribers,
    /// Presence in a channel.
    ChannelPresence,
    /// Channels that the user subscribes to.
    Inbox,
    /// Global presence.
    Presence,
    /// The user's tokens and profile.
    Token,
    /// The user's files.
    Files,
    /// Follows that the user makes and ends.
    Following,
    /// Follows of the user that others make and end.
    Followers,
    /// Posts of the user and of the users that the user follows.
    Home,
    /// The same, and posts that mention the user.
    Unified,
    /// The user's own posts.
    OwnPosts,
    /// Posts that mention the user.
    Mentions,
    /// Posts of a thread.
    Thread,
    /// The user's markers.
    Markers,
}

/// A subscribable endpoint, keyed by its channel or user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `/channels/{id}/messages`
    ChannelMessages(ChannelId),
    /// `/channels/{id}/subscribers`
    ChannelSubscribers(ChannelId),
    /// `/channels/{id}/presence`
    ChannelPresence(ChannelId),
    /// `/channels` and `/users/me/channels/subscribed`
    Inbox(UserId),
    /// `/presence`
    Presence,
    /// `/token`
    Token(UserId),
    /// `/users/me/files`
    Files(UserId),
    /// `/users/me/following`
    Following(UserId),
    /// `/users/me/followers`
    Followers(UserId),
    /// `/posts/streams/me`
    Home(UserId),
    /// `/posts/streams/unified`
    Unified(UserId),
    /// `/users/me/posts`
    OwnPosts(UserId),
    /// `/users/me/mentions`
    Mentions(UserId),
    /// `/posts/{id}/thread`, by the root of the thread
    Thread(PostId),
    /// `/markers`
    Markers(UserId),
}

impl Topic {
    /// Whether posts of followed users lead to it.
    pub fn is_home(self) -> bool {
        matches!(self, Self::Home(_) | Self::Unified(_))
    }

    /// Its row in the table of kinds.
    pub fn kind(self) -> TopicKind {
        match self {
            Self::ChannelMessages(_) => TopicKind::ChannelMessages,
            Self::ChannelSubscribers(_) => TopicKind::ChannelSubscribers,
            Self::ChannelPresence(_) => TopicKind::ChannelPresence,
            Self::Inbox(_) => TopicKind::Inbox,
            Self::Presence => TopicKind::Presence,
            Self::Token(_) => TopicKind::Token,
            Self::Files(_) => TopicKind::Files,
            Self::Following(_) => TopicKind::Following,
            Self::Followers(_) => TopicKind::Followers,
            Self::Home(_) => TopicKind::Home,
            Self::Unified(_) => TopicKind::Unified,
            Self::OwnPosts(_) => TopicKind::OwnPosts,
            Self::Mentions(_) => TopicKind::Mentions,
            Self::Thread(_) => TopicKind::Thread,
            Self::Markers(_) => TopicKind::Markers,
        }
    }

    /// The channel of the topic, if it has one.
    pub fn channel(self) -> Option<ChannelId> {
        match self {
            Self::ChannelMessages(id)
            | Self::ChannelSubscribers(id)
            | Self::ChannelPresence(id) => Some(id),
            Self::Inbox(_)
            | Self::Presence
            | Self::Token(_)
            | Self::Files(_)
            | Self::Following(_)
            | Self::Followers(_)
            | Self::Home(_)
            | Self::Unified(_)
            | Self::OwnPosts(_)
            | Self::Mentions(_)
            | Self::Thread(_)
            | Self::Markers(_) => None,
        }
    }
}
