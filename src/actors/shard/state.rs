//! The connections of one worker thread, and who of them listens where.
//!
//! Only this thread touches it, so nothing here locks. Whoever comes is put in by `admit` and `follow`;
//! `remove`, called when the connection's actor is dropped for whatever reason, takes all of it out again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use slab::Slab;
use smallvec::SmallVec;

use super::audience::{Audience, Slot};
use super::link::{Inbox, Link, Subscription, Who};
use crate::actors::registry::{RoutingKey, ShardId, ShardRegistry};
use crate::model::{ChannelId, TokenId, UserId};
use crate::protocol::topic::Topic;
use crate::telemetry::ActorNumbers;

/// All that the shard knows.
#[derive(Debug)]
pub struct State {
    pub(super) shard: ShardId,
    pub(super) registry: Arc<ShardRegistry>,
    pub(super) links: Slab<Link>,
    next_serial: u64,
    pub(super) audiences: HashMap<ChannelId, Audience>,
    /// Listeners at all points but messages; a connection stands at a point once.
    points: HashMap<RoutingKey, Vec<Slot>>,
    /// By slot: bytes wait for this socket, so nothing may be written past them.
    behind: Vec<bool>,
    /// A walk over this channel's audience is under way: places in it must keep their index.
    pub(super) walking: Option<ChannelId>,
    /// Places were blanked during the walk.
    pub(super) blanked: bool,
    /// Connections that get another place in that audience once the walk is over.
    pub(super) postponed: Vec<Slot>,
    /// Tokens whose revocation passed lately: a call that was under way with one must not subscribe any more.
    revoked: VecDeque<TokenId>,
}

/// Revoked tokens that are remembered. A call under way is older than a few thousand revocations at most.
const REVOKED: usize = 4096;

impl State {
    /// Nobody is here yet.
    pub fn new(shard: ShardId, registry: Arc<ShardRegistry>) -> Self {
        Self {
            shard,
            registry,
            links: Slab::new(),
            next_serial: 1,
            audiences: HashMap::new(),
            points: HashMap::new(),
            behind: Vec::new(),
            walking: None,
            blanked: false,
            postponed: Vec::new(),
            revoked: VecDeque::new(),
        }
    }

    /// The revocation of a token passed.
    pub fn note_revoked(&mut self, token: TokenId) {
        if self.revoked.len() >= REVOKED {
            self.revoked.pop_front();
        }
        self.revoked.push_back(token);
    }

    /// Whether the revocation of this token passed lately.
    pub fn was_revoked(&self, token: TokenId) -> bool {
        self.revoked.contains(&token)
    }

    /// A connection came. `make` gets its serial.
    pub fn admit(&mut self, make: impl FnOnce(u64) -> Link) -> (Slot, u64) {
        let serial = self.next_serial;
        self.next_serial += 1;
        let link = make(serial);
        let who = link.who.clone();
        let key = self.links.insert(link);
        if self.behind.len() <= key {
            self.behind.resize(key + 1, false);
        }
        let slot = Slot::try_from(key).unwrap_or(Slot::MAX);
        self.set_behind(slot, false);
        self.stand_for(slot, &who);
        (slot, serial)
    }

    fn stand_for(&mut self, slot: Slot, who: &Who) {
        match who {
            Who::Unclaimed(_) => {}
            Who::User(user, _) => self.stand_at(slot, &RoutingKey::User(*user)),
            Who::App(stream, _, _) => self.stand_at(slot, &RoutingKey::App(stream.client.clone())),
        }
    }

    /// An unclaimed connection got its user.
    pub fn claim(&mut self, slot: Slot, who: Who) {
        self.stand_for(slot, &who);
        if let Some(link) = self.link_mut(slot) {
            link.who = who;
        }
    }

    /// The connection in this slot.
    pub fn link(&self, slot: Slot) -> Option<&Link> {
        self.links.get(slot as usize)
    }

    /// The connection in this slot, to change it.
    pub fn link_mut(&mut self, slot: Slot) -> Option<&mut Link> {
        self.links.get_mut(slot as usize)
    }

    /// Slots in use.
    pub fn slots(&self) -> Vec<Slot> {
        self.links
            .iter()
            .filter_map(|(key, _)| Slot::try_from(key).ok())
            .collect()
    }

    /// Connections and subscriptions here.
    pub fn counts(&self) -> (usize, usize) {
        (
            self.links.len(),
            self.links
                .iter()
                .map(|(_, link)| link.subscriptions.len())
                .sum(),
        )
    }

    /// Whether bytes wait for this socket.
    pub fn is_behind(&self, slot: Slot) -> bool {
        self.behind.get(slot as usize).copied().unwrap_or(false)
    }

    /// Notes whether bytes wait for this socket.
    pub fn set_behind(&mut self, slot: Slot, behind: bool) {
        if let Some(flag) = self.behind.get_mut(slot as usize) {
            *flag = behind;
        }
    }

    /// Listeners at a point that is not a channel's messages.
    pub fn at(&self, key: &RoutingKey) -> &[Slot] {
        self.points.get(key).map_or(&[], Vec::as_slice)
    }

    /// Listeners of a channel's messages.
    pub fn audience(&self, channel: ChannelId) -> Option<&Audience> {
        self.audiences.get(&channel)
    }

    /// Whose numbers a slow listener of this channel counts among. The actor may be a new one since last time.
    pub fn note_numbers(&mut self, channel: ChannelId, numbers: Option<&Arc<ActorNumbers>>) {
        let (Some(audience), Some(numbers)) = (self.audiences.get_mut(&channel), numbers) else {
            return;
        };
        let known = audience.numbers.as_ref();
        if !known.is_some_and(|known| Arc::ptr_eq(known, numbers)) {
            audience.numbers = Some(numbers.clone());
        }
    }

    /// A connection is closed because it reads too slowly: the channels that it listens to count it.
    pub fn count_slow(&self, slot: Slot) {
        let stands = self.link(slot).map(|link| link.stands.as_slice());
        for (channel, _) in stands.unwrap_or_default() {
            let audience = self.audiences.get(channel);
            if let Some(numbers) = audience.and_then(|audience| audience.numbers.as_ref()) {
                numbers.closed_slow();
            }
        }
    }

    /// Adds a subscription and stands at its points.
    pub fn follow(
        &mut self,
        slot: Slot,
        subscription: Subscription,
        follows: Option<HashSet<UserId>>,
    ) {
        let topic = subscription.topic;
        // The client may choose an id it has used: the new subscription takes its place, and the old one
        // leaves where it stood. A place without a subscription would be cut off by nobody.
        self.unfollow(slot, |known| known.id == subscription.id);
        let Some(link) = self.link_mut(slot) else {
            return;
        };
        link.subscriptions.push(subscription);
        if let Some(follows) = follows {
            link.follows = Some(Box::new(follows));
        }
        match topic {
            Topic::ChannelMessages(channel) => self.replace(slot, channel),
            Topic::Inbox(_) => {
                if let Some(link) = self.link_mut(slot) {
                    link.inbox.get_or_insert_default();
                }
            }
            Topic::ChannelSubscribers(_) | Topic::ChannelPresence(_) | Topic::Presence => {
                self.stand_at(slot, &topic.routing_key());
            }
            Topic::Token(_) => {}
        }
    }

    /// The list of an inbox was read; what changed meanwhile wins over it.
    pub fn fill_inbox(&mut self, slot: Slot, channels: Vec<ChannelId>) {
        let Some(inbox) = self.link_mut(slot).and_then(|link| link.inbox.as_mut()) else {
            return;
        };
        let changes = inbox.changes.clone();
        let listed = channels
            .into_iter()
            .filter(|channel| changes.get(channel) != Some(&false));
        let came = changes
            .iter()
            .filter(|(_, subscribed)| **subscribed)
            .map(|(channel, _)| *channel);
        let all: Vec<ChannelId> = listed.chain(came).collect();
        for channel in all {
            self.enter_inbox(slot, channel);
        }
    }

    /// The user of these connections subscribed to a channel, or no longer does.
    pub fn subscription_changed(&mut self, user: UserId, channel: ChannelId, subscribed: bool) {
        for slot in self.at(&RoutingKey::User(user)).to_vec() {
            let Some(inbox) = self.link_mut(slot).and_then(|link| link.inbox.as_mut()) else {
                continue;
            };
            inbox.changes.insert(channel, subscribed);
            if subscribed {
                self.enter_inbox(slot, channel);
            } else {
                self.leave_inbox(slot, channel);
            }
        }
    }

    fn enter_inbox(&mut self, slot: Slot, channel: ChannelId) {
        let inbox: Option<&mut Box<Inbox>> =
            self.link_mut(slot).and_then(|link| link.inbox.as_mut());
        if inbox.is_some_and(|inbox| inbox.channels.insert(channel)) {
            self.stand_at(slot, &RoutingKey::ChannelNews(channel));
            self.replace(slot, channel);
        }
    }

    fn leave_inbox(&mut self, slot: Slot, channel: ChannelId) {
        let inbox = self.link_mut(slot).and_then(|link| link.inbox.as_mut());
        if inbox.is_some_and(|inbox| inbox.channels.remove(&channel)) {
            self.leave_point(slot, &RoutingKey::ChannelNews(channel));
            self.replace(slot, channel);
        }
    }

    /// Drops the subscriptions that satisfy the question. Says how many went.
    pub fn unfollow(&mut self, slot: Slot, goes: impl Fn(&Subscription) -> bool) -> usize {
        let Some(link) = self.link_mut(slot) else {
            return 0;
        };
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut link.subscriptions)
            .into_iter()
            .partition(|known| goes(known));
        link.subscriptions = kept;
        for subscription in &gone {
            self.leave_topic(slot, subscription.topic);
        }
        gone.len()
    }

    fn leave_topic(&mut self, slot: Slot, topic: Topic) {
        let still = self
            .link(slot)
            .is_some_and(|link| link.follows_any(|other| other == topic));
        match topic {
            Topic::ChannelMessages(channel) => self.replace(slot, channel),
            Topic::Inbox(_) if !still => {
                let inbox = self.link_mut(slot).and_then(|link| link.inbox.take());
                for channel in inbox.into_iter().flat_map(|inbox| inbox.channels) {
                    self.leave_point(slot, &RoutingKey::ChannelNews(channel));
                    self.replace(slot, channel);
                }
            }
            // One inbox subscription fewer may leave a plain one behind.
            Topic::Inbox(_) => {
                let inbox = self.link(slot).and_then(|link| link.inbox.as_ref());
                let channels: Vec<_> = inbox
                    .map(|i| i.channels.iter().copied().collect())
                    .unwrap_or_default();
                for channel in channels {
                    self.replace(slot, channel);
                }
            }
            Topic::ChannelSubscribers(_) | Topic::ChannelPresence(_) | Topic::Presence => {
                if !still {
                    self.leave_point(slot, &topic.routing_key());
                }
            }
            Topic::Token(_) => {}
        }
    }

    /// The connection is gone: nothing of it stays.
    pub fn remove(&mut self, slot: Slot, serial: u64) -> Option<Link> {
        if self.link(slot)?.serial != serial {
            return None;
        }
        self.unfollow(slot, |_| true);
        // The descriptor may be somebody else's in a moment: whatever happened before, no audience keeps it.
        while let Some(channel) = self.link(slot)?.stands.first().map(|(channel, _)| *channel) {
            self.take_out(slot, channel);
        }
        let link = self.links.try_remove(slot as usize)?;
        match &link.who {
            Who::Unclaimed(_) => {}
            Who::User(user, _) => self.leave_point(slot, &RoutingKey::User(*user)),
            Who::App(stream, _, _) => {
                self.leave_point(slot, &RoutingKey::App(stream.client.clone()));
            }
        }
        self.set_behind(slot, false);
        Some(link)
    }

    fn stand_at(&mut self, slot: Slot, key: &RoutingKey) {
        let listeners = self.points.entry(key.clone()).or_default();
        if listeners.contains(&slot) {
            return;
        }
        listeners.push(slot);
        if listeners.len() == 1 {
            self.registry.add(key, self.shard);
        }
    }

    fn leave_point(&mut self, slot: Slot, key: &RoutingKey) {
        let Some(listeners) = self.points.get_mut(key) else {
            return;
        };
        if let Some(at) = listeners.iter().position(|known| *known == slot) {
            listeners.swap_remove(at);
        }
        if listeners.is_empty() {
            self.points.remove(key);
            self.registry.remove(key, self.shard);
        }
    }

    /// Everybody who listens to anything about a channel.
    pub fn listeners_of(&self, channel: ChannelId) -> SmallVec<[Slot; 8]> {
        let mut slots: SmallVec<[Slot; 8]> = SmallVec::new();
        if let Some(audience) = self.audiences.get(&channel) {
            let plain = audience.classes.iter().flat_map(|class| &class.receivers);
            slots.extend(
                plain
                    .filter(|receiver| receiver.fd >= 0)
                    .map(|receiver| receiver.slot),
            );
            slots.extend_from_slice(&audience.others);
        }
        for key in [
            RoutingKey::Subscribers(channel),
            RoutingKey::ChannelPresence(channel),
            RoutingKey::ChannelNews(channel),
        ] {
            slots.extend_from_slice(self.at(&key));
        }
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}
