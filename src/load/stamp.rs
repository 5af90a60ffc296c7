//! The stamp in a published text: its number in the ledger and its intended send time.
//!
//! Fixed width, ASCII only and nothing that a server would turn into a link, so that the text comes back
//! byte for byte and at the same offset of each frame.

/// Bytes before the padding: `seq:` + 8 digits + ` at:` + 15 digits + one blank.
pub(super) const STAMP_BYTES: usize = 4 + SEQ_DIGITS + 4 + MOMENT_DIGITS + 1;
const SEQ_DIGITS: usize = 8;
const MOMENT_DIGITS: usize = 15;
const MARK: &[u8] = b"seq:";
const FILLER: &[u8] = b"the room is full and everybody listens ";

/// A text's number and intended send time in nanoseconds of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) seq: u32,
    pub(super) intended_ns: u64,
}

impl Stamp {
    /// Appends a text of `length` bytes, never shorter than the stamp itself.
    pub(super) fn write(self, out: &mut Vec<u8>, length: usize) {
        let end = out.len() + length.max(STAMP_BYTES);
        out.extend_from_slice(MARK);
        push_digits(out, u64::from(self.seq), SEQ_DIGITS);
        out.extend_from_slice(b" at:");
        push_digits(out, self.intended_ns, MOMENT_DIGITS);
        out.push(b' ');
        out.extend(FILLER.iter().cycle().take(end.saturating_sub(out.len())));
        // A text that ends in a blank would be trimmed by some servers.
        if let Some(last) = out.last_mut() {
            *last = b'.';
        }
    }

    /// Finds the stamp in a frame. `hint` is the offset in the previous frame and is updated:
    /// the frames of one room differ in a few digits, so the search is rarely needed.
    pub(super) fn find(payload: &[u8], hint: &mut usize) -> Option<Self> {
        if let Some(stamp) = payload.get(*hint..).and_then(Self::at_start) {
            return Some(stamp);
        }
        let at = payload
            .windows(MARK.len())
            .enumerate()
            .filter(|(_, window)| *window == MARK)
            .find_map(|(at, _)| Some((at, Self::at_start(payload.get(at..)?)?)));
        let (at, stamp) = at?;
        *hint = at;
        Some(stamp)
    }

    fn at_start(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MARK)?;
        let (seq, rest) = rest.split_at_checked(SEQ_DIGITS)?;
        let (moment, _) = rest
            .strip_prefix(b" at:")?
            .split_at_checked(MOMENT_DIGITS)?;
        Some(Self {
            seq: u32::try_from(digits(seq)?).ok()?,
            intended_ns: digits(moment)?,
        })
    }
}

fn push_digits(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut divisor = 10_u64.pow(u32::try_from(width - 1).unwrap_or(0));
    while divisor > 0 {
        out.push(b'0' + u8::try_from(value / divisor % 10).unwrap_or(0));
        divisor /= 10;
    }
}

fn digits(bytes: &[u8]) -> Option<u64> {
    bytes.iter().try_fold(0_u64, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + u64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_comes_back_from_the_middle_of_a_frame() {
        let stamp = Stamp {
            seq: 4711,
            intended_ns: 123_456_789_012,
        };
        let mut frame = br#"{"meta":{"id":"9"},"data":[{"note":"seq:none","text":""#.to_vec();
        stamp.write(&mut frame, 256);
        frame.extend_from_slice(br#""}]}"#);
        let mut hint = 0;
        assert_eq!(Stamp::find(&frame, &mut hint), Some(stamp));
        assert!(hint > 40, "the hint points at the stamp");
        assert_eq!(Stamp::find(&frame, &mut hint), Some(stamp), "and is used");
    }

    #[test]
    fn a_text_has_the_length_asked_for_and_ends_without_a_blank() {
        for length in [STAMP_BYTES, 100, 256, 2000] {
            let mut text = Vec::new();
            Stamp {
                seq: 1,
                intended_ns: 2,
            }
            .write(&mut text, length);
            assert_eq!(text.len(), length);
            assert_ne!(text.last(), Some(&b' '));
        }
    }

    #[test]
    fn frames_without_a_stamp_are_told_apart() {
        let mut hint = 7;
        assert_eq!(Stamp::find(br#"{"meta":{"pong":1}}"#, &mut hint), None);
        assert_eq!(Stamp::find(b"seq:12", &mut hint), None);
        assert_eq!(hint, 7);
    }
}
