//! One connection as its shard knows it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use smallvec::SmallVec;

use super::audience::Stand;
use super::socket::Socket;
use crate::model::{AppStream, ChannelId, ConnectionId, SubscriptionId, Token, UserId};
use crate::protocol::filter::Filter;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::render_class::RenderClass;
use crate::protocol::topic::Topic;

/// Whose connection it is.
#[derive(Clone, Debug)]
pub enum Who {
    /// A user stream that nobody has claimed yet; its address counts against a limit.
    Unclaimed(IpAddr),
    /// A user stream. The token is the one that it was opened or claimed with.
    User(UserId, Arc<Token>),
    /// An app stream, with the object types it had when it was opened and the filters of its URL.
    App(Arc<AppStream>, Arc<Token>, Arc<Filter>),
}

impl Who {
    /// The user, if it is a user's.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user, _) => Some(*user),
            Self::Unclaimed(_) | Self::App(..) => None,
        }
    }
}

/// One followed endpoint.
#[derive(Debug)]
pub struct Subscription {
    /// What the client knows it by.
    pub id: SubscriptionId,
    /// What is followed.
    pub topic: Topic,
    /// What is left out.
    pub filter: Filter,
    /// The token of the call that made it: its scopes say what may be heard.
    pub token: Arc<Token>,
}

/// What an inbox subscription listens to.
#[derive(Debug, Default)]
pub struct Inbox {
    /// Channels that the user subscribes to.
    pub channels: HashSet<ChannelId>,
    /// What events said since the inbox is followed: they win over any list that was read, since a list may
    /// be older than they are. One entry per channel that changed.
    pub changes: HashMap<ChannelId, bool>,
}

/// One connection.
#[derive(Debug)]
pub struct Link {
    /// Tells this connection from an earlier one in the same slot.
    pub serial: u64,
    /// Public id.
    pub id: ConnectionId,
    /// Bytes.
    pub socket: Rc<Socket>,
    /// Whose.
    pub who: Who,
    /// How objects are shown.
    pub display: RenderClass,
    /// Tick of the hello.
    pub opened: u32,
    /// Tick at which something was heard last.
    pub heard: u32,
    /// A look at its queue is due some time: there is never more than one in the wheel.
    pub stall_watched: bool,
    /// Why it is closing, and the tick at which it is cut off.
    pub closing: Option<(Goodbye, u32)>,
    /// What it follows.
    pub subscriptions: Vec<Subscription>,
    /// Where it stands in the audiences of channels.
    pub stands: SmallVec<[(ChannelId, Stand); 1]>,
    /// Shared by all its inbox subscriptions; there while it has one.
    pub inbox: Option<Box<Inbox>>,
    /// Users whom its user follows; there since it has a presence subscription.
    pub follows: Option<Box<HashSet<UserId>>>,
}

impl Link {
    /// A connection that was opened at this tick and follows nothing yet.
    pub fn new(
        serial: u64,
        id: ConnectionId,
        socket: Rc<Socket>,
        who: Who,
        display: RenderClass,
        now: u32,
    ) -> Self {
        Self {
            serial,
            id,
            socket,
            who,
            display,
            opened: now,
            heard: now,
            stall_watched: false,
            closing: None,
            subscriptions: Vec::new(),
            stands: SmallVec::new(),
            inbox: None,
            follows: None,
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
                | Topic::Token(_) => false,
            })
    }

    /// Whether any subscription satisfies the question.
    pub fn follows_any(&self, question: impl Fn(Topic) -> bool) -> bool {
        self.subscriptions
            .iter()
            .any(|subscription| question(subscription.topic))
    }
}
