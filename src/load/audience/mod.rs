//! Listeners that should all hear the same messages in the same order: the sockets of one room, the inboxes
//! of the same people, the consumers of one firehose.
//!
//! The order is the server's to choose among messages in flight, so the first listener to hear a message
//! fixes its place, and all others must hear it there. Nothing here does I/O.

use super::measure::{Latency, Precision};
use std::collections::BTreeSet;

/// A gap wider than this is counted as lost at once instead of being remembered number by number.
const REMEMBERED_GAP: u32 = 10_000;

/// One listener's ear: how far it has heard, and what it misses.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// Next place in the audience's order.
    cursor: u32,
    /// Places that were passed over and not yet made up for.
    missing: BTreeSet<u32>,
    /// Whether what was said before its first message counts.
    from_start: bool,
}

impl Ear {
    /// An ear that was open before the first message.
    pub(super) fn from_start() -> Self {
        Self {
            from_start: true,
            ..Self::default()
        }
    }

    /// An ear that comes in the middle: what was said before its first message does not count.
    pub(super) fn from_now() -> Self {
        Self::default()
    }
}

/// What one received number meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// The next in the common order.
    InOrder,
    /// Some places were passed over, so many.
    Skipped(u32),
    /// A place that had been passed over before.
    Late,
    /// Once more.
    Again,
    /// A number that nobody sent.
    Unknown,
}

/// What became of one message.
#[derive(Debug, Clone, Copy, Default)]
struct Sent {
    /// Place in the order plus one; 0 while nobody has heard it.
    place: u32,
    /// Listeners that have not heard it yet.
    waiting: u32,
    /// The server answered with success.
    acked: bool,
    /// The server refused it, or the answer never came.
    failed: bool,
}

/// The messages of one audience, and who has heard them.
#[derive(Debug)]
pub(super) struct Audience {
    listeners: u32,
    sent: Vec<Sent>,
    /// Numbers in the order in which they were first heard.
    order: Vec<u32>,
    /// Arrival at each listener, from the intended moment.
    pub(super) arrival: Latency,
    /// Frames heard while the clock ran.
    pub(super) frames: u64,
}

impl Audience {
    /// An audience without listeners.
    pub(super) fn new(precision: Precision) -> Self {
        Self {
            listeners: 0,
            sent: Vec::new(),
            order: Vec::new(),
            arrival: Latency::new(precision),
            frames: 0,
        }
    }

    /// One more listener.
    pub(super) fn join(&mut self) {
        self.listeners += 1;
    }

    /// How many listen now.
    pub(super) fn listeners(&self) -> u32 {
        self.listeners
    }

    /// Takes the next number for a message that is about to be sent.
    pub(super) fn number(&mut self) -> u32 {
        let seq = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        self.sent.push(Sent {
            waiting: self.listeners,
            ..Sent::default()
        });
        seq
    }

    /// The server's answer came. True when this completes the message.
    pub(super) fn answered(&mut self, seq: u32, accepted: bool) -> bool {
        let Some(sent) = self.sent.get_mut(seq as usize) else {
            return false;
        };
        if sent.acked || sent.failed {
            return false;
        }
        sent.acked = accepted;
        sent.failed = !accepted;
        !accepted || sent.waiting == 0
    }

    /// A listener received a number. The flag says that the message is now complete: heard by all and answered.
    pub(super) fn hear(&mut self, ear: &mut Ear, seq: u32) -> (Heard, bool) {
        let next_place = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        let Some(sent) = self.sent.get_mut(seq as usize) else {
            return (Heard::Unknown, false);
        };
        if sent.place == 0 {
            self.order.push(seq);
            sent.place = next_place + 1;
        }
        let place = sent.place - 1;
        let fresh = !std::mem::replace(&mut ear.from_start, true);
        if fresh {
            ear.cursor = place;
        }
        let heard = match place.cmp(&ear.cursor) {
            std::cmp::Ordering::Equal => Heard::InOrder,
            std::cmp::Ordering::Greater => {
                let skipped = place - ear.cursor;
                if skipped <= REMEMBERED_GAP {
                    ear.missing.extend(ear.cursor..place);
                }
                Heard::Skipped(skipped)
            }
            std::cmp::Ordering::Less => {
                if ear.missing.remove(&place) {
                    Heard::Late
                } else {
                    Heard::Again
                }
            }
        };
        if place >= ear.cursor {
            ear.cursor = place + 1;
        }
        if matches!(heard, Heard::Again) {
            return (heard, false);
        }
        // A listener that came after the message was sent is not waited for.
        let before = sent.waiting;
        sent.waiting = before.saturating_sub(1);
        (heard, before == 1 && sent.acked)
    }

    /// A listener is gone: nobody waits for it any more. Returns how many messages that completes.
    pub(super) fn leave(&mut self, ear: &Ear) -> u32 {
        self.listeners = self.listeners.saturating_sub(1);
        let mut completed = 0;
        for sent in self.sent.iter_mut().filter(|sent| sent.waiting > 0) {
            let heard = sent.place > 0
                && sent.place - 1 < ear.cursor
                && !ear.missing.contains(&(sent.place - 1));
            if !heard {
                sent.waiting -= 1;
                completed += u32::from(sent.waiting == 0 && sent.acked);
            }
        }
        completed
    }

    /// Accepted messages that this listener should have heard and has not.
    pub(super) fn lost(&self, ear: &Ear) -> u64 {
        if !ear.from_start {
            // It never heard anything: what it missed cannot be told from what came before it.
            return 0;
        }
        let accepted = |place: &u32| {
            let seq = self.order.get(*place as usize);
            seq.and_then(|seq| self.sent.get(*seq as usize))
                .is_some_and(|sent| sent.acked)
        };
        let end = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        let tail = (ear.cursor..end).filter(accepted).count();
        let holes = ear.missing.iter().copied().filter(accepted).count();
        (tail + holes) as u64
    }

    /// Accepted messages that no listener heard at all.
    pub(super) fn unheard(&self) -> u64 {
        self.sent
            .iter()
            .filter(|sent| sent.acked && sent.place == 0)
            .count() as u64
    }

    /// Messages sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent.len() as u64
    }
}

#[cfg(test)]
mod tests;
