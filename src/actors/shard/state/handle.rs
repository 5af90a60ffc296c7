//! One connection as its shard knows it, with its subscriptions.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use smallvec::SmallVec;
use tokio::sync::Notify;

use crate::actors::delivery::Delivery;
use crate::actors::shard::control::Control;
use crate::actors::shard::socket::Socket;
use crate::event::Pos;
use crate::model::{
    AppStream, ChannelId, ConnectionId, Scope, Stamp, StreamOwner, SubscriptionId, Token, UserId,
};
use crate::protocol::app_filter::AppFilter;
use crate::protocol::filter::Filter;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::render_class::RenderClass;
use crate::protocol::topic::Topic;

/// What a connection is authenticated as.
#[derive(Clone, Debug)]
pub enum Identity {
    /// A user stream without a user yet; its client address counts against a limit.
    Unclaimed(IpAddr),
    /// A user stream. The token is the one that it was opened or claimed with.
    User(UserId, Arc<Token>),
    /// An app stream, with the object types and the filter it had when it was opened, and the parameters of its URL.
    App(Arc<AppStream>, Arc<Token>, Arc<AppFilter>),
}

impl Identity {
    /// The user, if it is a user's.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user, _) => Some(*user),
            Self::Unclaimed(_) | Self::App(..) => None,
        }
    }

    /// Whose it is, once it is claimed.
    pub fn owner(&self) -> Option<StreamOwner> {
        match self {
            Self::Unclaimed(_) => None,
            Self::User(user, token) => Some(StreamOwner::User(*user, token.client.id.clone())),
            Self::App(stream, ..) => Some(StreamOwner::App(stream.client.clone())),
        }
    }
}

/// One endpoint that a connection subscribes to.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// What the client knows it by.
    pub id: SubscriptionId,
    /// Distinguishes it from others of the same id: while a call replaces a subscription, there are both.
    pub serial: u64,
    /// The end of the log when it was made: events up to here are on the page of the call.
    pub since: Pos,
    /// The endpoint.
    pub topic: Topic,
    /// What is left out.
    pub filter: Filter,
    /// The token of the subscribing request: its scopes bound the events.
    pub token: Arc<Token>,
}

impl Subscription {
    /// Whether the followed users of its user are asked for.
    pub(super) fn needs_home(&self) -> bool {
        needs_home(self.topic, &self.filter)
    }

    /// Whether it asks whom its user follows for the sake of presence.
    pub(super) fn asks_for_presence(&self) -> bool {
        matches!(self.topic, Topic::ChannelPresence(_) | Topic::Presence)
    }

    /// Whether it takes every post of the followed users, so that the fast path may serve it.
    pub(super) fn takes_every_post(&self) -> bool {
        matches!(self.topic, Topic::Home(_) | Topic::Unified(_)) && self.filter.lets_posts_pass()
    }

    /// Whether it takes every message of its room, so that the fast path may serve it.
    pub(super) fn takes_every_message(&self) -> bool {
        // A narrowed scope has to be held against each event, since a channel may stop being public.
        self.filter.is_plain() && self.token.scopes.has(Scope::Messages)
    }
}

/// Whether a subscription of this topic needs the followed users of its user: to find what it hears, or to judge it.
pub fn needs_home(topic: Topic, filter: &Filter) -> bool {
    match topic {
        Topic::Home(_) | Topic::Unified(_) => true,
        Topic::Mentions(_) | Topic::Thread(_) => !filter.include_directed,
        Topic::ChannelPresence(_) | Topic::Presence => !filter.include_not_followed,
        // One's own posts always pass.
        Topic::OwnPosts(_)
        | Topic::ChannelMessages(_)
        | Topic::ChannelSubscribers(_)
        | Topic::Inbox(_)
        | Topic::Token(_)
        | Topic::Files(_)
        | Topic::Following(_)
        | Topic::Followers(_)
        | Topic::Markers(_) => false,
    }
}

/// What an inbox subscription listens to.
#[derive(Debug, Default)]
pub struct Inbox {
    /// Channels that the user subscribes to.
    pub channels: HashSet<ChannelId>,
    /// What events said before a list was read: they win over it, since it may be older than they are. One entry per channel
    /// that changed.
    pub changes: HashMap<ChannelId, bool>,
    /// A list was read: events keep it up to date from then on.
    pub is_filled: bool,
}

/// One connection as its shard knows it.
#[derive(Debug)]
pub struct ConnectionHandle {
    /// Tells this connection from an earlier one under the same index.
    pub serial: u64,
    /// Public id.
    pub id: ConnectionId,
    /// Its bytes.
    pub socket: Rc<Socket>,
    /// What it is authenticated as.
    pub identity: Identity,
    /// How objects are shown to it.
    pub render_class: RenderClass,
    /// Whether it is told about itself.
    pub control: Control,
    /// When it was opened.
    pub connected_at: Stamp,
    /// Tick of the hello.
    pub opened: u32,
    /// Tick of the last client frame.
    pub heard: u32,
    /// A check of its queue is in the wheel: there is never more than one.
    pub stall_watched: bool,
    /// Why it is being closed; set with its close frame.
    pub closing: Option<Goodbye>,
    /// What it subscribes to.
    pub subscriptions: Vec<Subscription>,
    /// Shared by all its inbox subscriptions; there while it has one.
    pub inbox: Option<Box<Inbox>>,
    /// There while pages of subscribing calls are read that the stream has to meet exactly.
    pub hold: RefCell<Option<Box<Hold>>>,
    /// There until a stream that continues from a cursor has caught up; told of what it may wait for.
    pub catching_up: Option<Rc<Notify>>,
    /// An app stream is not sent what was committed up to here: it has that already. While it catches up, that grows.
    pub from: Pos,
    /// The session outlives the connection.
    pub is_session: bool,
}

/// What waits while the page of a subscribing call is read. All subscriptions of the connection wait, so that its
/// events stay in order.
#[derive(Debug, Default)]
pub struct Hold {
    /// The subscriptions whose pages are read.
    pub calls: SmallVec<[u64; 1]>,
    /// Events that were heard meanwhile, each with the subscriptions that it goes to.
    pub waiting: Vec<(Arc<Delivery>, SmallVec<[u64; 2]>)>,
    /// Subscriptions that were cut off meanwhile: what was heard for them before is theirs.
    pub cut: Vec<Subscription>,
    /// Tick at which it began.
    pub since: u32,
}

impl ConnectionHandle {
    /// A connection that was opened at this tick and has no subscription yet.
    pub fn new(
        serial: u64,
        id: ConnectionId,
        socket: Rc<Socket>,
        identity: Identity,
        render_class: RenderClass,
        now: u32,
    ) -> Self {
        Self {
            serial,
            id,
            socket,
            identity,
            render_class,
            control: Control::Unasked,
            connected_at: Stamp(0),
            opened: now,
            heard: now,
            stall_watched: false,
            closing: None,
            subscriptions: Vec::new(),
            inbox: None,
            hold: RefCell::default(),
            catching_up: None,
            from: Pos(0),
            is_session: false,
        }
    }

    /// Subscriptions whose topic lets messages of this channel pass, filters aside.
    pub fn on_messages_of(&self, channel: ChannelId) -> impl Iterator<Item = &Subscription> {
        let in_inbox = self
            .inbox
            .as_ref()
            .is_some_and(|inbox| inbox.channels.contains(&channel));
        self.subscriptions
            .iter()
            .filter(move |subscription| match subscription.topic {
                Topic::ChannelMessages(id) => id == channel,
                Topic::Inbox(_) => in_inbox,
                Topic::ChannelSubscribers(_)
                | Topic::ChannelPresence(_)
                | Topic::Presence
                | Topic::Token(_)
                | Topic::Files(_)
                | Topic::Following(_)
                | Topic::Followers(_)
                | Topic::Home(_)
                | Topic::Unified(_)
                | Topic::OwnPosts(_)
                | Topic::Mentions(_)
                | Topic::Thread(_)
                | Topic::Markers(_) => false,
            })
    }

    /// Whether its events wait: then no fast path serves it.
    pub fn is_held(&self) -> bool {
        self.catching_up.is_some() || self.hold.borrow().is_some()
    }

    /// Whether a logged event is sent to it as it is fanned out.
    pub fn is_sent(&self, pos: Option<Pos>) -> bool {
        pos.is_none_or(|pos| self.catching_up.is_none() && pos > self.from)
    }

    /// How many subscriptions the client knows of: those of one id count once.
    pub fn subscription_ids(&self) -> usize {
        let ids = self.subscriptions.iter().map(|known| &known.id);
        ids.collect::<HashSet<_>>().len()
    }

    /// Whether it subscribes to this topic.
    pub fn subscribes_to(&self, topic: Topic) -> bool {
        let mut topics = self.subscriptions.iter().map(|known| known.topic);
        topics.any(|known| known == topic)
    }
}
