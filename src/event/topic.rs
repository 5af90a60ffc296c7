//! The endpoints that a user stream may subscribe to. A new one is a variant and a path here, and a row in
//! [`routing`](super::routing).

use crate::model::{ChannelId, UserId};

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
}

impl Topic {
    /// Paths that subscribe to each kind of topic, for the documents and for the test that calls them all.
    pub const PATHS: &'static [&'static str] = &[
        "/channels/{channel_id}/messages",
        "/channels/{channel_id}/subscribers",
        "/channels/{channel_id}/presence",
        "/channels",
        "/users/me/channels/subscribed",
        "/presence",
        "/token",
    ];

    /// The channel of the topic, if it has one.
    pub fn channel(self) -> Option<ChannelId> {
        match self {
            Self::ChannelMessages(id)
            | Self::ChannelSubscribers(id)
            | Self::ChannelPresence(id) => Some(id),
            Self::Inbox(_) | Self::Presence | Self::Token(_) => None,
        }
    }
}
