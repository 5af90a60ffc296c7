//! Sockets on their way out: closed by either side, cut off, or deaf.

use super::listener::Stage;
use super::{Engine, Occurrence};
use crate::load::audience::Ear;
use crate::load::frame;
use std::io::{ErrorKind, Read};

/// What a listener that was cut off takes along to its next connection.
#[derive(Debug)]
pub(in crate::load) struct Dropped {
    pub(in crate::load) circle: usize,
    pub(in crate::load) ear: Ear,
    pub(in crate::load) connection_id: String,
    pub(in crate::load) cursor: String,
}

impl Engine {
    /// The socket is over, whoever ended it.
    pub(super) fn end(&mut self, slot: usize, code: Option<u16>) {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        let was = std::mem::replace(&mut listener.stage, Stage::Gone);
        // Dropping the stream closes it, which also takes it out of the epoll set.
        listener.stream = None;
        listener.rest = Vec::new();
        match was {
            Stage::Gone => {}
            Stage::Connecting | Stage::Upgrading | Stage::Greeting | Stage::Following => {
                self.opening = self.opening.saturating_sub(1);
                self.tally.failed_connects += 1;
                self.occurrences.push(Occurrence::Failed(slot));
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
                self.occurrences.push(Occurrence::Closed(slot));
            }
        }
    }

    fn leave_circle(&mut self, slot: usize) {
        let Some(listener) = self.listeners.get(slot) else {
            return;
        };
        let Some(circle) = self.circles.get_mut(listener.circle) else {
            return;
        };
        let completed = circle.audience.leave(&listener.ear);
        self.live = self.live.saturating_sub(1);
        self.settle(u64::from(completed));
    }

    /// Says goodbye and waits for the server to hang up.
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

    /// Cuts the connection without a word, as a network does; what it had heard.
    pub(in crate::load) fn cut(&mut self, slot: usize) -> Option<Dropped> {
        if self.stage(slot) != Stage::Live {
            return None;
        }
        self.leave_circle(slot);
        let listener = self.listeners.get_mut(slot)?;
        listener.stage = Stage::Gone;
        listener.stream = None;
        listener.rest = Vec::new();
        let dropped = Dropped {
            circle: listener.circle,
            ear: std::mem::take(&mut listener.ear),
            connection_id: std::mem::take(&mut listener.connection_id),
            cursor: std::mem::take(&mut listener.cursor),
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

    /// Gives a slot back after its socket is over.
    pub(in crate::load) fn vacate(&mut self, slot: usize) {
        if self.stage(slot) == Stage::Gone {
            self.vacant.push(slot);
        }
    }

    /// Accepted messages that listeners who are still there did not hear.
    pub(in crate::load) fn lost(&self) -> u64 {
        let live = self
            .listeners
            .iter()
            .filter(|listener| listener.stage == Stage::Live);
        live.filter_map(|listener| Some((listener, self.circles.get(listener.circle)?)))
            .map(|(listener, circle)| {
                circle.audience.lost(&listener.ear) + circle.audience.unheard()
            })
            .sum()
    }
}
