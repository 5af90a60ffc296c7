//! Closing sockets: closed by either side, disconnected, or no longer reading.

use super::listener::Stage;
use super::{Engine, SocketEvent};
use crate::load::frame;
use crate::load::ledger::{Newest, Reception};
use std::io::{ErrorKind, Read};

/// The state that a disconnected listener keeps for its next connection.
#[derive(Debug, Default)]
pub(in crate::load) struct Dropped {
    pub(in crate::load) circle: usize,
    /// The server that it was connected to.
    pub(in crate::load) node: usize,
    pub(in crate::load) reception: Reception,
    pub(in crate::load) newest: Newest,
    pub(in crate::load) subscription: Option<Box<[u8]>>,
    pub(in crate::load) connection_id: String,
    pub(in crate::load) cursor: String,
    /// Path and query of its stream.
    pub(in crate::load) stream: String,
    /// Token of its subscribing request, if it made one.
    pub(in crate::load) follow_as: Option<String>,
}

impl Engine {
    /// The socket is closed, by either side.
    pub(super) fn end(&mut self, slot: usize, code: Option<u16>) {
        self.end_after(slot, code, false);
    }

    /// The server refused its handshake or its subscription, which is counted already.
    pub(super) fn end_refused(&mut self, slot: usize) {
        self.end_after(slot, None, true);
    }

    fn end_after(&mut self, slot: usize, code: Option<u16>, refused: bool) {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        let node = listener.node;
        let was = std::mem::replace(&mut listener.stage, Stage::Gone);
        // Dropping the stream closes it, which also takes it out of the epoll set.
        listener.stream = None;
        listener.rest = Vec::new();
        match was {
            Stage::Gone => {}
            Stage::Connecting | Stage::Upgrading | Stage::Greeting | Stage::Subscribing => {
                self.opening = self.opening.saturating_sub(1);
                self.tally.failed_connects += 1;
                if !refused {
                    self.tally
                        .refuse_at(node, 0, b"the socket was closed before it was ready");
                }
                self.occurrences.push(SocketEvent::Failed(slot));
            }
            Stage::Live if self.nodes.keeps_cut && of_a_server_that_ended(code) => {
                self.live = self.live.saturating_sub(1);
                self.server_ended(node);
                self.occurrences.push(SocketEvent::Closed(slot));
            }
            Stage::Live | Stage::Leaving => {
                if was == Stage::Live {
                    *self
                        .tally
                        .closed_by_server
                        .entry(code.unwrap_or(1006))
                        .or_default() += 1;
                    self.leave_circle(slot);
                }
                self.occurrences.push(SocketEvent::Closed(slot));
            }
        }
    }

    /// A socket ended with its server: what is to be called goes to the others.
    fn server_ended(&mut self, node: usize) {
        if let Some(at) = self.tally.across.as_mut().and_then(|all| all.at(node)) {
            at.cut += 1;
        }
        self.leave_server(node);
    }

    /// A server ended: the others are called instead.
    pub(super) fn leave_server(&mut self, node: usize) {
        if self.nodes.mark_gone(node) {
            self.call_elsewhere(node);
        }
    }

    /// What a socket that has ended, and is no longer of use, leaves to the next one: one that its server's end has
    /// cut, or one that did not come back. What is written meanwhile is awaited.
    pub(in crate::load) fn take_back(&mut self, slot: usize) -> Option<Dropped> {
        (self.stage(slot) == Stage::Gone).then(|| self.reset(slot))?
    }

    fn leave_circle(&mut self, slot: usize) {
        let Some(listener) = self.listeners.get(slot) else {
            return;
        };
        let Some(circle) = self.circles.get_mut(listener.circle) else {
            return;
        };
        let completed = circle.ledger.leave(&listener.reception);
        self.live = self.live.saturating_sub(1);
        self.settle(u64::from(completed));
    }

    /// Sends a close frame and waits for the server to close.
    pub(in crate::load) fn leave(&mut self, slot: usize) {
        if self.stage(slot) != Stage::Live {
            return;
        }
        self.leave_circle(slot);
        let sent = self.say(slot, frame::CLOSE, &1000_u16.to_be_bytes());
        if let Some(listener) = self.listeners.get_mut(slot) {
            listener.stage = Stage::Leaving;
        }
        if !sent {
            self.end(slot, None);
        }
    }

    /// Resets the connection without a close frame, as a network failure does; returns its reception.
    pub(in crate::load) fn cut(&mut self, slot: usize) -> Option<Dropped> {
        if self.stage(slot) != Stage::Live {
            return None;
        }
        self.leave_circle(slot);
        self.reset(slot)
    }

    /// The same, and what is written meanwhile is awaited by this listener, as if it listened.
    pub(in crate::load) fn cut_and_await(&mut self, slot: usize) -> Option<Dropped> {
        if self.stage(slot) != Stage::Live {
            return None;
        }
        self.live = self.live.saturating_sub(1);
        self.reset(slot)
    }

    fn reset(&mut self, slot: usize) -> Option<Dropped> {
        let listener = self.listeners.get_mut(slot)?;
        listener.stage = Stage::Gone;
        listener.stream = None;
        listener.rest = Vec::new();
        let dropped = Dropped {
            circle: listener.circle,
            node: listener.node,
            reception: std::mem::take(&mut listener.reception),
            newest: std::mem::take(&mut listener.newest),
            subscription: listener.subscription.take(),
            connection_id: std::mem::take(&mut listener.connection_id),
            cursor: std::mem::take(&mut listener.cursor),
            stream: std::mem::take(&mut listener.stream_path),
            follow_as: listener.follow_as.take(),
        };
        self.vacant.push(slot);
        Some(dropped)
    }

    /// Stops reading; the socket stays open and fills up.
    pub(in crate::load) fn stop_reading(&mut self, slot: usize) {
        self.leave_circle(slot);
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        listener.stage = Stage::Leaving;
        if let Some(stream) = &listener.stream {
            self.poller.ignore(stream).unwrap_or_default();
        }
    }

    /// Reads what a socket that had stopped reading still holds: whether the server closed it meanwhile.
    pub(in crate::load) fn was_closed(&mut self, slot: usize) -> bool {
        let stream = self
            .listeners
            .get_mut(slot)
            .and_then(|listener| listener.stream.as_mut());
        let Some(stream) = stream else { return true };
        loop {
            match stream.read(&mut self.buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    }

    /// Releases the slot of a closed socket.
    pub(in crate::load) fn vacate(&mut self, slot: usize) {
        if self.stage(slot) == Stage::Gone {
            self.vacant.push(slot);
        }
    }

    /// A message had arrived without its number: it is not lost.
    pub(in crate::load) fn arrived(&mut self, slot: usize, channel: &str, seq: u32) {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        if let Some(circle) = self.circles.get_mut(listener.circle)
            && circle.rooms.iter().any(|room| room.id == channel)
        {
            circle.ledger.hear(&mut listener.reception, seq);
        }
    }

    /// Accepted messages that still connected listeners did not receive.
    pub(in crate::load) fn lost(&self) -> u64 {
        let live = self
            .listeners
            .iter()
            .filter(|listener| listener.stage == Stage::Live);
        live.filter_map(|listener| Some((listener, self.circles.get(listener.circle)?)))
            .map(|(listener, circle)| {
                circle.ledger.lost(&listener.reception) + circle.ledger.unheard()
            })
            .sum()
    }
}

/// Whether a socket that was closed so was closed because its server ends: without a word, or with going away (1001).
fn of_a_server_that_ended(code: Option<u16>) -> bool {
    matches!(code, None | Some(1001))
}
