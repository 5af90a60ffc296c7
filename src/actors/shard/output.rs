//! Bytes for one connection: straight to its socket, into its queue, or the close frame.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Shard;
use super::deadlines::{Check, ticks};
use super::outbox::Remainder;
use super::socket::{Sent, Socket, send_now};
use super::state::{ConnectionIndex, ConnectionRef};
use crate::protocol::goodbye::{Ended, Goodbye};
use crate::telemetry::Counter;

/// How long a socket may take nothing before a full queue means that its reader is slow.
const BURST: Duration = Duration::from_millis(250);

/// How many times its bound a queue may hold during a burst.
const BURST_BOUNDS: usize = 8;

impl Shard {
    /// Closes a connection: its subscriptions end, queued frames are dropped, the close frame is sent, and when
    /// the peer answers or the time is up the connection ends.
    pub fn close(self: &Rc<Self>, index: ConnectionIndex, goodbye: Goodbye) {
        let serial = {
            let mut state = self.state.borrow_mut();
            let handle = state.connections.get_mut(index);
            let Some(handle) = handle.filter(|handle| handle.closing.is_none()) else {
                return;
            };
            handle.closing = Some(goodbye);
            self.note_end(handle, Ended::Told(goodbye));
            handle.socket.drop_queue();
            handle.hold.take();
            if let Some(progress) = &handle.catching_up {
                progress.notify_one();
            }
            let serial = handle.serial;
            if goodbye == Goodbye::Slow {
                state.count_slow(index);
            }
            state.unsubscribe(index, |_| true);
            serial
        };
        match goodbye {
            Goodbye::Slow => {
                self.metrics.add(Counter::SlowCloses, 1);
                self.numbers.closed_slow();
            }
            Goodbye::Silent => self.metrics.add(Counter::SilentCloses, 1),
            Goodbye::Asked
            | Goodbye::GoingAway
            | Goodbye::ProtocolFault
            | Goodbye::NotUtf8
            | Goodbye::TooBig
            | Goodbye::TokenRevoked
            | Goodbye::Unclaimed
            | Goodbye::StreamDeleted
            | Goodbye::Disabled
            | Goodbye::TakenOver
            | Goodbye::Incomplete => {}
        }
        self.write(index, &self.last_words(index, goodbye));
        if let Some(handle) = self.state.borrow().connections.get(index)
            // No answer to the close frame follows from a client that receives an answer itself.
            && (goodbye.ends_connection() || handle.socket.descriptor().is_none())
        {
            handle.socket.finish();
        }
        let due = ConnectionRef { index, serial };
        let linger = ticks(self.limits.linger_ms);
        self.wheel.borrow_mut().put((due, Check::End), linger);
    }

    /// Ends a connection at once: its reader stops.
    pub(super) fn end(&self, index: ConnectionIndex) {
        if let Some(handle) = self.state.borrow().connections.get(index) {
            handle.socket.end();
        }
    }

    /// Writes whole frames to one connection, behind whatever waits for it.
    pub fn write(self: &Rc<Self>, index: ConnectionIndex, bytes: &Bytes) {
        let fd = {
            let state = self.state.borrow();
            let Some(handle) = state.connections.get(index) else {
                return;
            };
            let fd = handle.socket.descriptor();
            fd.filter(|_| !state.connections.is_behind(index))
        };
        match fd.map(|fd| send_now(fd, bytes)) {
            Some(Sent::All) => {}
            Some(Sent::Part(taken)) => self.queue(index, Remainder::of(bytes, taken)),
            Some(Sent::Broken) => self.end(index),
            None => self.queue(index, Remainder::of(bytes, 0)),
        }
    }

    /// Whether so much may not wait for this socket any more. A burst may fill a queue faster than any reader
    /// gets its turn, so the bound holds once the kernel has taken nothing for a while; a multiple of it holds
    /// always. The kernel is asked first: a fan-out that holds the thread for long keeps the drains from asking.
    fn is_over(&self, socket: &Socket, more: usize) -> bool {
        let bound = self.limits.queue_bytes;
        if socket.queued_bytes() + more > bound {
            socket.offer(Instant::now());
        }
        let waiting = socket.queued_bytes() + more;
        let is_stuck = socket
            .behind_since()
            .is_some_and(|since| since.elapsed() >= BURST);
        waiting > bound && (is_stuck || waiting > self.most())
    }

    /// What may wait for a socket in any case.
    fn most(&self) -> usize {
        self.limits.queue_bytes.saturating_mul(BURST_BOUNDS)
    }

    /// Has the queue of a socket checked, unless a check is due already.
    fn watch_queue(&self, connection: ConnectionRef) {
        let mut state = self.state.borrow_mut();
        let watched = state
            .connections
            .find_mut(connection)
            .is_some_and(|handle| std::mem::replace(&mut handle.stall_watched, true));
        if !watched {
            let wait = ticks(self.limits.stalled_ms);
            self.wheel
                .borrow_mut()
                .put((connection, Check::Stall), wait);
        }
    }

    /// Keeps bytes for a socket that is behind; over the bound it is closed as too slow.
    pub(super) fn queue(self: &Rc<Self>, index: ConnectionIndex, rest: Remainder) {
        let (over, begun) = {
            let mut state = self.state.borrow_mut();
            let Some(handle) = state.connections.get_mut(index) else {
                return;
            };
            let over = handle.closing.is_none()
                && match handle.catching_up {
                    None => self.is_over(&handle.socket, rest.len()),
                    // What is replayed waits for its socket, so the rest is answers and presence.
                    Some(_) => handle.socket.queued_bytes() > self.most(),
                };
            // The rest of a partly sent frame is queued even beyond the bound.
            if over && !rest.is_begun() {
                (true, None)
            } else {
                let now = Instant::now();
                let asked = handle.control.is_asked() && handle.closing.is_none() && !over;
                let before = asked.then(|| handle.socket.queued_bytes());
                let first = handle.socket.queue(rest, now);
                if let Some(before) = before {
                    self.warn_if_full(handle, before, now);
                }
                let serial = handle.serial;
                let begun = first.then(|| (handle.socket.clone(), ConnectionRef { index, serial }));
                state.connections.set_behind(index, true);
                (over, begun)
            }
        };
        if let Some((socket, connection)) = begun {
            self.watch_queue(connection);
            // An answer takes what waits by itself.
            if socket.descriptor().is_some() {
                self.drain(socket, connection);
            }
        }
        if over {
            self.close(index, Goodbye::Slow);
        }
    }
    /// Writes what waits for a socket as the kernel takes it.
    fn drain(self: &Rc<Self>, socket: Rc<Socket>, connection: ConnectionRef) {
        self.metrics.add(Counter::SocketsBehind, 1);
        let shard = self.clone();
        actix_rt::spawn(async move {
            socket.drain(Instant::now).await;
            let mut state = shard.state.borrow_mut();
            if state.connections.find(connection).is_some() {
                state.connections.set_behind(connection.index, false);
            }
            drop(state);
            shard.wake(connection);
        });
    }
}
