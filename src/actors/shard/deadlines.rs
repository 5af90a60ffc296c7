//! Silence, claims, stalled queues, connections that are closing: what is due when a tick of the wheel passes.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Shard;
use super::state::{ConnectionRef, Identity};
use crate::protocol::frame::HEARTBEAT;
use crate::protocol::goodbye::Goodbye;

/// Length of a tick of the timer wheel: fine enough for a deadline of seconds. (Each tick wakes the thread twice, and twenty a
/// second took 1 ms of processor time on each shard of an idle server.)
pub(super) const TICK: Duration = Duration::from_millis(100);

/// The reason for which a connection is in the wheel.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    /// Silence and claim; checked as long as the connection lives. A stream that leaves as an answer hears nothing from its
    /// client: it is sent a sign of life in place of that.
    Life,
    /// Events that wait for the page of a subscribing call; checked as long as they do.
    Hold,
    /// A queue that does not move; checked as long as there is one.
    Stall,
    /// The end of a connection whose close frame is out.
    End,
}

impl Shard {
    /// Starts the deadlines of a connection that was just admitted.
    pub fn watch(&self, connection: ConnectionRef, unclaimed: bool) {
        let silence = self.silence_of(connection);
        let wait = match unclaimed {
            true => silence.min(ticks(self.limits.unclaimed_ms)),
            false => silence,
        };
        self.wheel.borrow_mut().put((connection, Check::Life), wait);
    }

    fn is_answer(&self, connection: ConnectionRef) -> bool {
        let state = self.state.borrow();
        let handle = state.connections.find(connection);
        handle.is_some_and(|handle| handle.socket.descriptor().is_none())
    }

    /// Ticks of silence: of the client, or of the server where the client cannot be heard.
    fn silence_of(&self, connection: ConnectionRef) -> u32 {
        ticks(match self.is_answer(connection) {
            true => self.limits.heartbeat_ms,
            false => self.limits.silence_ms.saturating_add(self.limits.grace_ms),
        })
    }

    /// Sends a sign of life: a proxy keeps the connection, and the kernel finds out that the peer is gone.
    fn beat(self: &Rc<Self>, connection: ConnectionRef) {
        let now = self.now();
        if let Some(handle) = self.state.borrow_mut().connections.find_mut(connection) {
            handle.heard = now;
        }
        self.write(connection.index, &Bytes::from_static(HEARTBEAT));
    }

    /// Ticks to wait while the thread catches up after a stall: then no deadline closes a connection.
    fn grace(&self) -> Option<u32> {
        let left = self.stalls.grace(Instant::now())?.as_millis();
        Some(ticks(u64::try_from(left).unwrap_or(u64::MAX)))
    }

    /// One tick passes.
    pub(super) fn tick(self: &Rc<Self>) {
        let due = self.wheel.borrow_mut().turn();
        for (connection, check) in due {
            let again = self.guarded_check(connection.index, || match check {
                Check::Life => self.check_life(connection),
                Check::Stall => self.check_queue(connection),
                Check::Hold => self.check_hold(connection),
                Check::End => {
                    let state = self.state.borrow();
                    if let Some(handle) = state.connections.find(connection) {
                        handle.socket.end();
                    }
                    None
                }
            });
            if let Some(wait) = again {
                self.wheel.borrow_mut().put((connection, check), wait);
            }
        }
    }

    /// Closes a connection that is silent or was not claimed in time, else says when to check again.
    fn check_life(self: &Rc<Self>, connection: ConnectionRef) -> Option<u32> {
        let now = self.now();
        let (quiet, unclaimed_for) = {
            let state = self.state.borrow();
            let handle = state.connections.find_open(connection)?;
            let is_unclaimed = matches!(handle.identity, Identity::Unclaimed(_));
            (
                now.wrapping_sub(handle.heard),
                is_unclaimed.then(|| now.wrapping_sub(handle.opened)),
            )
        };
        if let Some(wait) = self.grace() {
            return Some(wait);
        }
        let silence = self.silence_of(connection);
        let claim = ticks(self.limits.unclaimed_ms);
        if unclaimed_for.is_some_and(|age| age >= claim) {
            self.close(connection.index, Goodbye::Unclaimed);
            return None;
        }
        let until_claim = unclaimed_for.map_or(u32::MAX, |age| claim - age);
        if quiet < silence {
            return Some(until_claim.min(silence - quiet));
        }
        if self.is_answer(connection) {
            self.beat(connection);
            return Some(until_claim.min(silence));
        }
        self.close(connection.index, Goodbye::Silent);
        None
    }

    /// Closes a connection whose queue does not move, else says when to check again while there is one.
    fn check_queue(self: &Rc<Self>, connection: ConnectionRef) -> Option<u32> {
        let since = {
            let mut state = self.state.borrow_mut();
            let handle = state.connections.find_mut(connection)?;
            if handle.closing.is_some() {
                return None;
            }
            if handle.catching_up.is_some() {
                // Not a slow reader: it is waited for.
                return Some(ticks(self.limits.stalled_ms));
            }
            let since = handle.socket.behind_since();
            handle.stall_watched = since.is_some();
            since?
        };
        if let Some(wait) = self.grace() {
            return Some(wait);
        }
        let still = since.elapsed();
        let allowed = Duration::from_millis(self.limits.stalled_ms);
        if still >= allowed {
            self.close(connection.index, Goodbye::Slow);
            return None;
        }
        let left = (allowed - still).as_millis();
        Some(ticks(u64::try_from(left).unwrap_or(u64::MAX)))
    }
}

/// Ticks of the wheel that last at least as long.
pub(super) fn ticks(millis: u64) -> u32 {
    let tick = u64::try_from(TICK.as_millis()).unwrap_or(1);
    u32::try_from(millis.div_ceil(tick)).unwrap_or(u32::MAX)
}
