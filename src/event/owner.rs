//! Each event belongs to one actor: the channel it happened in, or the user who acted.

use super::Body;
use crate::model::{ChannelId, UserId};

/// Whose business an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The `ChannelActor` of this channel.
    Channel(ChannelId),
    /// The `UserActor` of this user.
    User(UserId),
    /// An app token belongs to no user.
    Nobody,
}

impl Body {
    /// Whose business it is.
    pub fn owner(&self) -> Owner {
        match self {
            Self::MessageCreated { written, .. } | Self::MessageDeleted { written } => {
                Owner::Channel(written.message.channel_id)
            }
            Self::ChannelCreated { news }
            | Self::ChannelChanged { news }
            | Self::Subscribed { news, .. }
            | Self::Unsubscribed { news, .. } => Owner::Channel(news.channel.id),
            Self::ChannelPresence { channel, .. } => Owner::Channel(channel.id),
            Self::Related { user, .. }
            | Self::UserChanged { user }
            | Self::UserPresence { user, .. } => Owner::User(user.id),
            Self::TokenGranted { user, .. } | Self::TokenRevoked { user, .. } => user
                .as_ref()
                .map_or(Owner::Nobody, |user| Owner::User(user.id)),
        }
    }
}
