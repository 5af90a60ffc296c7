//! What waits for one socket: pieces of frames, most of them shared with the other sockets that wait for the
//! same bytes.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::ops::Range;
use std::time::Instant;

use crate::fault::{Seeded, seeded};
use bytes::{Buf, Bytes};
use smallvec::SmallVec;

/// Memory that a waiting piece takes beside its bytes: its entry in the queue, which may be half empty, and
/// the count of those who share it. Many answers to empty pings are few bytes but much memory.
const PIECE_COST: usize = 2 * size_of::<Piece>();

/// Bytes of one frame.
#[derive(Clone, Debug)]
struct Piece {
    bytes: Bytes,
    /// The frame ends with them.
    ends_frame: bool,
    /// Milliseconds from the begin of the outbox until they were queued.
    queued_ms: u32,
}

/// Whole frames, less what a socket took of the first ones.
#[derive(Debug, Default)]
pub struct Remainder {
    pieces: SmallVec<[Piece; 3]>,
    bytes: usize,
    /// What the socket took and was not stepped over yet.
    taken: usize,
    /// A part of the first frame that is left was taken: the rest of it has to follow.
    is_begun: bool,
}

impl Remainder {
    /// Nothing yet; the socket took this many of the bytes that will be pushed.
    pub fn after(taken: usize) -> Self {
        Self {
            taken,
            ..Self::default()
        }
    }

    /// The rest of bytes that were offered together: whole frames, which are kept or dropped together.
    pub fn of(bytes: &Bytes, taken: usize) -> Self {
        let mut rest = Self::after(taken);
        rest.push(bytes, 0..bytes.len(), true);
        rest
    }

    /// The same frames in another form. There has to be one piece for all that was offered together.
    pub(super) fn mapped(mut self, form: impl Fn(&Bytes) -> Bytes) -> Self {
        for piece in &mut self.pieces {
            piece.bytes = form(&piece.bytes);
        }
        self.pieces.retain(|piece| !piece.bytes.is_empty());
        self.bytes = self.pieces.iter().map(|piece| piece.bytes.len()).sum();
        self
    }

    /// Adds what is left of a part of a frame.
    pub fn push(&mut self, bytes: &Bytes, range: Range<usize>, ends_frame: bool) {
        let length = range.len();
        if length == 0 {
            return;
        }
        if self.taken >= length {
            self.taken -= length;
            self.is_begun = !ends_frame;
            return;
        }
        self.is_begun |= self.taken > 0;
        let begin = range.start + std::mem::take(&mut self.taken);
        self.bytes += range.end - begin;
        self.pieces.push(Piece {
            bytes: bytes.slice(begin..range.end),
            ends_frame,
            queued_ms: 0,
        });
    }

    /// Bytes that are left.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether a part of its first frame is sent.
    pub fn is_begun(&self) -> bool {
        self.is_begun
    }
}

/// Frames that wait for the kernel to take them.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: VecDeque<Piece>,
    bytes: usize,
    /// A part of the frame in front is gone.
    is_begun: bool,
    /// Since when anything waits.
    begun: Instant,
    /// When the kernel last took something.
    progress: Instant,
}

impl Outbox {
    pub(super) fn new(rest: Remainder, now: Instant) -> Self {
        let mut outbox = Self {
            queue: VecDeque::with_capacity(rest.pieces.len()),
            bytes: 0,
            is_begun: rest.is_begun,
            begun: now,
            progress: now,
        };
        outbox.push(rest, now);
        outbox
    }

    /// Puts frames behind those that wait.
    pub(super) fn push(&mut self, rest: Remainder, now: Instant) {
        if seeded(Seeded::QueueDropsRest) && !self.queue.is_empty() {
            return;
        }
        let queued_ms = self.millis_until(now);
        self.bytes += rest.bytes;
        let pieces = rest.pieces.into_iter();
        self.queue
            .extend(pieces.map(|piece| Piece { queued_ms, ..piece }));
    }

    /// Puts a whole frame before those that wait, behind one that is partly sent.
    pub(super) fn push_first(&mut self, frame: Bytes, now: Instant) {
        let place = self.end_of_begun_frame();
        self.bytes += frame.len();
        let piece = Piece {
            bytes: frame,
            ends_frame: true,
            queued_ms: self.millis_until(now),
        };
        self.queue.insert(place, piece);
    }

    /// How long the first of what waits has waited.
    pub(super) fn lag_ms(&self, now: Instant) -> u32 {
        let front = self.queue.front();
        front.map_or(0, |piece| {
            self.millis_until(now).saturating_sub(piece.queued_ms)
        })
    }

    fn millis_until(&self, now: Instant) -> u32 {
        let millis = now.saturating_duration_since(self.begun).as_millis();
        u32::try_from(millis).unwrap_or(u32::MAX)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Bytes that wait, with what it costs to keep them. Shared bytes count in full: a socket that reads
    /// slowly is told by how much it has not read.
    pub(super) fn cost(&self) -> usize {
        self.bytes + self.queue.len() * PIECE_COST
    }

    pub(super) fn progress(&self) -> Instant {
        self.progress
    }

    /// The first of what waits.
    pub(super) fn front(&self) -> Option<&[u8]> {
        self.queue.front().map(|piece| &*piece.bytes)
    }

    /// Takes the first of what waits out, so many bytes at most.
    pub(super) fn take(&mut self, most: usize, now: Instant) -> Option<Bytes> {
        let front = &self.queue.front()?.bytes;
        let bytes = front.slice(..front.len().min(most));
        self.took(bytes.len(), now);
        Some(bytes)
    }

    /// What waits, in order.
    pub(super) fn pieces(&self) -> impl Iterator<Item = IoSlice<'_>> {
        self.queue.iter().map(|piece| IoSlice::new(&piece.bytes))
    }

    /// The kernel took this many bytes.
    pub(super) fn took(&mut self, mut taken: usize, now: Instant) {
        self.progress = now;
        self.bytes = self.bytes.saturating_sub(taken);
        while taken > 0
            && let Some(front) = self.queue.front_mut()
        {
            let length = front.bytes.len();
            if taken < length {
                front.bytes.advance(taken);
                self.is_begun = true;
                return;
            }
            taken -= length;
            self.is_begun = !front.ends_frame;
            self.queue.pop_front();
        }
    }

    /// Drops all frames but one that is partly sent.
    pub(super) fn keep_begun_frame(&mut self) {
        self.queue.truncate(self.end_of_begun_frame());
        self.bytes = self.queue.iter().map(|piece| piece.bytes.len()).sum();
    }

    /// How many pieces belong to a frame that is partly sent.
    fn end_of_begun_frame(&self) -> usize {
        let mut pieces = self.queue.iter();
        let end = pieces.position(|piece| piece.ends_frame);
        match (self.is_begun, end) {
            (false, _) => 0,
            (true, Some(end)) => end + 1,
            (true, None) => self.queue.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMES: &[u8] = b"head1-id-tail1head2-id-tail2";
    const FRAME: usize = FRAMES.len() / 2;

    /// Two frames in three pieces each, of which a socket took so many bytes.
    fn rest(taken: usize) -> Remainder {
        let (shared, id) = (Bytes::from_static(FRAMES), Bytes::from_static(b"-id-"));
        let mut rest = Remainder::after(taken);
        for begin in [0, FRAME] {
            rest.push(&shared, begin..begin + 5, false);
            rest.push(&id, 0..4, false);
            rest.push(&shared, begin + 9..begin + FRAME, true);
        }
        rest
    }

    fn waiting(outbox: &Outbox) -> Vec<u8> {
        outbox.pieces().flat_map(|piece| piece.to_vec()).collect()
    }

    #[test]
    fn what_a_socket_did_not_take_waits_and_nothing_else() {
        for taken in 0..FRAMES.len() {
            let rest = rest(taken);
            assert_eq!(rest.is_begun(), taken % FRAME > 0, "{taken} taken");
            assert_eq!(rest.len(), FRAMES.len() - taken);
            for more in 0..=FRAMES.len() - taken {
                let mut outbox = Outbox::new(self::rest(taken), Instant::now());
                outbox.took(more, Instant::now());
                assert_eq!(waiting(&outbox), FRAMES[taken + more..], "{taken}, {more}");
                assert_eq!(outbox.bytes, FRAMES.len() - taken - more);
                assert_eq!(outbox.is_empty(), taken + more == FRAMES.len());
            }
        }
    }

    #[test]
    fn a_frame_that_is_begun_is_finished_and_no_other_is() {
        for taken in 0..FRAMES.len() {
            for more in 0..FRAMES.len() - taken {
                let mut outbox = Outbox::new(rest(taken), Instant::now());
                outbox.took(more, Instant::now());
                outbox.push(rest(0), Instant::now());
                outbox.keep_begun_frame();
                let gone = taken + more;
                let end = gone.next_multiple_of(FRAME);
                assert_eq!(waiting(&outbox), FRAMES[gone..end], "{taken}, {more}");
                assert_eq!(outbox.bytes, end - gone);
            }
        }
    }

    #[test]
    fn a_frame_that_passes_the_others_is_behind_one_that_is_begun() {
        const URGENT: &[u8] = b"urgent";
        for taken in 0..FRAMES.len() {
            for more in 0..FRAMES.len() - taken {
                let mut outbox = Outbox::new(rest(taken), Instant::now());
                outbox.took(more, Instant::now());
                outbox.push_first(Bytes::from_static(URGENT), Instant::now());
                let gone = taken + more;
                let border = gone.next_multiple_of(FRAME);
                let expected = [&FRAMES[gone..border], URGENT, &FRAMES[border..]].concat();
                assert_eq!(waiting(&outbox), expected, "{taken}, {more}");
                assert_eq!(outbox.bytes, expected.len());
            }
        }
    }

    #[test]
    fn the_lag_is_the_age_of_what_waits_longest() {
        let begun = Instant::now();
        let at = |seconds| begun + std::time::Duration::from_secs(seconds);
        let mut outbox = Outbox::new(rest(0), begun);
        outbox.push(rest(0), at(5));
        assert_eq!(outbox.lag_ms(at(7)), 7000);
        outbox.took(FRAMES.len() - 1, at(8));
        assert_eq!(
            outbox.lag_ms(at(8)),
            8000,
            "a byte of the first ones is left"
        );
        outbox.took(1, at(8));
        assert_eq!(outbox.lag_ms(at(9)), 4000);
        outbox.took(FRAMES.len(), at(9));
        assert_eq!(outbox.lag_ms(at(20)), 0, "nothing waits");
    }
}
