//! Listeners of channels' messages, and how their positions are kept while a fan-out goes over them.
//!
//! The fast path reads its receivers in slices and lets other work go on in between. Until it has ended,
//! receivers of that room keep their positions: one that leaves is blanked, one that would change to the
//! slow path (which has been served already) changes when the fan-out ends.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use smallvec::SmallVec;

use super::ConnectionIndex;
use super::positions::PositionsByConnection;
use super::registration::Registration;
use super::room::{Position, Receiver, RoomListeners};
use crate::actors::registry::RoutingKey;
use crate::model::ChannelId;
use crate::protocol::render_class::RenderClass;
use crate::telemetry::ActorNumbers;

/// Where a connection belongs among the listeners of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// None of its subscriptions receives this room's messages.
    Nowhere,
    /// Exactly one subscription does, and it takes every message.
    Fast(RenderClass, Receiver),
    /// Several do, or one with filters.
    Slow {
        /// The subscription that it has on the fast path, if any, is still one that takes every message: it
        /// can be served once more before the connection changes to the slow path.
        fast_holds: bool,
    },
}

/// The receivers of a fan-out: a later listener has the page, and was not evaluated for these events.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Connections of the slow path.
    pub slow: Vec<ConnectionIndex>,
    /// Display and number of receivers of each class of the fast path.
    pub classes: SmallVec<[(RenderClass, usize); 2]>,
}

/// A fan-out in progress.
#[derive(Debug)]
struct FanOut {
    channel: ChannelId,
    /// Blanked positions, each once.
    blanked: Vec<(u8, u32)>,
    /// Connections on the fast path that belong on the slow one.
    postponed: HashSet<ConnectionIndex>,
}

/// The rooms of a shard.
#[derive(Debug)]
pub struct Rooms {
    registration: Registration,
    by_channel: HashMap<ChannelId, RoomListeners>,
    positions: PositionsByConnection<ChannelId, Position>,
    /// There is one at most: a shard takes one batch after the other.
    fan_out: Option<FanOut>,
}

impl Rooms {
    pub(super) fn new(registration: Registration) -> Self {
        Self {
            registration,
            by_channel: HashMap::new(),
            positions: PositionsByConnection::default(),
            fan_out: None,
        }
    }

    /// The listeners of a channel's messages.
    pub fn get(&self, channel: ChannelId) -> Option<&RoomListeners> {
        self.by_channel.get(&channel)
    }

    /// The subscription id with which the fast path serves a connection.
    pub(super) fn fast_id(&self, index: ConnectionIndex, channel: ChannelId) -> Option<&[u8]> {
        let position = self.positions.get(index, &channel)?;
        let (_, receiver) = self.get(channel)?.receiver(position)?;
        Some(&receiver.id)
    }

    /// Puts a connection where it now belongs.
    pub fn relocate(&mut self, index: ConnectionIndex, channel: ChannelId, to: Placement) {
        if self.is_there(index, channel, to) {
            if let Some(fan_out) = self.fan_out_over(channel) {
                fan_out.postponed.remove(&index);
            }
            return;
        }
        let from = self.positions.get(index, &channel);
        if let (Some(Position::Fast { .. }), Placement::Slow { fast_holds: true }) = (from, to)
            && let Some(fan_out) = self.fan_out_over(channel)
        {
            fan_out.postponed.insert(index);
            return;
        }
        if to == Placement::Nowhere {
            self.take_out(index, channel);
            return;
        }
        // A room stays while its only listener moves: an event that is routed at that moment must find its shard.
        let is_first = !self.by_channel.contains_key(&channel);
        self.free_position(index, channel);
        let room = self.by_channel.entry(channel).or_default();
        let position = match to {
            Placement::Fast(render_class, receiver) => room.add_fast(render_class, receiver),
            Placement::Nowhere | Placement::Slow { .. } => None,
        };
        let position = position.unwrap_or_else(|| room.add_slow(index));
        self.positions.set(index, channel, position);
        if is_first {
            self.registration.enter(&RoutingKey::Messages(channel));
        }
    }

    fn is_there(&self, index: ConnectionIndex, channel: ChannelId, to: Placement) -> bool {
        let Some(position) = self.positions.get(index, &channel) else {
            return to == Placement::Nowhere;
        };
        match to {
            Placement::Nowhere => false,
            Placement::Slow { .. } => matches!(position, Position::Slow { .. }),
            Placement::Fast(render_class, receiver) => {
                let known = self.get(channel).and_then(|room| room.receiver(position));
                known == Some((render_class, &receiver))
            }
        }
    }

    /// Removes a connection everywhere: its descriptor may soon be another connection's.
    pub fn remove_connection(&mut self, index: ConnectionIndex) {
        let channels: Vec<ChannelId> = self.channels_of(index).collect();
        for channel in channels {
            self.take_out(index, channel);
        }
    }

    fn take_out(&mut self, index: ConnectionIndex, channel: ChannelId) {
        self.free_position(index, channel);
        self.drop_if_empty(channel);
    }

    /// The room may be empty behind this.
    fn free_position(&mut self, index: ConnectionIndex, channel: ChannelId) {
        let Some(position) = self.positions.remove(index, &channel) else {
            return;
        };
        let Some(room) = self.by_channel.get_mut(&channel) else {
            return;
        };
        let mut ongoing = self.fan_out.as_mut();
        ongoing = ongoing.filter(|fan_out| fan_out.channel == channel);
        if let (Some(fan_out), Position::Fast { class, at }) = (ongoing, position) {
            room.blank(class, at);
            fan_out.blanked.push((class, at));
            fan_out.postponed.remove(&index);
            return;
        }
        if let Some(moved) = room.remove(position) {
            self.positions.set(moved, channel, position);
        }
    }

    fn drop_if_empty(&mut self, channel: ChannelId) {
        let is_empty = self.get(channel).is_some_and(RoomListeners::is_empty);
        // The room of a fan-out in progress stays: its classes keep their index.
        if is_empty && self.fan_out_over(channel).is_none() {
            self.by_channel.remove(&channel);
            self.registration.leave(&RoutingKey::Messages(channel));
        }
    }

    fn fan_out_over(&mut self, channel: ChannelId) -> Option<&mut FanOut> {
        let fan_out = self.fan_out.as_mut();
        fan_out.filter(|fan_out| fan_out.channel == channel)
    }

    /// A fan-out over a room begins: until [`Self::end_fan_out`] its receivers keep their positions.
    pub fn begin_fan_out(&mut self, channel: ChannelId) -> Snapshot {
        self.end_fan_out();
        let Some(room) = self.by_channel.get(&channel) else {
            return Snapshot::default();
        };
        self.fan_out = Some(FanOut {
            channel,
            blanked: Vec::new(),
            postponed: HashSet::new(),
        });
        let classes = room.classes.iter();
        Snapshot {
            slow: room.slow.clone(),
            classes: classes
                .map(|class| (class.render_class, class.receivers.len()))
                .collect(),
        }
    }

    /// The fan-out is over: what was postponed takes place.
    pub fn end_fan_out(&mut self) {
        let Some(FanOut {
            channel,
            mut blanked,
            postponed,
        }) = self.fan_out.take()
        else {
            return;
        };
        // From the end, so that the receiver that moves to a blanked position is never a blanked one.
        blanked.sort_unstable();
        for (class, at) in blanked.into_iter().rev() {
            let position = Position::Fast { class, at };
            let room = self.by_channel.get_mut(&channel);
            if let Some(moved) = room.and_then(|room| room.remove(position)) {
                self.positions.set(moved, channel, position);
            }
        }
        for index in postponed {
            self.relocate(index, channel, Placement::Slow { fast_holds: true });
        }
        self.drop_if_empty(channel);
    }

    /// Whose numbers a slow listener of this channel counts among. The actor may be a new one since last time.
    pub fn note_numbers(&mut self, channel: ChannelId, numbers: Option<&Arc<ActorNumbers>>) {
        let (Some(room), Some(numbers)) = (self.by_channel.get_mut(&channel), numbers) else {
            return;
        };
        let known = room.numbers.as_ref();
        if !known.is_some_and(|known| Arc::ptr_eq(known, numbers)) {
            room.numbers = Some(numbers.clone());
        }
    }

    /// Numbers of the channels that a connection listens to.
    pub fn numbers_of(&self, index: ConnectionIndex) -> impl Iterator<Item = &Arc<ActorNumbers>> {
        let rooms = self.channels_of(index);
        rooms.filter_map(|channel| self.get(channel)?.numbers.as_ref())
    }

    fn channels_of(&self, index: ConnectionIndex) -> impl Iterator<Item = ChannelId> {
        let positions = self.positions.of(index).into_iter();
        positions.flat_map(|positions| positions.keys().copied())
    }
}
