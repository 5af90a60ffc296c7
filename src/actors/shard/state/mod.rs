//! The connections of one worker thread, and what each of them listens to.
//!
//! Only this thread touches it, so nothing here locks. Five parts that know nothing of each other:
//! [`connections`] by index, [`listeners`] by routing key, [`rooms`] for the messages of channels (with what
//! is postponed during a fan-out), [`homes`] for posts of followed users, and recently [`revoked`] tokens. Here they are kept in step: `admit` and
//! `subscribe` put a connection in, `remove` takes all of it out again when its actor is dropped.

mod audience;
pub mod connections;
pub mod handle;
pub mod homes;
mod inbox;
pub mod listeners;
mod positions;
mod registration;
pub mod revoked;
pub mod room;
pub mod rooms;
mod samples;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod young;

use std::sync::Arc;

pub use audience::Audience;
pub use connections::{ConnectionIndex, ConnectionRef, Connections};
pub use handle::{ConnectionHandle, Hold, Identity, Inbox, Subscription, needs_home};
pub use homes::{Home, Homes};
pub use listeners::Listeners;
pub use revoked::RevokedTokens;
pub use room::{Receiver, RoomListeners};
pub use rooms::{Placement, Rooms, Snapshot};

use crate::actors::registry::{RoutingKey, ShardId, ShardRegistry};
use crate::event::Pos;
use crate::model::ChannelId;
use crate::protocol::frame::ID_LENGTH;
use crate::protocol::topic::Topic;
use registration::Registration;
use smallvec::SmallVec;
use young::Young;

/// All that the shard knows.
#[derive(Debug)]
pub struct State {
    /// The connections.
    pub connections: Connections,
    /// Listeners of everything but messages.
    pub listeners: Listeners,
    /// Listeners of channels' messages.
    pub rooms: Rooms,
    /// Listeners of posts of the users that they follow.
    pub homes: Homes,
    /// Tokens that must not subscribe any more.
    pub revoked: RevokedTokens,
    /// Connections with subscriptions that are ahead of what was fanned out here.
    young: Young,
    /// The last event of the batch that was begun last.
    begun: Pos,
}

impl State {
    /// Without connections yet.
    pub fn new(shard: ShardId, register: Arc<ShardRegistry>) -> Self {
        let registration = Registration::new(shard, register);
        Self {
            connections: Connections::default(),
            listeners: Listeners::new(registration.clone()),
            rooms: Rooms::new(registration.clone()),
            homes: Homes::new(registration),
            revoked: RevokedTokens::default(),
            young: Young::default(),
            begun: Pos(0),
        }
    }

    /// Takes a connection in; `make` gets its serial.
    pub fn admit(&mut self, make: impl FnOnce(u64) -> ConnectionHandle) -> ConnectionRef {
        let connection = self.connections.insert(make);
        self.listen_for_identity(connection.index);
        connection
    }

    /// An unclaimed connection gets its user.
    pub fn claim(&mut self, index: ConnectionIndex, identity: Identity) {
        if let Some(handle) = self.connections.get_mut(index) {
            handle.identity = identity;
            self.listen_for_identity(index);
        }
    }

    /// What concerns its user or app concerns a connection without any subscription.
    fn listen_for_identity(&mut self, index: ConnectionIndex) {
        let identity = self.connections.get(index).map(|handle| &handle.identity);
        let key = match identity {
            None | Some(Identity::Unclaimed(_)) => return,
            Some(Identity::User(user, _)) => RoutingKey::User(*user),
            Some(Identity::App(stream, _, _)) => RoutingKey::App(stream.client.clone()),
        };
        self.listeners.add(index, &key);
        self.place_for_samples(index);
    }

    /// Adds a subscription and listens for it. One of the same id stays until [`Self::settle`]: the call may still
    /// fail, and between the two no event is missed.
    pub fn subscribe(&mut self, index: ConnectionIndex, subscription: Subscription) {
        let topic = subscription.topic;
        self.young.note(index, subscription.since);
        let Some(handle) = self.connections.get_mut(index) else {
            return;
        };
        // Most connections have one: the vector's own growth would begin with room for four.
        handle.subscriptions.reserve_exact(1);
        handle.subscriptions.push(subscription);
        match topic {
            Topic::ChannelMessages(channel) => self.relocate(index, channel),
            Topic::Inbox(_) => self.open_inbox(index),
            Topic::ChannelSubscribers(_) => self.listeners.add(index, &topic.routing_key()),
            Topic::ChannelPresence(_) | Topic::Presence | Topic::Thread(_) => {
                self.listeners.add(index, &topic.routing_key());
                self.place_at_home(index);
            }
            Topic::Home(_) | Topic::Unified(_) | Topic::Mentions(_) => self.place_at_home(index),
            Topic::Token(_)
            | Topic::Files(_)
            | Topic::Following(_)
            | Topic::Followers(_)
            | Topic::OwnPosts(_)
            | Topic::Markers(_) => {}
        }
        self.place_for_samples(index);
    }

    /// Whether a connection still has a subscription.
    pub fn has_subscription(&self, connection: ConnectionRef, serial: u64) -> bool {
        let handle = self.connections.find(connection);
        handle.is_some_and(|handle| {
            let mut known = handle.subscriptions.iter();
            known.any(|known| known.serial == serial)
        })
    }

    /// A subscription is there to stay: it replaces the older ones of its id, which stop listening. It continues one
    /// of the same topic without a hole, unless it begins exactly behind its page.
    pub fn settle(&mut self, index: ConnectionIndex, serial: u64, page: Option<Pos>) {
        let Some(handle) = self.connections.get_mut(index) else {
            return;
        };
        let mut known = handle.subscriptions.iter();
        let Some(place) = known.position(|known| known.serial == serial) else {
            return;
        };
        let (older, rest) = handle.subscriptions.split_at_mut(place);
        let Some(settled) = rest.first_mut() else {
            return;
        };
        let mut replaced: SmallVec<[u64; 1]> = SmallVec::new();
        for known in older.iter().filter(|known| known.id == settled.id) {
            replaced.push(known.serial);
            if page.is_none() && known.topic == settled.topic {
                settled.since = settled.since.min(known.since);
            }
        }
        if !replaced.is_empty() {
            self.unsubscribe(index, |known| replaced.contains(&known.serial));
        }
        if let Some(page) = page {
            self.begin_behind(index, serial, page);
        }
    }

    /// Drops the subscriptions that satisfy the question. Says how many those were.
    pub fn unsubscribe(
        &mut self,
        index: ConnectionIndex,
        goes: impl Fn(&Subscription) -> bool,
    ) -> usize {
        let Some(handle) = self.connections.get_mut(index) else {
            return 0;
        };
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut handle.subscriptions)
            .into_iter()
            .partition(|known| goes(known));
        handle.subscriptions = kept;
        for subscription in &gone {
            self.leave_topic(index, subscription.topic);
        }
        self.place_for_samples(index);
        gone.len()
    }

    fn leave_topic(&mut self, index: ConnectionIndex, topic: Topic) {
        let handle = self.connections.get(index);
        let is_left = !handle.is_some_and(|handle| handle.subscribes_to(topic));
        match topic {
            Topic::ChannelMessages(channel) => self.relocate(index, channel),
            Topic::Inbox(_) if is_left => self.close_inbox(index),
            // One inbox subscription fewer may leave a room to the fast path.
            Topic::Inbox(_) => self.relocate_in_inbox(index),
            Topic::ChannelSubscribers(_) => {
                if is_left {
                    self.listeners.remove(index, &topic.routing_key());
                }
            }
            Topic::ChannelPresence(_) | Topic::Presence | Topic::Thread(_) => {
                if is_left {
                    self.listeners.remove(index, &topic.routing_key());
                }
                self.place_at_home(index);
            }
            Topic::Home(_) | Topic::Unified(_) | Topic::Mentions(_) => self.place_at_home(index),
            Topic::Token(_)
            | Topic::Files(_)
            | Topic::Following(_)
            | Topic::Followers(_)
            | Topic::OwnPosts(_)
            | Topic::Markers(_) => {}
        }
    }

    /// Removes a closed connection completely.
    pub fn remove(&mut self, connection: ConnectionRef) -> Option<ConnectionHandle> {
        let handle = self.connections.remove(connection)?;
        if let Some(user) = handle.identity.user() {
            self.homes.place(connection.index, user, Placement::Nowhere);
            self.homes.ask(connection.index, user, false);
        }
        self.young.remove(connection.index);
        self.rooms.remove_connection(connection.index);
        self.listeners.remove_connection(connection.index);
        Some(handle)
    }

    /// Puts a connection where it now belongs in a room: on the fast path if exactly one subscription matches
    /// and takes every message, on the slow path if more do or it has filters, else nowhere.
    pub(super) fn relocate(&mut self, index: ConnectionIndex, channel: ChannelId) {
        let placement = self.placement(index, channel);
        self.rooms.relocate(index, channel, placement);
    }

    fn placement(&self, index: ConnectionIndex, channel: ChannelId) -> Placement {
        let Some(handle) = self.connections.get(index) else {
            return Placement::Nowhere;
        };
        let mut matching = handle.on_messages_of(channel);
        let (Some(first), second) = (matching.next(), matching.next()) else {
            return Placement::Nowhere;
        };
        if second.is_none()
            && !handle.is_held()
            && first.takes_every_message()
            // The fast path does not compare positions.
            && first.since <= self.young.reached()
            // An id that the client chose may have another length than the gap in a shared frame.
            && let Ok(id) = first.id.as_str().as_bytes().try_into()
            && let Some(fd) = handle.socket.descriptor()
        {
            return Placement::Fast(
                handle.render_class.for_messages(),
                Receiver { fd, index, id },
            );
        }
        let fast_id = self.rooms.fast_id(index, channel);
        let fast_holds = fast_id.is_some_and(|id| {
            let mut matching = handle.on_messages_of(channel);
            matching.any(|known| known.id.as_str().as_bytes() == id && known.takes_every_message())
        });
        Placement::Slow { fast_holds }
    }

    /// Puts a connection where it now belongs in the home of its user: on the fast path if exactly one of its
    /// subscriptions needs the home, and takes every post of followed users.
    fn place_at_home(&mut self, index: ConnectionIndex) {
        let handle = self.connections.get(index);
        let Some((handle, viewer)) =
            handle.and_then(|handle| Some((handle, handle.identity.user()?)))
        else {
            return;
        };
        let needing = handle.subscriptions.iter();
        let (asking, mut needing): (Vec<_>, Vec<_>) = needing
            .filter(|known| known.needs_home())
            .partition(|known| known.asks_for_presence());
        let asks = !asking.is_empty();
        let mut needing = needing.drain(..);
        let placement = match (needing.next(), needing.next()) {
            (None, _) => Placement::Nowhere,
            (Some(only), None)
                if !handle.is_held()
                    && only.takes_every_post()
                    && !handle.render_class.has_samples()
                    // The fast path does not compare positions.
                    && only.since <= self.young.reached()
                    && let Ok(id) = only.id.as_str().as_bytes().try_into()
                    && let Some(fd) = handle.socket.descriptor() =>
            {
                Placement::Fast(handle.render_class.for_posts(), Receiver { fd, index, id })
            }
            (Some(_), _) => {
                let fast_id = self.homes.fast_id(index, viewer);
                let holds = |known: &Subscription| {
                    let id = fast_id.as_ref().map(<[u8; ID_LENGTH]>::as_slice);
                    known.takes_every_post() && Some(known.id.as_str().as_bytes()) == id
                };
                Placement::Slow {
                    fast_holds: handle.subscriptions.iter().any(holds),
                }
            }
        };
        self.homes.place(index, viewer, placement);
        self.homes.ask(index, viewer, asks);
    }

    /// Whether the fast path may serve a connection has changed.
    pub(super) fn place_anew(&mut self, index: ConnectionIndex) {
        let handle = self.connections.get(index);
        let subscriptions = handle.map_or(&[][..], |handle| &handle.subscriptions);
        let topics: Vec<Topic> = subscriptions.iter().map(|known| known.topic).collect();
        for topic in topics {
            match topic {
                Topic::ChannelMessages(channel) => self.relocate(index, channel),
                Topic::Inbox(_) => self.relocate_in_inbox(index),
                Topic::ChannelSubscribers(_)
                | Topic::ChannelPresence(_)
                | Topic::Presence
                | Topic::Token(_)
                | Topic::Files(_)
                | Topic::Following(_)
                | Topic::Followers(_)
                | Topic::OwnPosts(_)
                | Topic::Mentions(_)
                | Topic::Thread(_)
                | Topic::Markers(_) => {}
                Topic::Home(_) | Topic::Unified(_) => self.place_at_home(index),
            }
        }
    }

    /// A subscription receives nothing up to here.
    pub(super) fn begin_behind(&mut self, index: ConnectionIndex, serial: u64, pos: Pos) {
        let handle = self.connections.get_mut(index);
        let mut known = handle
            .into_iter()
            .flat_map(|handle| &mut handle.subscriptions);
        if let Some(known) = known.find(|known| known.serial == serial) {
            known.since = pos.max(known.since);
            self.young.note(index, pos);
        }
    }

    /// Connections that listen to anything about a channel.
    pub fn listeners_of(&self, channel: ChannelId) -> Vec<ConnectionIndex> {
        let mut indexes: Vec<ConnectionIndex> = Vec::new();
        if let Some(room) = self.rooms.get(channel) {
            indexes.extend(room.connections());
        }
        for key in [
            RoutingKey::Subscribers(channel),
            RoutingKey::ChannelPresence(channel),
            RoutingKey::ChannelNews(channel),
        ] {
            indexes.extend_from_slice(self.listeners.at(&key));
        }
        indexes.sort_unstable();
        indexes.dedup();
        indexes
    }

    /// A connection is closed because it reads too slowly: the channels that it listens to count it.
    pub fn count_slow(&self, index: ConnectionIndex) {
        for numbers in self.rooms.numbers_of(index) {
            numbers.closed_slow();
        }
    }
}
