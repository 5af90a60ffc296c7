//! The listeners of one channel's messages on one shard, laid out for a walk over thousands of them.

use std::os::fd::RawFd;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::protocol::frame::ID_LENGTH;
use crate::protocol::render_class::RenderClass;
use crate::telemetry::ActorNumbers;

/// Receivers served before the thread is offered to others. About 3 ms at 3 µs each.
pub const SLICE: usize = 1024;

/// Place of a connection in its shard.
pub type Slot = u32;

/// All that a delivery to a socket that keeps up has to read: 40 bytes, side by side with the next one's.
#[derive(Clone, Copy, Debug)]
pub struct Receiver {
    /// Open descriptor; -1 once the connection is gone and a walk is still under way.
    pub fd: RawFd,
    /// Whose it is, for everything but the plain case.
    pub slot: Slot,
    /// Its one subscription id, as it stands between the quotes.
    pub id: [u8; ID_LENGTH],
}

/// Receivers that get the same bytes but for their id.
#[derive(Debug)]
pub struct Class {
    /// How they want messages shown.
    pub display: RenderClass,
    /// In no order.
    pub receivers: Vec<Receiver>,
}

/// Where a connection stands in an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// One subscription without filters: index of class and receiver.
    Plain(u8, u32),
    /// Several subscriptions, or filters: index among the others.
    Other(u32),
}

/// The listeners of one channel's messages.
#[derive(Debug, Default)]
pub struct Audience {
    /// By display class. Classes stay until the audience goes, so that their index holds.
    pub classes: SmallVec<[Class; 1]>,
    /// Connections that have to be looked at one by one.
    pub others: Vec<Slot>,
    /// Numbers of the channel, once a message of it has passed.
    pub numbers: Option<Arc<ActorNumbers>>,
}

impl Audience {
    /// Nobody listens.
    pub fn is_empty(&self) -> bool {
        self.others.is_empty() && self.classes.iter().all(|class| class.receivers.is_empty())
    }

    /// How many listen.
    pub fn len(&self) -> usize {
        self.others.len()
            + self
                .classes
                .iter()
                .map(|class| class.receivers.len())
                .sum::<usize>()
    }

    /// Puts a plain receiver in. `None` if there are more classes than an index holds; it must then stand
    /// among the others.
    pub fn add_plain(&mut self, display: RenderClass, receiver: Receiver) -> Option<Stand> {
        let known = self
            .classes
            .iter()
            .position(|class| class.display == display);
        let class = known.unwrap_or_else(|| {
            self.classes.push(Class {
                display,
                receivers: Vec::new(),
            });
            self.classes.len() - 1
        });
        let index = u8::try_from(class).ok()?;
        let receivers = &mut self.classes.get_mut(class)?.receivers;
        let at = u32::try_from(receivers.len()).ok()?;
        receivers.push(receiver);
        Some(Stand::Plain(index, at))
    }

    /// Puts a connection in that has to be looked at.
    pub fn add_other(&mut self, slot: Slot) -> Stand {
        self.others.push(slot);
        Stand::Other(u32::try_from(self.others.len() - 1).unwrap_or(u32::MAX))
    }

    /// Takes a connection out. Returns who moved into its place, if anybody did.
    pub fn remove(&mut self, stand: Stand) -> Option<Slot> {
        match stand {
            Stand::Plain(class, at) => {
                let receivers = &mut self.classes.get_mut(usize::from(class))?.receivers;
                let at = at as usize;
                if at < receivers.len() {
                    receivers.swap_remove(at);
                }
                receivers.get(at).map(|moved| moved.slot)
            }
            Stand::Other(at) => {
                let at = at as usize;
                if at < self.others.len() {
                    self.others.swap_remove(at);
                }
                self.others.get(at).copied()
            }
        }
    }

    /// Leaves the place but makes it inert: for a connection that goes while a walk is under way.
    pub fn blank(&mut self, stand: Stand) {
        if let Stand::Plain(class, at) = stand
            && let Some(class) = self.classes.get_mut(usize::from(class))
            && let Some(receiver) = class.receivers.get_mut(at as usize)
        {
            receiver.fd = -1;
        }
    }
}
