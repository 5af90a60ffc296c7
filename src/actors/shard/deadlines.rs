//! Silence, claims, stalled queues, the end of a goodbye: what is due when a tick of the wheel passes.

use std::rc::Rc;
use std::time::Duration;

use super::Shard;
use super::audience::Slot;
use super::link::Who;
use crate::protocol::goodbye::Goodbye;

/// Length of a tick of the timer wheel: fine enough for a deadline of seconds, and twenty wake-ups per
/// second cost nothing.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// Why a connection is looked at when its moment in the wheel comes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    /// Silence and claim; looked at as long as the connection lives.
    Life,
    /// A queue that does not move; looked at as long as there is one.
    Stall,
    /// The end of a goodbye.
    End,
}

impl Shard {
    /// Starts the deadlines of a connection that was just admitted.
    pub fn watch(&self, slot: Slot, serial: u64, unclaimed: bool) {
        let first = if unclaimed {
            self.limits.unclaimed_ms
        } else {
            self.silence_ms()
        };
        self.wheel.borrow_mut().put(
            (slot, serial, Look::Life),
            ticks(first.min(self.silence_ms())),
        );
    }

    fn silence_ms(&self) -> u64 {
        self.limits.silence_ms.saturating_add(self.limits.grace_ms)
    }

    pub(super) fn tick(self: &Rc<Self>) {
        let due = self.wheel.borrow_mut().turn();
        for (slot, serial, look) in due {
            let again = match look {
                Look::Life => self.look_at_life(slot, serial),
                Look::Stall => self.look_at_queue(slot, serial),
                Look::End => {
                    self.end(slot, serial);
                    None
                }
            };
            if let Some(wait) = again {
                self.wheel.borrow_mut().put((slot, serial, look), wait);
            }
        }
    }

    fn look_at_life(self: &Rc<Self>, slot: Slot, serial: u64) -> Option<u32> {
        let now = self.now();
        let (quiet, unclaimed_for) = {
            let state = self.state.borrow();
            let link = state
                .link(slot)
                .filter(|link| link.serial == serial && link.closing.is_none())?;
            let unclaimed = matches!(link.who, Who::Unclaimed(_));
            (
                now.wrapping_sub(link.heard),
                unclaimed.then(|| now.wrapping_sub(link.opened)),
            )
        };
        let (silence, claim) = (ticks(self.silence_ms()), ticks(self.limits.unclaimed_ms));
        if unclaimed_for.is_some_and(|age| age >= claim) {
            self.hang_up(slot, Goodbye::Unclaimed);
            return None;
        }
        if quiet >= silence {
            self.hang_up(slot, Goodbye::Silent);
            return None;
        }
        let until_claim = unclaimed_for.map_or(u32::MAX, |age| claim - age);
        Some(until_claim.min(silence - quiet))
    }

    fn look_at_queue(self: &Rc<Self>, slot: Slot, serial: u64) -> Option<u32> {
        let since = {
            let mut state = self.state.borrow_mut();
            let link = state
                .link_mut(slot)
                .filter(|link| link.serial == serial && link.closing.is_none())?;
            let since = link.socket.behind_since();
            link.stall_watched = since.is_some();
            since?
        };
        let (still, allowed) = (
            since.elapsed(),
            Duration::from_millis(self.limits.stalled_ms),
        );
        if still >= allowed {
            self.hang_up(slot, Goodbye::Slow);
            return None;
        }
        Some(ticks(
            u64::try_from((allowed - still).as_millis()).unwrap_or(u64::MAX),
        ))
    }

    fn end(&self, slot: Slot, serial: u64) {
        let state = self.state.borrow();
        if let Some(link) = state.link(slot).filter(|link| link.serial == serial) {
            link.socket.end();
        }
    }
}

pub(super) fn ticks(millis: u64) -> u32 {
    let tick = u64::try_from(TICK.as_millis()).unwrap_or(1);
    u32::try_from(millis.div_ceil(tick)).unwrap_or(u32::MAX)
}
