//! From a message on the channel to what the reader of the log takes.

use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::Handle;
use super::repeats::Repeats;
use super::sealing::{Kind, Opened, Seal};
use super::{NodeId, Replica};
use crate::event::{Event, Pos};
use crate::store::Parcel;
use crate::telemetry::Counter;

/// Messages that may wait for the reader of the log.
const WAITING: usize = 4096;

/// Kibibytes of rows whose events may wait for it or be in its hands: 64 MiB.
const WAITING_KIB: usize = 64 * 1024;

/// What another server sent.
#[derive(Debug)]
pub enum Arrived {
    /// A commit.
    Batch(ArrivedBatch),
    /// There was a commit up to here, to be read in the table.
    Committed(Pos),
    /// An ephemeral event.
    Event(Event),
}

/// The events of a commit of another server, in `pos` order. They count against the bound of the queue until it is
/// dropped.
#[derive(Debug)]
pub struct ArrivedBatch {
    /// The events.
    pub events: Vec<Arc<Event>>,
    _held: OwnedSemaphorePermit,
}

#[cfg(test)]
impl ArrivedBatch {
    /// One that came out of no queue.
    pub(crate) fn of(events: Vec<Arc<Event>>) -> Self {
        let room = Arc::new(Semaphore::new(1));
        let _held = room.try_acquire_owned().unwrap();
        Self { events, _held }
    }
}

/// Reads messages and hands them on.
pub(super) struct Arriving {
    seal: Seal,
    handle: Arc<Handle>,
    replica: Arc<dyn Replica>,
    sender: mpsc::Sender<Arrived>,
    room: Arc<Semaphore>,
    repeats: Repeats,
}

impl Arriving {
    pub(super) fn new(
        seal: Seal,
        handle: Arc<Handle>,
        replica: Arc<dyn Replica>,
    ) -> (Self, mpsc::Receiver<Arrived>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let arriving = Self {
            seal,
            handle,
            replica,
            sender,
            room: Arc::new(Semaphore::new(WAITING_KIB)),
            repeats: Repeats::default(),
        };
        (arriving, receiver)
    }

    /// Takes a message. Whether it is the first one of this server that came back.
    pub(super) fn take(&self, message: &[u8]) -> bool {
        let metrics = &self.handle.metrics;
        let Some(opened) = self.seal.open(message) else {
            metrics.add(Counter::BusUnreadable, 1);
            return false;
        };
        if !self.repeats.is_new(&opened, self.handle.clock.now()) {
            metrics.add(Counter::BusRepeated, 1);
            return false;
        }
        let Opened {
            node,
            sent,
            kind,
            content,
            ..
        } = opened;
        if node == self.seal.node {
            return self.handle.state.came_back(sent);
        }
        let is_read = match kind {
            Kind::Beat => true,
            Kind::Rows | Kind::Long => self.take_commit(kind, content),
            Kind::Event => self.take_event(&content),
            Kind::Presence => {
                self.take_presence(node, &content);
                true
            }
        };
        if !is_read {
            metrics.add(Counter::BusUnreadable, 1);
        }
        false
    }

    fn take_commit(&self, kind: Kind, mut content: Bytes) -> bool {
        let mut pos = || content.try_get_i64_le().ok().map(Pos);
        let (Some(first), Some(last)) = (pos(), pos()) else {
            return false;
        };
        let metrics = &self.handle.metrics;
        metrics.add(Counter::BusReceived, 1);
        if kind == Kind::Long {
            self.hand_over(Arrived::Committed(last));
            return true;
        }
        let kib = u32::try_from(content.len().div_ceil(1024)).unwrap_or(u32::MAX);
        let Ok(held) = self.room.clone().try_acquire_many_owned(kib) else {
            metrics.add(Counter::BusDropped, 1);
            return true;
        };
        let rows = content;
        let Some(events) = (Parcel { first, last, rows }).unpack() else {
            // A newer server may have written it: the table says what to make of it.
            self.hand_over(Arrived::Committed(last));
            return false;
        };
        let _held = held;
        self.hand_over(Arrived::Batch(ArrivedBatch { events, _held }));
        true
    }

    fn take_event(&self, content: &[u8]) -> bool {
        match serde_json::from_slice::<Event>(content) {
            // One with a position would be an event of the log.
            Ok(event) if event.pos.is_none() => {
                if self.sender.try_send(Arrived::Event(event)).is_err() {
                    self.handle.metrics.add(Counter::EphemeralDropped, 1);
                }
                true
            }
            Ok(_) | Err(_) => false,
        }
    }

    /// At once, so that a client which hears of a presence also finds it.
    fn take_presence(&self, from: NodeId, said: &[u8]) {
        for reply in self.replica.take(from, said) {
            self.handle.send(Kind::Presence, reply);
        }
    }

    fn hand_over(&self, arrived: Arrived) {
        if self.sender.try_send(arrived).is_err() {
            self.handle.metrics.add(Counter::BusDropped, 1);
        }
    }
}
