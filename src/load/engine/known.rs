//! Frames of the last messages, read whole once: the frames of all other listeners must be the same bytes, except for
//! what is their own. A comparison costs a hundredth of reading JSON.

use std::ops::Range;

/// The parts that differ by receiver lie within this many bytes of a frame.
const NEAR_THE_START: usize = 1024;
const IDS: &[u8] = b"\"subscription_ids\":[";
const TIMING: &[u8] = b"\"timing\":{";

/// Frames kept over all circles of a run, for the memory of a large one; each circle keeps at least four.
const KEPT: usize = 4096;
const KEPT_PER_CIRCLE: usize = 1024;

/// One message's frame.
#[derive(Debug, Default)]
struct Frame {
    seq: u32,
    number: u64,
    bytes: Vec<u8>,
    /// What differs: the server's timestamps, and the ids between their brackets.
    timing: Range<usize>,
    ids: Range<usize>,
}

impl Frame {
    fn differs_nowhere(&self, payload: &[u8], own: &[u8]) -> bool {
        let same = |range: Range<usize>| payload.get(range.clone()) == self.bytes.get(range);
        payload.len() == self.bytes.len()
            && payload.get(self.ids.clone()) == Some(own)
            && same(0..self.timing.start)
            && same(self.timing.end..self.ids.start)
            && same(self.ids.end..self.bytes.len())
    }
}

/// The frames of one circle, by message number.
#[derive(Debug)]
pub(super) struct Known {
    frames: Vec<Frame>,
    most: usize,
}

impl Known {
    /// For one of `circles` circles.
    pub(super) fn new(circles: usize) -> Self {
        let most = (KEPT / circles.max(1)).clamp(4, KEPT_PER_CIRCLE);
        Self {
            frames: Vec::new(),
            most,
        }
    }

    /// The `meta.id` of a frame that is known to be right: it is the frame of this message with the
    /// receiver's own ids.
    pub(super) fn number_of(&self, seq: u32, payload: &[u8], own: &[u8]) -> Option<u64> {
        let frame = self.frames.get(seq as usize % self.most)?;
        (frame.seq == seq && frame.differs_nowhere(payload, own)).then_some(frame.number)
    }

    /// The `meta.id` under which this message is known.
    pub(super) fn number(&self, seq: u32) -> Option<u64> {
        let frame = self.frames.get(seq as usize % self.most)?;
        (frame.seq == seq && !frame.bytes.is_empty()).then_some(frame.number)
    }

    /// Keeps a frame that was read and is right.
    pub(super) fn keep(&mut self, seq: u32, number: u64, payload: &[u8]) {
        let place = seq as usize % self.most;
        if place >= self.frames.len() {
            self.frames.resize_with(place + 1, Frame::default);
        }
        let Some(frame) = self.frames.get_mut(place) else {
            return;
        };
        frame.seq = seq;
        frame.number = number;
        frame.bytes.clear();
        frame.bytes.extend_from_slice(payload);
        frame.timing = part(payload, TIMING, b'}').unwrap_or(0..0);
        let none = frame.timing.end..frame.timing.end;
        frame.ids = part(payload, IDS, b']').unwrap_or(none);
        if frame.ids.start < frame.timing.end {
            // In another order they would need another comparison, so this message is read each time.
            frame.bytes.clear();
        }
    }
}

/// From behind `begin` up to `end`.
fn part(payload: &[u8], begin: &[u8], end: u8) -> Option<Range<usize>> {
    let head = payload.get(..NEAR_THE_START).unwrap_or(payload);
    let found = head.windows(begin.len()).position(|window| window == begin);
    let at = found? + begin.len();
    let length = payload.get(at..)?.iter().position(|byte| *byte == end)?;
    Some(at..at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] = br#"{"meta":{"id":"8","timing":{"written":1234},"subscription_ids":["S"]},"data":[{"text":"hi"}]}"#;

    fn changed(from: &str, to: &str) -> Vec<u8> {
        let text = String::from_utf8(ONE.to_vec()).unwrap();
        text.replace(from, to).into_bytes()
    }

    #[test]
    fn a_frame_may_differ_only_in_what_is_its_receivers() {
        let mut known = Known::new(1);
        known.keep(5, 8, ONE);
        assert_eq!(known.number_of(5, ONE, b"\"S\""), Some(8));
        let other = changed("\"S\"", "\"T\"");
        assert_eq!(known.number_of(5, &other, b"\"T\""), Some(8));
        assert_eq!(known.number_of(5, &other, b"\"S\""), None, "not its own id");
        let later = changed("1234", "5678");
        assert_eq!(known.number_of(5, &later, b"\"S\""), Some(8));
        for (from, to) in [("hi", "ho"), ("\"8\"", "\"9\""), ("[\"S\"]", "[]")] {
            assert_eq!(
                known.number_of(5, &changed(from, to), b"\"S\""),
                None,
                "{to}"
            );
        }
        assert_eq!(known.number_of(6, ONE, b"\"S\""), None, "another message");
        assert_eq!((known.number(5), known.number(6)), (Some(8), None));
    }

    #[test]
    fn a_frame_of_an_app_stream_has_no_ids() {
        let frame = changed(",\"subscription_ids\":[\"S\"]", "");
        let frame = String::from_utf8(frame)
            .unwrap()
            .replace(",\"timing\":{\"written\":1234}", "");
        let mut known = Known::new(1);
        known.keep(0, 8, frame.as_bytes());
        assert_eq!(known.number_of(0, frame.as_bytes(), b""), Some(8));
        assert_eq!(known.number_of(0, ONE, b""), None);
    }

    #[test]
    fn the_memory_of_many_circles_is_bounded() {
        for circles in [1, 500, 100_000] {
            let known = Known::new(circles);
            assert!((4..=KEPT_PER_CIRCLE).contains(&known.most));
        }
        let mut known = Known::new(KEPT);
        for seq in 0..100 {
            known.keep(seq, u64::from(seq), ONE);
        }
        assert_eq!(known.frames.len(), 4);
        assert_eq!(known.number(99), Some(99));
        assert_eq!(known.number(3), None);
    }
}
