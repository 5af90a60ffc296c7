//! The one enum of facts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    Channel, ChannelBrief, ClientBrief, ClientId, Marker, MarkerName, Message, Presence, Relation,
    StreamKey, Token, User, UserId,
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

/// What happened. A new variant needs a row in [`facts`](super::facts) and one in [`routing`](super::routing);
/// the compiler lists the other places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Payload {
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
    /// An app stream was deleted: its sockets are closed. Not shown on streams.
    AppStreamDeleted {
        /// The app.
        client: ClientId,
        /// The name of the stream.
        key: StreamKey,
    },
    /// The name or the address of an app changed; both are part of its tokens. Not shown on streams.
    ClientChanged {
        /// The app after the change.
        client: ClientBrief,
    },
    /// A reader's marker moved. Not shown on streams yet.
    MarkerMoved {
        /// The reader.
        user: UserId,
        /// The stream that the marker belongs to.
        name: MarkerName,
        /// Its new position.
        marker: Marker,
    },
    /// A user's password changed. Not shown on streams.
    PasswordChanged {
        /// The user.
        user: UserId,
    },
}
