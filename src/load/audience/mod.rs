//! Listeners that should all hear the same messages in the same order: the sockets of one room, the inboxes
//! of the same people, the consumers of one firehose.
//!
//! The order is the server's to choose among messages in flight, so the first listener to hear a message
//! fixes its place, and all others must hear it there. Nothing here does I/O.

use std::collections::{BTreeSet, VecDeque};

/// A gap wider than this is counted as lost at once instead of being remembered number by number.
const REMEMBERED_GAP: u32 = 10_000;
/// Messages that are remembered after everybody has them, so that a repetition or somebody who comes back is
/// still told apart. Older ones are forgotten: a run of hours must not grow with its messages.
const REMEMBERED_MESSAGES: usize = 50_000;

/// One listener's ear: how far it has heard, and what it misses.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// Next place in the audience's order.
    cursor: u32,
    /// Places that were passed over and not yet made up for.
    missing: BTreeSet<u32>,
    /// Places in gaps too wide to be remembered: lost, whatever comes later.
    given_up: u64,
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

    fn take(&mut self, place: u32) -> Heard {
        let fresh = !std::mem::replace(&mut self.from_start, true);
        if fresh {
            self.cursor = place;
        }
        if place < self.cursor {
            return if self.missing.remove(&place) {
                Heard::Late
            } else {
                Heard::Again
            };
        }
        let skipped = place - self.cursor;
        if skipped > REMEMBERED_GAP {
            self.given_up += u64::from(skipped);
        } else {
            self.missing.extend(self.cursor..place);
        }
        self.cursor = place + 1;
        match skipped {
            0 => Heard::InOrder,
            _ => Heard::Skipped(skipped),
        }
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
#[derive(Debug, Default)]
pub(super) struct Audience {
    listeners: u32,
    sent: VecDeque<Sent>,
    /// Number of the first message in `sent`: those before are done and forgotten.
    first_seq: u32,
    /// Numbers in the order in which they were first heard.
    order: VecDeque<u32>,
    /// Place of the first number in `order`.
    first_place: u32,
}

impl Audience {
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
        self.forget_old();
        let seq = self.end_seq();
        self.sent.push_back(Sent {
            waiting: self.listeners,
            ..Sent::default()
        });
        seq
    }

    fn forget_old(&mut self) {
        while self.sent.len() > REMEMBERED_MESSAGES
            && let Some(oldest) = self.sent.front()
            && oldest.waiting == 0
            && (oldest.acked || oldest.failed)
        {
            self.sent.pop_front();
            self.first_seq += 1;
        }
        while self.order.front().is_some_and(|seq| *seq < self.first_seq) {
            self.order.pop_front();
            self.first_place += 1;
        }
    }

    /// The number that comes next.
    fn end_seq(&self) -> u32 {
        let remembered = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        self.first_seq.saturating_add(remembered)
    }

    /// How many messages somebody has heard, and so have a place in the order.
    pub(super) fn end_place(&self) -> u32 {
        let remembered = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        self.first_place.saturating_add(remembered)
    }

    /// The server's answer came. True when this completes the message.
    pub(super) fn answered(&mut self, seq: u32, accepted: bool) -> bool {
        let at = seq.checked_sub(self.first_seq);
        let Some(sent) = at.and_then(|at| self.sent.get_mut(at as usize)) else {
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
        let next_place = self.end_place();
        let Some(at) = seq.checked_sub(self.first_seq) else {
            return (Heard::Again, false);
        };
        let Some(sent) = self.sent.get_mut(at as usize) else {
            return (Heard::Unknown, false);
        };
        if sent.place == 0 {
            self.order.push_back(seq);
            sent.place = next_place + 1;
        }
        let heard = ear.take(sent.place - 1);
        if heard == Heard::Again {
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
            let Some(at) = place.checked_sub(self.first_place) else {
                // Forgotten, which only messages are that somebody heard.
                return true;
            };
            let seq = self.order.get(at as usize);
            seq.and_then(|seq| self.sent.get(seq.checked_sub(self.first_seq)? as usize))
                .is_some_and(|sent| sent.acked)
        };
        let tail = (ear.cursor..self.end_place()).filter(accepted).count();
        let holes = ear.missing.iter().copied().filter(accepted).count();
        (tail + holes) as u64 + ear.given_up
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
        u64::from(self.end_seq())
    }
}

#[cfg(test)]
mod tests;
