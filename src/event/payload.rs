//! The one enum of events.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    Channel, ChannelBrief, ClientBrief, ClientId, File, Marker, MarkerName, Message, Poll, Post,
    Presence, Relation, StreamKey, Token, User, UserId,
};

/// A message with everything that a frame shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The message after the event.
    pub message: Message,
    /// Its author.
    pub author: Arc<User>,
    /// Its channel.
    pub channel: ChannelBrief,
}

/// A post with everything that a frame shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posted {
    /// The post, or repost, after the event.
    pub post: Post,
    /// Its author.
    pub author: Arc<User>,
    /// What a repost shows.
    pub original: Option<Box<Posted>>,
    /// The author of the post that it answers.
    pub answered: Option<UserId>,
    /// Of a repost: the users by whom the same post was on the streams of their followers already within a week before,
    /// as its author or by an earlier repost. Streams that had it from one of them leave the repost out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heard_from: Vec<UserId>,
}

/// A poll with everything that a frame shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Polled {
    /// The poll after the event.
    pub poll: Poll,
    /// Its creator.
    pub creator: Arc<User>,
}

/// A file with everything that a frame shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filed {
    /// The file after the event.
    pub file: File,
    /// Its owner.
    pub owner: Arc<User>,
}

/// A channel with everything that a frame shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelNews {
    /// The channel after the event.
    pub channel: Arc<Channel>,
    /// Its owner, if it has one.
    pub owner: Option<Arc<User>>,
    /// Newest message that is not deleted, with its author (`include_recent_message`).
    pub recent: Option<(Message, Arc<User>)>,
    /// Newest message of all, if that one is deleted.
    pub recent_deleted: Option<(Message, Arc<User>)>,
}

/// The reader of a marker, and the channel that it belongs to, if it is one of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The reader.
    pub reader: Arc<User>,
    /// The channel.
    pub channel: Option<ChannelBrief>,
}

/// What happened. A new variant needs a row in [`facts`](super::facts) and one in [`routing`](super::routing);
/// the compiler lists the other places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Payload {
    /// A message was written.
    MessageCreated {
        /// The message.
        written: Box<Written>,
        /// The write also moved the author's marker (`update_marker=1`).
        read_by_author: bool,
    },
    /// A message was deleted.
    MessageDeleted {
        /// The message, marked as deleted.
        written: Box<Written>,
    },
    /// A post was written, or reposted.
    PostCreated {
        /// The post, or the repost.
        posted: Box<Posted>,
    },
    /// A post has other words.
    PostRevised {
        /// The post after the revision.
        posted: Box<Posted>,
    },
    /// A post or a repost was deleted.
    PostDeleted {
        /// What is left of it.
        posted: Box<Posted>,
    },
    /// A user bookmarked a post, or removed the bookmark. Without the note, which is the user's own.
    Bookmarked {
        /// The user.
        user: Arc<User>,
        /// The post.
        posted: Box<Posted>,
        /// The bookmark was removed.
        undone: bool,
    },
    /// A poll was made.
    PollCreated {
        /// The poll.
        polled: Box<Polled>,
    },
    /// A user answered a poll for the first time.
    PollAnswered {
        /// The poll, without the answer.
        polled: Box<Polled>,
        /// The user; `None` if the poll is anonymous.
        user: Option<Arc<User>>,
    },
    /// A poll closed.
    PollClosed {
        /// The poll with its results.
        polled: Box<Polled>,
        /// Users to notify: the creator and, unless it is anonymous, those that answered.
        concerned: Vec<UserId>,
    },
    /// A poll was deleted.
    PollDeleted {
        /// What is left of it.
        polled: Box<Polled>,
        /// As of one that closed.
        concerned: Vec<UserId>,
    },
    /// A file was made, with or without its contents.
    FileCreated {
        /// The file.
        filed: Box<Filed>,
    },
    /// A file got its contents, or details of it changed.
    FileChanged {
        /// The file after the change.
        filed: Box<Filed>,
    },
    /// A file was deleted, or expired without contents.
    FileDeleted {
        /// The file as it was.
        filed: Box<Filed>,
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
        /// The channel. Users that are subscribed by one write share it.
        news: Arc<ChannelNews>,
        /// The user.
        user: Arc<User>,
    },
    /// A user is no longer subscribed to a channel, for any reason.
    Unsubscribed {
        /// The channel. Users that are unsubscribed by one write share it.
        news: Arc<ChannelNews>,
        /// The user.
        user: Arc<User>,
    },
    /// A user follows, mutes or blocks another, or stopped doing so.
    Related {
        /// The relation.
        relation: Relation,
        /// The acting user.
        user: Arc<User>,
        /// The other user.
        other: Arc<User>,
        /// The relation was undone.
        undone: bool,
    },
    /// A profile changed.
    UserChanged {
        /// The user after the change.
        user: Arc<User>,
    },
    /// A token was granted to a client, for a user or for the app itself.
    TokenGranted {
        /// The token.
        token: Token,
        /// The user; `None` on an app token.
        user: Option<Arc<User>>,
    },
    /// A token was revoked.
    TokenRevoked {
        /// The revoked token.
        token: Token,
        /// Its user; `None` on an app token.
        user: Option<Arc<User>>,
        /// It was the user's last token of this app, so the authorization ended.
        was_last: bool,
    },
    /// A user's global presence was set. Ephemeral.
    UserPresence {
        /// The user.
        user: Arc<User>,
        /// The new presence.
        presence: Presence,
    },
    /// A user's presence in a channel was set. Ephemeral.
    ChannelPresence {
        /// The user.
        user: Arc<User>,
        /// The channel.
        channel: ChannelBrief,
        /// The new presence.
        presence: Presence,
    },
    /// An app stream was deleted: its sockets are closed. Not shown on streams.
    AppStreamDeleted {
        /// The app.
        client: ClientId,
        /// The name of the stream.
        key: StreamKey,
    },
    /// The name, the URL or the registration of an app changed: its tokens are looked up again. Not shown on streams.
    ClientChanged {
        /// The app after the change.
        client: ClientBrief,
        /// The user that registered it, whose count of apps may have changed.
        #[serde(default)]
        owner: Option<UserId>,
    },
    /// A reader's marker moved.
    MarkerMoved {
        /// The reader.
        user: UserId,
        /// The stream that the marker belongs to.
        name: MarkerName,
        /// Its new position.
        marker: Marker,
        /// What a frame shows beside. `None` in the log of an older program: no stream shows such an event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved: Option<Box<Moved>>,
    },
    /// A user's password changed. Not shown on streams.
    PasswordChanged {
        /// The user.
        user: UserId,
    },
    /// An account was disabled or enabled: while it is disabled its tokens are refused and its streams are closed. Not
    /// shown on streams.
    UserDisabled {
        /// The user.
        user: UserId,
        /// The account is enabled again.
        undone: bool,
    },
}
