//! What a shard's state should say, kept as plainly as possible: a list of connections, from which
//! every answer is computed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::step::{Filters, Step};
use crate::actors::registry::RoutingKey;
use crate::actors::shard::state::{ConnectionRef, Subscription, testing};
use crate::model::{ChannelId, UserId};
use crate::protocol::topic::Topic;

/// One connection.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) reference: ConnectionRef,
    /// An app stream has none, an unclaimed user stream neither.
    pub(super) user: Option<i64>,
    pub(super) is_app: bool,
    pub(super) subscriptions: Vec<KnownSubscription>,
    inbox: Option<KnownInbox>,
}

#[derive(Clone, Debug)]
pub(super) struct KnownSubscription {
    pub(super) id: String,
    pub(super) serial: u64,
    pub(super) topic: Topic,
    pub(super) filters: Filters,
    pub(super) token: i64,
}

impl KnownSubscription {
    /// As the state keeps it.
    pub(super) fn real(&self) -> Subscription {
        let (filters, scopes) = match self.filters {
            Filters::None => ("", "messages"),
            Filters::WithoutDeleted => ("include_deleted=0", "messages"),
            Filters::NarrowToken => ("", "messages:io.pnut.core.chat"),
        };
        let token = testing::token(self.token, 1, scopes);
        Subscription {
            serial: self.serial,
            ..testing::subscription(&self.id, self.topic, filters, &token)
        }
    }
}

#[derive(Clone, Debug, Default)]
struct KnownInbox {
    channels: BTreeSet<i64>,
    changes: HashMap<i64, bool>,
    is_filled: bool,
}

/// How a connection should be served in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// With this id.
    Fast(String),
    Slow,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    /// By the number that the steps know a connection by.
    pub(super) connections: BTreeMap<usize, Known>,
    pub(super) revoked: HashSet<i64>,
}

impl Known {
    pub(super) fn new(reference: ConnectionRef, user: Option<i64>, is_app: bool) -> Self {
        Self {
            reference,
            user,
            is_app,
            subscriptions: Vec::new(),
            inbox: None,
        }
    }

    fn matching(&self, channel: i64) -> Vec<&KnownSubscription> {
        let in_inbox = self
            .inbox
            .as_ref()
            .is_some_and(|inbox| inbox.channels.contains(&channel));
        let matches = |known: &&KnownSubscription| match known.topic {
            Topic::ChannelMessages(id) => id == ChannelId(channel),
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
        };
        self.subscriptions.iter().filter(matches).collect()
    }

    /// Ids of subscriptions that the fast path may serve in a room, if there were no other.
    pub(super) fn fast_ids(&self, channel: i64) -> Vec<&str> {
        let matching = self.matching(channel);
        let plain = matching
            .iter()
            .filter(|known| known.filters == Filters::None && known.id.len() == 32);
        plain.map(|known| known.id.as_str()).collect()
    }

    pub(super) fn served(&self, channel: i64) -> Option<Served> {
        match (self.matching(channel).len(), &self.fast_ids(channel)[..]) {
            (0, _) => None,
            (1, [id]) => Some(Served::Fast((*id).to_owned())),
            _ => Some(Served::Slow),
        }
    }

    fn listens_at(&self, key: &RoutingKey) -> bool {
        let subscribes = |topic| self.subscriptions.iter().any(|known| known.topic == topic);
        match key {
            RoutingKey::Messages(channel) => self.served(channel.0).is_some(),
            RoutingKey::ChannelNews(channel) => self
                .inbox
                .as_ref()
                .is_some_and(|inbox| inbox.channels.contains(&channel.0)),
            RoutingKey::Subscribers(channel) => subscribes(Topic::ChannelSubscribers(*channel)),
            RoutingKey::ChannelPresence(channel) => subscribes(Topic::ChannelPresence(*channel)),
            RoutingKey::Presence => subscribes(Topic::Presence),
            RoutingKey::User(user) => self.user.map(UserId) == Some(*user),
            RoutingKey::App(_) => self.is_app,
            RoutingKey::Thread(root) => subscribes(Topic::Thread(*root)),
            // `homes_tests.rs`
            RoutingKey::PostsBy(_) => false,
            // `samples.rs`
            RoutingKey::Samples => false,
        }
    }

    fn drop_subscriptions(&mut self, goes: impl Fn(&KnownSubscription) -> bool) {
        self.subscriptions.retain(|known| !goes(known));
        let is_inbox = |known: &KnownSubscription| matches!(known.topic, Topic::Inbox(_));
        if !self.subscriptions.iter().any(is_inbox) {
            self.inbox = None;
        }
    }
}

impl Model {
    /// Connections that should be found at a key.
    pub(super) fn listeners(&self, key: &RoutingKey) -> Vec<ConnectionRef> {
        let known = self.connections.values();
        let listening = known.filter(|known| known.listens_at(key));
        listening.map(|known| known.reference).collect()
    }

    /// Steps that change what connections listen to; the others are the test's own.
    #[expect(clippy::too_many_lines, reason = "one arm per step")]
    pub(super) fn apply(&mut self, step: &Step) {
        match step {
            Step::Claim { connection, user } => {
                if let Some(known) = self.connections.get_mut(connection) {
                    known.user = Some(*user);
                }
            }
            Step::Subscribe {
                connection,
                subscription,
            } => {
                if let Some(known) = self.connections.get_mut(connection) {
                    known.subscriptions.push(subscription.clone());
                    if matches!(subscription.topic, Topic::Inbox(_)) {
                        known.inbox.get_or_insert_default();
                    }
                }
            }
            Step::Settle { connection, at } => {
                if let Some(known) = self.connections.get_mut(connection)
                    && let Some(settled) = known.subscriptions.get(*at).cloned()
                {
                    let older = |old: &KnownSubscription| {
                        old.id == settled.id && old.serial < settled.serial
                    };
                    known.drop_subscriptions(older);
                }
            }
            Step::TakeBack { connection, at } => {
                if let Some(known) = self.connections.get_mut(connection)
                    && let Some(serial) = known.subscriptions.get(*at).map(|known| known.serial)
                {
                    known.drop_subscriptions(|old| old.serial == serial);
                }
            }
            Step::Unsubscribe { connection, id } => {
                if let Some(known) = self.connections.get_mut(connection) {
                    known.drop_subscriptions(|old| old.id == *id);
                }
            }
            Step::FillInbox {
                connection,
                channels,
            } => {
                let known = self.connections.get_mut(connection);
                let inbox = known.and_then(|known| known.inbox.as_mut());
                if let Some(inbox) = inbox.filter(|inbox| !inbox.is_filled) {
                    inbox.is_filled = true;
                    let changes = inbox.changes.clone();
                    let listed = channels.iter().copied();
                    inbox
                        .channels
                        .extend(listed.filter(|channel| changes.get(channel) != Some(&false)));
                }
            }
            Step::ChannelSubscription {
                user,
                channel,
                subscribed,
            } => {
                let known = self.connections.values_mut();
                for known in known.filter(|known| known.user == Some(*user)) {
                    if let Some(inbox) = &mut known.inbox {
                        inbox.changes.insert(*channel, *subscribed);
                        match subscribed {
                            true => inbox.channels.insert(*channel),
                            false => inbox.channels.remove(channel),
                        };
                    }
                }
            }
            Step::Revoke { token } => {
                self.revoked.insert(*token);
                for known in self.connections.values_mut() {
                    known.drop_subscriptions(|old| old.token == *token);
                }
            }
            Step::Admit { .. }
            | Step::Remove { .. }
            | Step::RemoveAgain { .. }
            | Step::Behind { .. }
            | Step::BeginFanOut { .. }
            | Step::EndFanOut => {}
        }
    }
}
