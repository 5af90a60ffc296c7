//! Each event belongs to one actor: the channel it happened in, the user who acted, or the app.

use crate::model::{ChannelId, ClientId, UserId};

/// The actor that an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The `ChannelActor` of this channel.
    Channel(ChannelId),
    /// The `UserActor` of this user.
    User(UserId),
    /// What belongs to an app itself: its streams, its name, a token without a user.
    App(ClientId),
}
