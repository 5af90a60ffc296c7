//! Receivers with one subscription that takes every message, or every post of followed users: the same bytes for all
//! but 32 of them.
//!
//! A run of messages is laid out once, and for each receiver its id is written into the gaps and the whole is
//! sent in one call.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use super::Shard;
use super::outbox::Remainder;
use super::room_fan_out::{RoomFanOut, SLICE};
use super::socket::{Sent, send_now};
use super::state::{Audience, ConnectionIndex, Receiver, State};
use crate::actors::delivery::Delivery;
use crate::fault::{Seeded, seeded};
use crate::model::ChannelId;
use crate::protocol::frame::ID_LENGTH;
use crate::protocol::render_class::RenderClass;
use crate::protocol::timing::fill_all;
use crate::telemetry::ActorNumbers;

/// Bytes joined into one write. More would not fit into a fresh socket buffer anyway.
const JOIN_BYTES: usize = 64 * 1024;

/// Sends a run of messages to the receivers of one room, as the last connections that get them here. Those in
/// `served` have them already.
pub(super) async fn send(
    shard: &Rc<Shard>,
    room: &RoomFanOut<'_>,
    run: &[Arc<Delivery>],
    served: &HashSet<ConnectionIndex>,
) {
    let classes = &room.snapshot.classes;
    if classes.is_empty() {
        shard.note_fanned_out(run);
    }
    let last = classes.len().saturating_sub(1);
    for (class, (render_class, end)) in classes.iter().copied().enumerate() {
        let receivers = Receivers {
            shard,
            source: Source::Room {
                channel: room.channel,
                class,
                end,
            },
            served,
        };
        let mut rest = run;
        while !rest.is_empty() {
            let (mut joined, taken) = Joined::lay_out(shard, rest, render_class);
            let (laid_out, later) = rest.split_at_checked(taken).unwrap_or((rest, &[]));
            rest = later;
            receivers.send(&mut joined).await;
            if class == last {
                shard.note_fanned_out(laid_out);
            }
            if !rest.is_empty() {
                // A long run to a small room has no other place where the thread does something else.
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Sends a post to the receivers that follow its author. Those in `served` have it already.
pub(super) async fn send_post(
    shard: &Rc<Shard>,
    audience: &Audience,
    post: &Arc<Delivery>,
    served: &HashSet<ConnectionIndex>,
) {
    for (render_class, receivers) in &audience.classes {
        let (mut joined, _) = Joined::lay_out(shard, std::slice::from_ref(post), *render_class);
        let receivers = Receivers {
            shard,
            source: Source::Copied(receivers),
            served,
        };
        receivers.send(&mut joined).await;
    }
}

/// The receivers of one class.
struct Receivers<'a> {
    shard: &'a Rc<Shard>,
    source: Source<'a>,
    served: &'a HashSet<ConnectionIndex>,
}

/// Where they are read, as of the beginning of the fan-out.
enum Source<'a> {
    /// In the lists of a room, which keeps their positions meanwhile.
    Room {
        channel: ChannelId,
        class: usize,
        /// How many there were.
        end: usize,
    },
    /// In a copy, since those of a post are in the lists of many viewers.
    Copied(&'a [Receiver]),
}

impl Source<'_> {
    /// The receivers from an offset on; `None` behind the last one.
    fn from<'s>(&'s self, begin: usize, state: &'s State) -> Option<&'s [Receiver]> {
        match self {
            Self::Room {
                channel,
                class,
                end,
            } => {
                let room = state.rooms.get(*channel)?;
                room.classes.get(*class)?.receivers.get(begin..*end)
            }
            Self::Copied(receivers) => receivers.get(begin..),
        }
    }

    /// Whether a receiver is still there.
    fn has(&self, receiver: &Receiver, state: &State) -> bool {
        match self {
            Self::Room { .. } => receiver.is_present(),
            Self::Copied(_) => !state.homes.has_left(receiver.index),
        }
    }
}

impl Receivers<'_> {
    /// Sends what is laid out to all of them, a slice at a time.
    async fn send(&self, joined: &mut Joined) {
        let mut begin = 0;
        while self.send_slice(joined, begin) {
            begin += SLICE;
            // Lets connections and requests of this thread have their turn.
            tokio::task::yield_now().await;
        }
    }

    /// Serves one slice. Says whether there is another one behind it.
    fn send_slice(&self, joined: &mut Joined, begin: usize) -> bool {
        // Sockets that did not take all of it; rare, so they are served after the borrow ends.
        let mut late: SmallVec<[(Receiver, Sent); 8]> = SmallVec::new();
        let (served, more) = {
            let state = self.shard.state.borrow();
            let Some(slice) = self.source.from(begin, &state) else {
                return false;
            };
            let mut served = 0;
            for receiver in slice.iter().take(SLICE) {
                if !self.source.has(receiver, &state)
                    || (!self.served.is_empty()
                        && self.served.contains(&receiver.index)
                        && !seeded(Seeded::FastPathServesAll))
                {
                    continue;
                }
                served += 1;
                if state.connections.is_behind(receiver.index) {
                    late.push((*receiver, Sent::Part(0)));
                    continue;
                }
                joined.address(self.shard, &receiver.id);
                match send_now(receiver.fd, &joined.bytes) {
                    Sent::All => {}
                    sent @ (Sent::Part(_) | Sent::Broken) => late.push((*receiver, sent)),
                }
            }
            (served, slice.len() > SLICE)
        };
        joined.count(self.shard, served);
        if late.is_empty() {
            return more;
        }
        // One copy for all of them; each adds its own id.
        let shared = joined.shared(self.shard);
        for (receiver, sent) in late {
            match sent {
                Sent::All => {}
                Sent::Part(taken) => {
                    let rest = joined.remainder(&shared, &receiver.id, taken);
                    self.shard.queue(receiver.index, rest);
                }
                Sent::Broken => self.shard.end(receiver.index),
            }
        }
        more
    }
}

/// Room for an id, between its quotes.
fn gap() -> [u8; ID_LENGTH + 2] {
    let mut gap = [b' '; ID_LENGTH + 2];
    let [first, .., last] = &mut gap;
    (*first, *last) = (b'"', b'"');
    gap
}

/// Frames of several messages in one buffer, with gaps for the ids.
struct Joined {
    bytes: BytesMut,
    /// Where ids go, one for each frame.
    gaps: SmallVec<[usize; 8]>,
    /// Where frames end.
    ends: SmallVec<[usize; 8]>,
    /// Offsets of the write timestamps; empty unless the render class has timing.
    moments: SmallVec<[usize; 1]>,
    /// Numbers of the channel.
    numbers: Option<Arc<ActorNumbers>>,
    /// An id was written into the gaps.
    is_addressed: bool,
}

impl Joined {
    /// Lays out as many messages as fit. Returns how many that were, at least one.
    fn lay_out(shard: &Shard, run: &[Arc<Delivery>], render_class: RenderClass) -> (Self, usize) {
        let gap = gap();
        let mut joined = Self {
            bytes: BytesMut::new(),
            gaps: SmallVec::new(),
            ends: SmallVec::new(),
            moments: SmallVec::new(),
            numbers: run.first().and_then(|first| first.channel_numbers.clone()),
            is_addressed: false,
        };
        for delivery in run {
            if !joined.gaps.is_empty() && joined.bytes.len() >= JOIN_BYTES {
                break;
            }
            let frame = delivery.frame(render_class, &shard.site);
            let gaps = frame.write(&gap, &mut joined.bytes);
            joined.gaps.push(gaps.ids + 1);
            joined.ends.push(joined.bytes.len());
            joined.moments.extend(gaps.moment);
        }
        let taken = joined.gaps.len();
        (joined, taken)
    }

    /// Writes a receiver's id into the gaps, and the write timestamp if the class has timing.
    fn address(&mut self, shard: &Shard, id: &[u8; ID_LENGTH]) {
        if std::mem::replace(&mut self.is_addressed, true) && seeded(Seeded::FastPathKeepsId) {
            return;
        }
        for at in &self.gaps {
            if let Some(gap) = self.bytes.get_mut(*at..*at + ID_LENGTH) {
                gap.copy_from_slice(id);
            }
        }
        self.fill_moments(shard);
    }

    fn fill_moments(&mut self, shard: &Shard) {
        if !self.moments.is_empty() {
            fill_all(&mut self.bytes, &self.moments, shard.clock.now());
        }
    }

    /// What sockets that are behind keep together. Its ids belong to one of them and are not used.
    fn shared(&mut self, shard: &Shard) -> Bytes {
        self.fill_moments(shard);
        Bytes::copy_from_slice(&self.bytes)
    }

    /// What a socket did not take, with its id where the shared bytes have another one.
    fn remainder(&self, shared: &Bytes, id: &[u8; ID_LENGTH], taken: usize) -> Remainder {
        let id = Bytes::copy_from_slice(id);
        let mut rest = Remainder::after(taken);
        let mut begin = 0;
        for (gap, end) in self.gaps.iter().zip(&self.ends) {
            rest.push(shared, begin..*gap, false);
            rest.push(&id, 0..ID_LENGTH, false);
            rest.push(shared, *gap + ID_LENGTH..*end, true);
            begin = *end;
        }
        rest
    }

    /// Counts what went to so many receivers.
    fn count(&self, shard: &Shard, receivers: u64) {
        let frames = receivers * self.gaps.len() as u64;
        let bytes = receivers * self.bytes.len() as u64;
        shard.count(frames, receivers, bytes);
        if let Some(numbers) = &self.numbers {
            numbers.sent(frames, bytes);
        }
    }
}
