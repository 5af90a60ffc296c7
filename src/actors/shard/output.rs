//! Bytes for one connection: straight to its socket, into its queue, or the goodbye.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Shard;
use super::audience::Slot;
use super::deadlines::{Look, ticks};
use super::socket::{Sent, Socket, send_now};
use crate::protocol::goodbye::Goodbye;
use crate::telemetry::Counter;

/// How long a socket may take nothing before a full queue means that its reader is slow.
const BURST: Duration = Duration::from_millis(250);

/// How many times its bound a queue may hold during a burst.
const BURST_BOUNDS: usize = 8;

impl Shard {
    /// Says goodbye: nothing more is heard, what waits is dropped, the close frame goes out, and when the
    /// peer answers or the time is up the connection ends.
    pub fn hang_up(self: &Rc<Self>, slot: Slot, goodbye: Goodbye) {
        let linger = ticks(self.limits.linger_ms);
        let deadline = self.now().wrapping_add(linger);
        let serial = {
            let mut state = self.state.borrow_mut();
            if state.link(slot).is_none_or(|link| link.closing.is_some()) {
                return;
            }
            if goodbye == Goodbye::Slow {
                state.count_slow(slot);
            }
            let Some(link) = state.link_mut(slot) else {
                return;
            };
            link.closing = Some((goodbye, deadline));
            link.socket.drop_queue();
            let serial = link.serial;
            state.unfollow(slot, |_| true);
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
            | Goodbye::Incomplete => {}
        }
        self.write(slot, &goodbye.frame());
        self.wheel
            .borrow_mut()
            .put((slot, serial, Look::End), linger);
    }

    /// Writes to one connection, behind whatever waits for it.
    pub fn write(self: &Rc<Self>, slot: Slot, bytes: &[u8]) {
        let fd = {
            let state = self.state.borrow();
            let Some(link) = state.link(slot) else { return };
            (!state.is_behind(slot)).then(|| link.socket.fd())
        };
        match fd.map(|fd| send_now(fd, bytes)) {
            Some(Sent::All) => {}
            Some(Sent::Part(taken)) => {
                self.queue(slot, bytes.get(taken..).unwrap_or_default(), taken > 0);
            }
            Some(Sent::Broken) => {
                if let Some(link) = self.state.borrow().link(slot) {
                    link.socket.end();
                }
            }
            None => self.queue(slot, bytes, false),
        }
    }

    /// Whether so much may not wait for this socket any more. A burst may fill a queue faster than any reader
    /// gets its turn, so the bound holds once the kernel has taken nothing for a while; a multiple of it holds
    /// always.
    fn is_over(&self, socket: &Socket, more: usize) -> bool {
        let waiting = socket.queued_bytes() + more;
        let bound = self.limits.queue_bytes;
        let is_stuck = socket
            .behind_since()
            .is_some_and(|since| since.elapsed() >= BURST);
        waiting > bound && (is_stuck || waiting > bound.saturating_mul(BURST_BOUNDS))
    }

    /// Has the queue of a socket looked at, unless a look is due already.
    fn watch_queue(&self, slot: Slot, serial: u64) {
        let mut state = self.state.borrow_mut();
        let watched = state
            .link_mut(slot)
            .is_some_and(|link| std::mem::replace(&mut link.stall_watched, true));
        if !watched {
            let wait = ticks(self.limits.stalled_ms);
            self.wheel
                .borrow_mut()
                .put((slot, serial, Look::Stall), wait);
        }
    }

    /// Keeps bytes for a socket that is behind; over the bound it is closed as too slow.
    pub(super) fn queue(self: &Rc<Self>, slot: Slot, rest: &[u8], begun: bool) {
        let (over, drain) = {
            let mut state = self.state.borrow_mut();
            let Some(link) = state.link(slot) else { return };
            let over = link.closing.is_none() && self.is_over(&link.socket, rest.len());
            // Even over the bound the rest of a frame whose beginning is gone has to follow.
            if over && !begun {
                (true, None)
            } else {
                let first = link
                    .socket
                    .queue(Bytes::copy_from_slice(rest), begun, Instant::now());
                let drain = first.then(|| (link.socket.clone(), link.serial));
                state.set_behind(slot, true);
                (over, drain)
            }
        };
        if let Some((socket, serial)) = drain {
            self.metrics.add(Counter::SocketsBehind, 1);
            self.watch_queue(slot, serial);
            let shard = self.clone();
            actix_rt::spawn(async move {
                socket.drain(Instant::now).await;
                let mut state = shard.state.borrow_mut();
                if state.link(slot).is_some_and(|link| link.serial == serial) {
                    state.set_behind(slot, false);
                }
            });
        }
        if over {
            self.hang_up(slot, Goodbye::Slow);
        }
    }
}
