//! The subscriptions that receive an event, and the keys they are registered under: one row per event, one per topic.
//!
//! A row lists the subscriptions that an event *concerns*. Further conditions (filters, scopes, followed users, read
//! messages) are evaluated per receiver, in `actors/shard/hearing/mod.rs`.

use smallvec::SmallVec;

use super::{Payload, Posted, Topic};
use crate::model::{ChannelId, ClientId, PostId, Relation, Token, UserId};

/// The key under which connections are registered, and to which events are published.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RoutingKey {
    /// Messages of a channel: subscriptions to them, and inboxes that hold the channel.
    Messages(ChannelId),
    /// Changes of a channel: inboxes that hold it.
    ChannelNews(ChannelId),
    /// Subscribing to a channel and leaving it.
    Subscribers(ChannelId),
    /// Presence in a channel.
    ChannelPresence(ChannelId),
    /// Global presence.
    Presence,
    /// Events about one user: every claimed connection of that user.
    User(UserId),
    /// App streams of one client.
    App(ClientId),
    /// Posts of a user: streams of users that follow the user.
    PostsBy(UserId),
    /// Posts of a thread, by its root.
    Thread(PostId),
    /// No event's: streams that are shown posts with samples of users. While none is, no samples are read.
    Samples,
}

/// Subscriptions that an event concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Those to this topic.
    To(Topic),
    /// Inboxes that hold this channel.
    InboxesHolding(ChannelId),
    /// [`Topic::Home`] and [`Topic::Unified`] of the users that follow this one.
    HomesFollowing(UserId),
}

/// A row of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routing {
    /// User streams that receive the event. App streams are chosen by object type and by the app's visibility.
    pub heard_by: SmallVec<[Route; 2]>,
    /// Listeners that the event itself changes, whether or not they receive it: it closes them, ends their
    /// subscriptions, or changes what they receive.
    pub changes: SmallVec<[RoutingKey; 3]>,
}

impl Routing {
    fn heard_by<const N: usize>(routes: [Route; N]) -> Self {
        Self {
            heard_by: routes.into_iter().collect(),
            changes: SmallVec::new(),
        }
    }

    fn changing<const N: usize>(self, changes: [RoutingKey; N]) -> Self {
        Self {
            changes: changes.into_iter().collect(),
            ..self
        }
    }

    /// Not for streams: other processes act on it.
    fn unheard() -> Self {
        Self::default()
    }
}

impl Payload {
    /// The row of this event.
    pub fn routing(&self) -> Routing {
        use Route::{InboxesHolding, To};
        match self {
            Self::MessageCreated { written, .. } | Self::MessageDeleted { written } => {
                let channel = written.message.channel_id;
                Routing::heard_by([To(Topic::ChannelMessages(channel)), InboxesHolding(channel)])
            }
            Self::ChannelCreated { news } => Routing::heard_by([InboxesHolding(news.channel.id)]),
            Self::ChannelChanged { news } => {
                let channel = news.channel.id;
                // The new ACL may cut off any of the channel's listeners.
                Routing::heard_by([InboxesHolding(channel)]).changing([
                    RoutingKey::Messages(channel),
                    RoutingKey::Subscribers(channel),
                    RoutingKey::ChannelPresence(channel),
                ])
            }
            // It also changes the channels in the user's inboxes, which are found by the key of the topic.
            Self::Subscribed { news, user } | Self::Unsubscribed { news, user } => {
                Routing::heard_by([
                    To(Topic::ChannelSubscribers(news.channel.id)),
                    To(Topic::Inbox(user.id)),
                ])
            }
            // Presence filters, and streams of posts, use the list of followed users.
            Self::Related {
                relation: Relation::Follow,
                user,
                other,
                ..
            } => Routing::heard_by([
                To(Topic::Following(user.id)),
                To(Topic::Followers(other.id)),
            ])
            .changing([RoutingKey::User(user.id)]),
            Self::UserChanged { user } => Routing::heard_by([To(Topic::Token(user.id))]),
            Self::TokenGranted { token, .. } => granted(token),
            // Its connections are closed; those of a user are found by the key of the topic.
            Self::TokenRevoked { token, .. } => match token.user {
                Some(user) => Routing::heard_by([To(Topic::Token(user))]),
                None => Routing::unheard().changing([RoutingKey::App(token.client.id.clone())]),
            },
            Self::UserPresence { .. } => Routing::heard_by([To(Topic::Presence)]),
            Self::ChannelPresence { channel, .. } => {
                Routing::heard_by([To(Topic::ChannelPresence(channel.id))])
            }
            Self::AppStreamDeleted { client, .. } => {
                Routing::unheard().changing([RoutingKey::App(client.clone())])
            }
            // Its connections are closed.
            Self::UserDisabled { user, .. } => {
                Routing::unheard().changing([RoutingKey::User(*user)])
            }
            Self::FileCreated { filed }
            | Self::FileChanged { filed }
            | Self::FileDeleted { filed } => Routing::heard_by([To(Topic::Files(filed.owner.id))]),
            Self::PostCreated { posted }
            | Self::PostRevised { posted }
            | Self::PostDeleted { posted } => of_post(posted),
            #[rustfmt::skip]
            Self::MarkerMoved { user, moved: Some(_), .. } => Routing::heard_by([To(Topic::Markers(*user))]),
            // Mutes and blocks are the user's own affair; bookmarks and polls are for app streams.
            #[rustfmt::skip]
            Self::Related { .. } | Self::Bookmarked { .. } | Self::PollCreated { .. } | Self::PollAnswered { .. }
            | Self::PollClosed { .. } | Self::PollDeleted { .. } | Self::ClientChanged { .. }
            | Self::MarkerMoved { .. } | Self::PasswordChanged { .. } => Routing::unheard(),
        }
    }

    /// The keys to which the event is published.
    pub fn routing_keys(&self) -> SmallVec<[RoutingKey; 4]> {
        let routing = self.routing();
        let mut keys: SmallVec<[RoutingKey; 4]> = SmallVec::new();
        // Several topics may be registered under one key.
        for key in routing.heard_by.iter().map(|route| route.key()) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.extend(routing.changes);
        keys
    }
}

/// A token of an app is on no user's stream.
fn granted(token: &Token) -> Routing {
    match token.user {
        Some(user) => Routing::heard_by([Route::To(Topic::Token(user))]),
        None => Routing::unheard(),
    }
}

/// A repost has a thread of its own and mentions nobody: what it shows was written by another.
fn of_post(posted: &Posted) -> Routing {
    let author = posted.author.id;
    let mut routing = Routing::heard_by([
        Route::HomesFollowing(author),
        Route::To(Topic::Home(author)),
        Route::To(Topic::Unified(author)),
        Route::To(Topic::OwnPosts(author)),
        Route::To(Topic::Thread(posted.post.thread_id)),
    ]);
    let mentions = posted.post.content.entities.mentions.iter();
    let mut mentioned: SmallVec<[UserId; 4]> = mentions.map(|mention| mention.id).collect();
    mentioned.sort_unstable();
    mentioned.dedup();
    for user in mentioned {
        routing.heard_by.push(Route::To(Topic::Mentions(user)));
        if user != author {
            routing.heard_by.push(Route::To(Topic::Unified(user)));
        }
    }
    routing
}

impl Route {
    /// The key of its listeners.
    pub fn key(self) -> RoutingKey {
        match self {
            Self::To(topic) => topic.routing_key(),
            Self::InboxesHolding(channel) => RoutingKey::ChannelNews(channel),
            Self::HomesFollowing(author) => RoutingKey::PostsBy(author),
        }
    }
}

impl Topic {
    /// The key under which its subscribers are registered.
    pub fn routing_key(self) -> RoutingKey {
        match self {
            Self::ChannelMessages(channel) => RoutingKey::Messages(channel),
            Self::ChannelSubscribers(channel) => RoutingKey::Subscribers(channel),
            Self::ChannelPresence(channel) => RoutingKey::ChannelPresence(channel),
            Self::Presence => RoutingKey::Presence,
            Self::Inbox(user)
            | Self::Token(user)
            | Self::Files(user)
            | Self::Following(user)
            | Self::Followers(user)
            | Self::Home(user)
            | Self::Unified(user)
            | Self::OwnPosts(user)
            | Self::Mentions(user)
            | Self::Markers(user) => RoutingKey::User(user),
            Self::Thread(root) => RoutingKey::Thread(root),
        }
    }
}
