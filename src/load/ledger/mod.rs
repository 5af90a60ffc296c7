//! Which listeners received which messages. All listeners of a ledger should receive the same messages: the
//! sockets of one room, the inboxes of the same users, the consumers of one firehose.
//!
//! The server chooses the order of messages in flight, so the first listener to receive a message fixes its position
//! here, and a listener that skips a position has lost it until it arrives. Whether that order is right is seen
//! by `meta.id` ([`newest`]). Nothing here does I/O.

mod newest;

pub(super) use newest::Newest;

use std::collections::{BTreeSet, VecDeque};

/// A gap wider than this is counted as lost at once instead of being stored number by number.
const REMEMBERED_GAP: u32 = 10_000;
/// Messages kept after all listeners received them, so that repetitions and reconnecting listeners are
/// still recognized. Older ones are dropped: the memory of a long run must not grow with its messages.
const REMEMBERED_MESSAGES: usize = 50_000;

/// The reception of one listener: how far it is, and the gaps.
#[derive(Debug, Default)]
pub(super) struct Reception {
    /// Next position in the common order.
    cursor: u32,
    /// Skipped positions that have not arrived since.
    missing: BTreeSet<u32>,
    /// Positions in gaps too wide to be stored: lost, whatever arrives later.
    given_up: u64,
    /// Whether messages before its first one count.
    from_start: bool,
}

impl Reception {
    /// A listener connected before the first message.
    pub(super) fn from_start() -> Self {
        Self {
            from_start: true,
            ..Self::default()
        }
    }

    /// A listener that joined later: messages before its first one do not count.
    pub(super) fn from_now() -> Self {
        Self::default()
    }

    fn take(&mut self, place: u32) -> Receipt {
        let fresh = !std::mem::replace(&mut self.from_start, true);
        if fresh {
            self.cursor = place;
        }
        if place < self.cursor {
            return if self.missing.remove(&place) {
                Receipt::Late
            } else {
                Receipt::Again
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
            0 => Receipt::InOrder,
            _ => Receipt::Skipped(skipped),
        }
    }
}

/// The meaning of one received number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receipt {
    /// The next in the common order.
    InOrder,
    /// This many positions were skipped.
    Skipped(u32),
    /// A position that had been skipped before.
    Late,
    /// A repetition.
    Again,
    /// A number that was not sent.
    Unknown,
}

/// The state of one message.
#[derive(Debug, Clone, Copy, Default)]
struct Sent {
    /// Position in the order plus one; 0 until the first listener received it.
    place: u32,
    /// Listeners that have not received it yet.
    waiting: u32,
    /// The server answered with success.
    acked: bool,
    /// The server refused it, or the answer never came.
    failed: bool,
    /// The server that it was sent to.
    writer: u8,
    /// When it should have been sent, in nanoseconds of the run.
    intended_ns: u64,
    /// When its transaction was committed, in microseconds since the Unix epoch; 0 while that is not known.
    committed_us: u64,
}

/// Messages of one cohort of listeners, and which listeners received them.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    listeners: u32,
    sent: VecDeque<Sent>,
    /// Number of the first message in `sent`: earlier ones are complete and dropped.
    first_seq: u32,
    /// Numbers in the order in which they were first received.
    order: VecDeque<u32>,
    /// Position of the first number in `order`.
    first_place: u32,
}

impl Ledger {
    /// One more listener.
    pub(super) fn join(&mut self) {
        self.listeners += 1;
    }

    /// Number of listeners.
    pub(super) fn listeners(&self) -> u32 {
        self.listeners
    }

    /// Takes the next number for a message that is about to be sent to the server `writer`.
    pub(super) fn number(&mut self, intended_ns: u64, writer: usize) -> u32 {
        self.forget_old();
        let seq = self.end_seq();
        self.sent.push_back(Sent {
            waiting: self.listeners,
            intended_ns,
            writer: u8::try_from(writer).unwrap_or(u8::MAX),
            ..Sent::default()
        });
        seq
    }

    /// When a message should have been sent, if it was and is remembered.
    pub(super) fn intended_ns(&self, seq: u32) -> Option<u64> {
        let at = seq.checked_sub(self.first_seq)?;
        Some(self.sent.get(at as usize)?.intended_ns)
    }

    /// The server that a message was sent to, if it is remembered.
    pub(super) fn writer(&self, seq: u32) -> Option<usize> {
        let at = seq.checked_sub(self.first_seq)?;
        Some(usize::from(self.sent.get(at as usize)?.writer))
    }

    /// When a message was committed, if that is known.
    pub(super) fn committed_us(&self, seq: u32) -> Option<u64> {
        let at = seq.checked_sub(self.first_seq)?;
        let committed = self.sent.get(at as usize)?.committed_us;
        Some(committed).filter(|us| *us > 0)
    }

    /// A frame says when its message was committed. True if that was not known before.
    pub(super) fn learn_commit(&mut self, seq: u32, committed_us: u64) -> bool {
        let at = seq.checked_sub(self.first_seq);
        let Some(sent) = at.and_then(|at| self.sent.get_mut(at as usize)) else {
            return false;
        };
        std::mem::replace(&mut sent.committed_us, committed_us) == 0
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

    /// The next number.
    fn end_seq(&self) -> u32 {
        let remembered = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        self.first_seq.saturating_add(remembered)
    }

    /// Number of messages that at least one listener received, which therefore have a position.
    pub(super) fn end_place(&self) -> u32 {
        let remembered = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        self.first_place.saturating_add(remembered)
    }

    /// The server responded. True if this completes the message.
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

    /// A listener received a number. The flag: the message is now complete, received by all and answered.
    pub(super) fn hear(&mut self, reception: &mut Reception, seq: u32) -> (Receipt, bool) {
        let next_place = self.end_place();
        let Some(at) = seq.checked_sub(self.first_seq) else {
            return (Receipt::Again, false);
        };
        let Some(sent) = self.sent.get_mut(at as usize) else {
            return (Receipt::Unknown, false);
        };
        if sent.place == 0 {
            self.order.push_back(seq);
            sent.place = next_place + 1;
        }
        let heard = reception.take(sent.place - 1);
        if heard == Receipt::Again {
            return (heard, false);
        }
        // A listener that joined after the message was sent is not waited for.
        let before = sent.waiting;
        sent.waiting = before.saturating_sub(1);
        (heard, before == 1 && sent.acked)
    }

    /// A listener disconnected. Returns the number of messages that this completes.
    pub(super) fn leave(&mut self, reception: &Reception) -> u32 {
        self.listeners = self.listeners.saturating_sub(1);
        let mut completed = 0;
        for sent in self.sent.iter_mut().filter(|sent| sent.waiting > 0) {
            let heard = sent.place > 0
                && sent.place - 1 < reception.cursor
                && !reception.missing.contains(&(sent.place - 1));
            if !heard {
                sent.waiting -= 1;
                completed += u32::from(sent.waiting == 0 && sent.acked);
            }
        }
        completed
    }

    /// Accepted messages that this listener should have received and has not.
    pub(super) fn lost(&self, reception: &Reception) -> u64 {
        if !reception.from_start {
            // It received nothing, so lost messages cannot be distinguished from those before it joined.
            return 0;
        }
        let accepted = |place: &u32| {
            let Some(at) = place.checked_sub(self.first_place) else {
                // Dropped, so at least one listener received it.
                return true;
            };
            let seq = self.order.get(at as usize);
            seq.and_then(|seq| self.sent.get(seq.checked_sub(self.first_seq)? as usize))
                .is_some_and(|sent| sent.acked)
        };
        let tail = (reception.cursor..self.end_place())
            .filter(accepted)
            .count();
        let holes = reception.missing.iter().copied().filter(accepted).count();
        (tail + holes) as u64 + reception.given_up
    }

    /// Accepted messages that no listener received.
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
