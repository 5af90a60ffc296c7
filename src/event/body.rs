//! The one enum of facts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    Channel, ChannelBrief, Message, ObjectType, Presence, Relation, Token, User, UserId,
};

/// A message with all that a socket shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The message after the fact.
    pub message: Message,
    /// Its author.
    pub author: Arc<User>,
    /// Where it stands.
    pub channel: ChannelBrief,
}

/// A channel with all that a socket shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelNews {
    /// The channel after the fact.
    pub channel: Arc<Channel>,
    /// Its owner, unless nobody owns it.
    pub owner: Option<Arc<User>>,
    /// Newest message that is not deleted, with its author (`include_recent_message`).
    pub recent: Option<(Message, Arc<User>)>,
    /// Newest message of all, if that one is deleted.
    pub recent_deleted: Option<(Message, Arc<User>)>,
}

/// What happened. Adding a variant makes the compiler list the places to visit: its owner, its
/// listening points, whom it must be kept from, its look on a socket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A message was written. `read_by_author`: the author's marker moved along.
    MessageCreated {
        /// The message.
        written: Box<Written>,
        /// With `update_marker=1`.
        read_by_author: bool,
    },
    /// A message was deleted.
    MessageDeleted {
        /// The message, marked as deleted.
        written: Box<Written>,
    },
    /// A channel was created.
    ChannelCreated {
        /// The channel.
        news: Box<ChannelNews>,
    },
    /// ACL, raw, owner or state of a channel changed.
    ChannelChanged {
        /// The channel after the change.
        news: Box<ChannelNews>,
    },
    /// A user subscribed to a channel.
    Subscribed {
        /// The channel.
        news: Box<ChannelNews>,
        /// Who.
        user: Arc<User>,
    },
    /// A user is no longer subscribed to a channel, for whatever reason.
    Unsubscribed {
        /// The channel.
        news: Box<ChannelNews>,
        /// Who.
        user: Arc<User>,
    },
    /// A user follows, mutes or blocks another, or stopped doing so.
    Related {
        /// What was decided.
        relation: Relation,
        /// Who decided.
        user: Arc<User>,
        /// About whom.
        other: Arc<User>,
        /// It was taken back.
        undone: bool,
    },
    /// A profile changed.
    UserChanged {
        /// The user after the change.
        user: Arc<User>,
    },
    /// A user (or the app itself) got a token.
    TokenGranted {
        /// The token.
        token: Token,
        /// For whom; nobody on an app token.
        user: Option<Arc<User>>,
    },
    /// A token is gone.
    TokenRevoked {
        /// The token that was.
        token: Token,
        /// For whom it was.
        user: Option<Arc<User>>,
        /// It was the user's last token of this app: the authorization is gone with it.
        was_last: bool,
    },
    /// A user's global presence was set. Ephemeral.
    UserPresence {
        /// Whose.
        user: Arc<User>,
        /// What.
        presence: Presence,
    },
    /// A user's presence in a channel was set. Ephemeral.
    ChannelPresence {
        /// Whose.
        user: Arc<User>,
        /// Where.
        channel: ChannelBrief,
        /// What.
        presence: Presence,
    },
}

impl Body {
    /// `meta.type`, and what an app stream lists to hear it.
    pub fn object_type(&self) -> ObjectType {
        match self {
            Self::MessageCreated { .. } | Self::MessageDeleted { .. } => ObjectType::Message,
            Self::ChannelCreated { .. } | Self::ChannelChanged { .. } => ObjectType::Channel,
            Self::Subscribed { .. } | Self::Unsubscribed { .. } => ObjectType::ChannelSubscription,
            Self::Related { relation, .. } => match relation {
                Relation::Follow => ObjectType::Follow,
                Relation::Mute => ObjectType::Mute,
                Relation::Block => ObjectType::Block,
            },
            Self::UserChanged { .. } => ObjectType::User,
            Self::TokenGranted { .. } | Self::TokenRevoked { .. } => ObjectType::Token,
            Self::UserPresence { .. } => ObjectType::UserPresence,
            Self::ChannelPresence { .. } => ObjectType::UserChannelPresence,
        }
    }

    /// The message, if it is about one.
    pub fn message(&self) -> Option<&Written> {
        match self {
            Self::MessageCreated { written, .. } | Self::MessageDeleted { written } => {
                Some(written)
            }
            Self::ChannelCreated { .. }
            | Self::ChannelChanged { .. }
            | Self::Subscribed { .. }
            | Self::Unsubscribed { .. }
            | Self::Related { .. }
            | Self::UserChanged { .. }
            | Self::TokenGranted { .. }
            | Self::TokenRevoked { .. }
            | Self::UserPresence { .. }
            | Self::ChannelPresence { .. } => None,
        }
    }

    /// `meta.is_deleted`
    pub fn is_deletion(&self) -> bool {
        match self {
            Self::MessageDeleted { .. } | Self::Unsubscribed { .. } => true,
            Self::Related { undone, .. } => *undone,
            // The authorization is what an app hears of; it is gone with the last token only.
            Self::TokenRevoked { was_last, .. } => *was_last,
            Self::MessageCreated { .. }
            | Self::ChannelCreated { .. }
            | Self::ChannelChanged { .. }
            | Self::Subscribed { .. }
            | Self::UserChanged { .. }
            | Self::TokenGranted { .. }
            | Self::UserPresence { .. }
            | Self::ChannelPresence { .. } => false,
        }
    }

    /// Who did it: viewers who muted this user, or stand in a block with them, do not hear of it.
    /// Nobody in particular did what happens to a channel or to a token.
    pub fn actor(&self) -> Option<UserId> {
        match self {
            Self::MessageCreated { written, .. } | Self::MessageDeleted { written } => {
                Some(written.message.user_id)
            }
            Self::Subscribed { user, .. }
            | Self::Unsubscribed { user, .. }
            | Self::Related { user, .. }
            | Self::UserPresence { user, .. }
            | Self::ChannelPresence { user, .. } => Some(user.id),
            Self::ChannelCreated { .. }
            | Self::ChannelChanged { .. }
            | Self::UserChanged { .. }
            | Self::TokenGranted { .. }
            | Self::TokenRevoked { .. } => None,
        }
    }
}
