//! Listeners that should receive the same messages, and their rooms.

use super::known::Known;
use crate::load::across::Across;
use crate::load::event::{Event, Expected, Ids};
use crate::load::faults::{Fault, Faults};
use crate::load::latency::{Latency, Precision};
use crate::load::ledger::Ledger;
use crate::load::stamp::Stamp;
use std::collections::VecDeque;

/// Frames from other servers whose commit is not known yet. It is known as soon as a listener at the server that
/// wrote the message has it, so that few wait; a room without such a listener loses the oldest.
const UNKNOWN_COMMITS: usize = 1024;

/// Listeners that should receive the same messages, their endpoint, and their rooms.
#[derive(Debug)]
pub(in crate::load) struct Circle {
    pub(in crate::load) ledger: Ledger,
    /// Endpoint to subscribe to after the hello; `None` if the hello is enough.
    pub(in crate::load) follow: Option<String>,
    /// Rooms that receive messages, round robin: id and head of the request.
    pub(in crate::load) rooms: Vec<Room>,
    /// Arrivals from each of them during the measurement.
    pub(in crate::load) arrivals: Vec<Arrivals>,
    pub(super) stamp_hint: usize,
    pub(super) timestamps_hint: usize,
    reach: Reach,
    known: Known,
    text_bytes: usize,
    /// Message numbers, and when their frames arrived from another server, in microseconds since the Unix epoch.
    unknown_commits: VecDeque<(u32, u64)>,
}

/// What listeners may receive besides the messages of their rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) enum Reach {
    /// Nothing: they subscribed to one room.
    OneRoom,
    /// What else their account or app may receive; it is no fault, and not judged.
    Everything,
    /// The server sends bare texts (`--bare`), so that numbers are all there is.
    Bare,
}

/// A room that receives messages.
#[derive(Debug, Clone)]
pub(in crate::load) struct Room {
    pub(in crate::load) id: String,
    pub(in crate::load) token: String,
    /// User id of the token, if the server said so.
    pub(in crate::load) author: Option<String>,
}

/// Frames of one room and their delays, from the intended send time.
#[derive(Debug)]
pub(in crate::load) struct Arrivals {
    pub(in crate::load) frames: u64,
    pub(in crate::load) delay: Latency,
}

impl Arrivals {
    fn new() -> Self {
        Self {
            frames: 0,
            delay: Latency::new(Precision::Rough),
        }
    }
}

/// What a frame with a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// A message of these rooms, and its `meta.id` if that can be relied on.
    Ours(Option<u64>),
    /// Another message.
    Other,
}

impl Circle {
    pub(in crate::load) fn new(follow: Option<String>, rooms: Vec<Room>, reach: Reach) -> Self {
        Self {
            ledger: Ledger::default(),
            follow,
            arrivals: rooms.iter().map(|_| Arrivals::new()).collect(),
            rooms,
            stamp_hint: 0,
            timestamps_hint: 0,
            reach,
            known: Known::new(1),
            text_bytes: 0,
            unknown_commits: VecDeque::new(),
        }
    }

    /// One of `circles` circles of a run in which texts are so long.
    pub(super) fn seated(mut self, circles: usize, text_bytes: usize) -> Self {
        self.known = Known::new(circles);
        self.text_bytes = text_bytes;
        self
    }

    /// The room of a message number, round robin.
    pub(in crate::load) fn room_of(&self, seq: u32) -> usize {
        (seq as usize).checked_rem(self.rooms.len()).unwrap_or(0)
    }

    /// A frame says when its message was committed, or does not: those of other servers may not know. `elsewhere`: when
    /// it arrived, if the message was written on another server than that of the socket.
    pub(super) fn committed(
        &mut self,
        seq: u32,
        committed_us: Option<u64>,
        elsewhere: Option<u64>,
        across: &mut Across,
    ) {
        let mut record = |arrived: u64, committed: u64| {
            across.commit.record_us(arrived.saturating_sub(committed));
        };
        if let Some(us) = committed_us
            && self.ledger.learn_commit(seq, us)
        {
            self.unknown_commits.retain(|(waiting, arrived)| {
                let is_this = *waiting == seq;
                if is_this {
                    record(*arrived, us);
                }
                !is_this
            });
        }
        let Some(arrived) = elsewhere else {
            return;
        };
        match self.ledger.committed_us(seq) {
            Some(us) => record(arrived, us),
            None => {
                if self.unknown_commits.len() >= UNKNOWN_COMMITS {
                    self.unknown_commits.pop_front();
                }
                self.unknown_commits.push_back((seq, arrived));
            }
        }
    }

    /// Whether a message without a number of ours may be a fault.
    pub(super) fn is_only_ours(&self) -> bool {
        self.reach == Reach::OneRoom
    }

    /// Judges a frame with a number. `own` is what should be between the brackets of `subscription_ids`: nothing
    /// on an app stream, unknown before the subscription is answered.
    pub(super) fn examine(
        &mut self,
        stamp: Stamp,
        payload: &[u8],
        own: Option<&[u8]>,
        faults: &mut Faults,
    ) -> Seen {
        if self.reach == Reach::Bare {
            return Seen::Ours(None);
        }
        let known = own.and_then(|own| self.known.number_of(stamp.seq, payload, own));
        match known {
            Some(number) => Seen::Ours(Some(number)),
            None => self.read_whole(stamp, payload, own, faults),
        }
    }

    /// The first frame of a message, one that differs from it, or one whose message is no longer known.
    fn read_whole(
        &mut self,
        stamp: Stamp,
        payload: &[u8],
        own: Option<&[u8]>,
        faults: &mut Faults,
    ) -> Seen {
        let seq = stamp.seq;
        let Some(room) = self.rooms.get(self.room_of(seq)) else {
            return Seen::Other;
        };
        let Some(event) = Event::read(payload) else {
            let words = || format!("message {seq} of channel {}: the frame is no JSON", room.id);
            faults.add(Fault::Unreadable, words);
            return Seen::Ours(None);
        };
        if event.channel() != room.id {
            let is_ours = self.rooms.iter().any(|room| room.id == event.channel());
            if self.reach == Reach::OneRoom || is_ours {
                let (found, id) = (event.channel(), &room.id);
                faults.add(Fault::Foreign, || {
                    format!("a message of channel {found:?} came to a listener of channel {id}")
                });
            }
            return Seen::Other;
        }
        let mut text = Vec::with_capacity(self.text_bytes);
        let intended_ns = self.ledger.intended_ns(seq).unwrap_or(stamp.intended_ns);
        Stamp { seq, intended_ns }.write(&mut text, self.text_bytes);
        let ids = match own {
            Some(own) if !own.is_empty() => Ids::Quoted(own),
            Some(_) | None => Ids::NotJudged,
        };
        let mut found = event.faults(Expected {
            channel: &room.id,
            author: room.author.as_deref(),
            text: &text,
            ids,
        });
        let number = event.number();
        if let (Some(number), Some(before)) = (number, self.known.number(seq))
            && found.is_empty()
            && number != before
        {
            let words = format!("meta.id is {number} here and {before} in another frame");
            found.push((Fault::ChangedType, words));
        }
        let mut reliable = true;
        for (fault, words) in &found {
            reliable &= *fault != Fault::ChangedType;
            faults.add(*fault, || {
                format!("message {} of channel {}: {words}", event.id(), room.id)
            });
        }
        if found.is_empty()
            && own.is_some()
            && let Some(number) = number
        {
            self.known.keep(seq, number, payload);
        }
        Seen::Ours(number.filter(|_| reliable))
    }
}
