//! The listeners of one channel's messages on one shard, laid out for a fan-out to thousands of them.

use std::os::fd::RawFd;
use std::sync::Arc;

use smallvec::SmallVec;

use super::ConnectionIndex;
use crate::protocol::frame::ID_LENGTH;
use crate::protocol::render_class::RenderClass;
use crate::telemetry::ActorNumbers;

/// All that a delivery to a socket that keeps up has to read: 40 bytes, side by side with the next one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Open descriptor; -1 where the receiver left during a fan-out.
    pub fd: RawFd,
    /// Its connection, for everything but the fast path.
    pub index: ConnectionIndex,
    /// Its one subscription id, as it is written between the quotes.
    pub id: [u8; ID_LENGTH],
}

impl Receiver {
    /// Whether it is still there.
    pub fn is_present(&self) -> bool {
        self.fd >= 0
    }
}

/// Receivers that get the same bytes but for their id.
#[derive(Debug)]
pub struct Class {
    /// How they want messages shown.
    pub render_class: RenderClass,
    /// In no order.
    pub receivers: Vec<Receiver>,
}

/// Where a connection is among the listeners of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// One subscription without filters.
    Fast {
        /// Index of its class.
        class: u8,
        /// Index among the receivers of the class.
        at: u32,
    },
    /// Several subscriptions, or filters.
    Slow {
        /// Index among the connections of the slow path.
        at: u32,
    },
}

/// The listeners of one channel's messages.
#[derive(Debug, Default)]
pub struct RoomListeners {
    /// Fast path, by render class. Classes stay until the room goes, so that their index holds.
    pub classes: SmallVec<[Class; 1]>,
    /// Slow path: each event is held against the subscriptions of each of these connections.
    pub slow: Vec<ConnectionIndex>,
    /// Numbers of the channel, once a message of it has passed.
    pub numbers: Option<Arc<ActorNumbers>>,
}

impl RoomListeners {
    /// Whether there is no listener.
    pub fn is_empty(&self) -> bool {
        self.slow.is_empty() && self.classes.iter().all(|class| class.receivers.is_empty())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        let classes = self.classes.iter();
        self.slow.len() + classes.map(|class| class.receivers.len()).sum::<usize>()
    }

    /// All of them.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionIndex> {
        let receivers = self.classes.iter().flat_map(|class| &class.receivers);
        let present = receivers.filter(|receiver| receiver.is_present());
        let fast = present.map(|receiver| receiver.index);
        fast.chain(self.slow.iter().copied())
    }

    /// The receiver at a position of the fast path, with its class.
    pub(super) fn receiver(&self, position: Position) -> Option<(RenderClass, &Receiver)> {
        let Position::Fast { class, at } = position else {
            return None;
        };
        let class = self.classes.get(usize::from(class))?;
        Some((class.render_class, class.receivers.get(at as usize)?))
    }

    /// Adds a receiver of the fast path. `None` if there are more classes than an index holds; the slow path
    /// serves it then.
    pub(super) fn add_fast(
        &mut self,
        render_class: RenderClass,
        receiver: Receiver,
    ) -> Option<Position> {
        let mut classes = self.classes.iter();
        let known = classes.position(|class| class.render_class == render_class);
        let class = known.unwrap_or(self.classes.len());
        let index = u8::try_from(class).ok()?;
        if known.is_none() {
            self.classes.push(Class {
                render_class,
                receivers: Vec::new(),
            });
        }
        let receivers = &mut self.classes.get_mut(class)?.receivers;
        let at = u32::try_from(receivers.len()).ok()?;
        receivers.push(receiver);
        Some(Position::Fast { class: index, at })
    }

    /// Adds a connection to the slow path.
    pub(super) fn add_slow(&mut self, index: ConnectionIndex) -> Position {
        let at = u32::try_from(self.slow.len()).unwrap_or(u32::MAX);
        self.slow.push(index);
        Position::Slow { at }
    }

    /// Takes a listener out. Gives the one that moved to its position, if one did.
    pub(super) fn remove(&mut self, position: Position) -> Option<ConnectionIndex> {
        match position {
            Position::Fast { class, at } => {
                let receivers = &mut self.classes.get_mut(usize::from(class))?.receivers;
                let at = at as usize;
                if at < receivers.len() {
                    receivers.swap_remove(at);
                }
                receivers.get(at).map(|moved| moved.index)
            }
            Position::Slow { at } => {
                let at = at as usize;
                if at < self.slow.len() {
                    self.slow.swap_remove(at);
                }
                self.slow.get(at).copied()
            }
        }
    }

    /// Makes a receiver inert where it is: for one that leaves during a fan-out, when no other may move.
    pub(super) fn blank(&mut self, class: u8, at: u32) {
        let class = self.classes.get_mut(usize::from(class));
        if let Some(receiver) = class.and_then(|class| class.receivers.get_mut(at as usize)) {
            receiver.fd = -1;
        }
    }
}
