//! Receivers with one plain subscription: the same bytes for all but 32 of them.
//!
//! A run of messages is laid out once, and for each receiver its id is written into the gaps and the whole is
//! sent in one call.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use smallvec::SmallVec;

use super::Shard;
use super::audience::{Receiver, SLICE, Slot};
use super::socket::{Sent, send_now};
use crate::actors::delivery::Delivery;
use crate::model::ChannelId;
use crate::protocol::frame::ID_LENGTH;
use crate::protocol::render_class::RenderClass;
use crate::protocol::timing::fill_all;
use crate::telemetry::ActorNumbers;

/// Bytes joined into one write. More would not fit into a fresh socket buffer anyway.
const JOIN_BYTES: usize = 64 * 1024;

/// The plain receivers of one channel, as the last who get these messages here. Their places keep their index
/// until the caller says that it has walked.
pub(super) async fn walk(
    shard: &Rc<Shard>,
    run: &[Arc<Delivery>],
    channel: ChannelId,
    apart: &HashSet<Slot>,
) {
    // Who comes while the walk is under way has the page, and was not asked whether they may hear this.
    let classes: SmallVec<[(RenderClass, usize); 4]> = {
        let state = shard.state.borrow();
        let Some(audience) = state.audience(channel) else {
            shard.walked(run);
            return;
        };
        let classes = audience.classes.iter();
        classes
            .map(|class| (class.display, class.receivers.len()))
            .collect()
    };
    if classes.is_empty() {
        shard.walked(run);
    }
    let last = classes.len().saturating_sub(1);
    for (class, (display, end)) in classes.into_iter().enumerate() {
        let mut rest = run;
        while !rest.is_empty() {
            let (mut joined, taken) = Joined::lay_out(shard, rest, display);
            let (laid_out, later) = rest.split_at_checked(taken).unwrap_or((rest, &[]));
            rest = later;
            let mut from = 0;
            while let Some(next) = joined.send_slice(shard, (channel, class), from..end, apart) {
                from = next;
                // Lets connections and requests of this thread have their turn.
                tokio::task::yield_now().await;
            }
            if class == last {
                shard.walked(laid_out);
            }
        }
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
    gaps: SmallVec<[usize; 8]>,
    /// Where moments of writing go; empty unless these receivers asked for them.
    moments: SmallVec<[usize; 1]>,
    /// Numbers of the channel.
    numbers: Option<Arc<ActorNumbers>>,
}

impl Joined {
    /// Lays out as many messages as fit. Returns how many that were, at least one.
    fn lay_out(shard: &Shard, run: &[Arc<Delivery>], display: RenderClass) -> (Self, usize) {
        let gap = gap();
        let mut joined = Self {
            bytes: BytesMut::new(),
            gaps: SmallVec::new(),
            moments: SmallVec::new(),
            numbers: run.first().and_then(|first| first.channel.clone()),
        };
        for delivery in run {
            if !joined.gaps.is_empty() && joined.bytes.len() >= JOIN_BYTES {
                break;
            }
            let frame = delivery.frame(display, &shard.site);
            let gaps = frame.write(&gap, &mut joined.bytes);
            joined.gaps.push(gaps.ids + 1);
            joined.moments.extend(gaps.moment);
        }
        let taken = joined.gaps.len();
        (joined, taken)
    }

    /// Serves one slice of receivers. Returns where the next one begins, if there is one.
    fn send_slice(
        &mut self,
        shard: &Rc<Shard>,
        (channel, class): (ChannelId, usize),
        places: Range<usize>,
        apart: &HashSet<Slot>,
    ) -> Option<usize> {
        // Sockets that did not take all of it; rare, so they are served after the borrow ends.
        let mut late: SmallVec<[(Receiver, Sent); 8]> = SmallVec::new();
        let (served, more) = {
            let state = shard.state.borrow();
            let receivers = &state.audience(channel)?.classes.get(class)?.receivers;
            let slice = receivers.get(places.clone())?;
            let mut served = 0;
            for receiver in slice.iter().take(SLICE) {
                if receiver.fd < 0 || (!apart.is_empty() && apart.contains(&receiver.slot)) {
                    continue;
                }
                served += 1;
                if state.is_behind(receiver.slot) {
                    late.push((*receiver, Sent::Part(0)));
                    continue;
                }
                self.address(shard, &receiver.id);
                match send_now(receiver.fd, &self.bytes) {
                    Sent::All => {}
                    sent @ (Sent::Part(_) | Sent::Broken) => late.push((*receiver, sent)),
                }
            }
            (served, slice.len() > SLICE)
        };
        let frames = served * self.gaps.len() as u64;
        let bytes = served * self.bytes.len() as u64;
        shard.count(frames, served, bytes);
        if let Some(numbers) = &self.numbers {
            numbers.sent(frames, bytes);
        }
        for (receiver, sent) in late {
            match sent {
                Sent::All => {}
                Sent::Part(taken) => {
                    self.address(shard, &receiver.id);
                    shard.queue(
                        receiver.slot,
                        self.bytes.get(taken..).unwrap_or_default(),
                        taken > 0,
                    );
                }
                Sent::Broken => {
                    if let Some(link) = shard.state.borrow().link(receiver.slot) {
                        link.socket.end();
                    }
                }
            }
        }
        more.then_some(places.start + SLICE)
    }

    /// Writes a receiver's id into the gaps, and the moment where it is wanted.
    fn address(&mut self, shard: &Shard, id: &[u8; ID_LENGTH]) {
        for at in &self.gaps {
            if let Some(gap) = self.bytes.get_mut(*at..*at + ID_LENGTH) {
                gap.copy_from_slice(id);
            }
        }
        if !self.moments.is_empty() {
            fill_all(&mut self.bytes, &self.moments, shard.clock.now());
        }
    }
}
