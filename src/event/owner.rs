//! The owning actor of an event: the channel it happened in, the acting user, or the app.

use crate::model::{ChannelId, ClientId, UserId};

/// The owning actor of an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The `ChannelActor` of this channel.
    Channel(ChannelId),
    /// The `UserActor` of this user.
    User(UserId),
    /// What belongs to an app itself: its streams, its name, a token without a user.
    App(ClientId),
}
