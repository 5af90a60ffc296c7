//! The timestamps in each frame of a server with `include_timing=1`: when the event was accepted, committed, fanned
//! out and written, in microseconds since the Unix epoch.

/// The object begins within this many bytes of a frame, or is absent.
const NEAR_THE_START: usize = 1024;
const MARK: &[u8] = b"\"timing\":{";

/// The timestamps of one frame; those unknown to the server are absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Timestamps {
    pub(super) accepted: Option<u64>,
    pub(super) committed: Option<u64>,
    pub(super) fanned_out: Option<u64>,
    pub(super) written: Option<u64>,
}

impl Timestamps {
    /// Finds them in a frame. `hint` is the offset in the previous frame and is updated: the heads of
    /// one room's frames differ in a few digits, so the search is rarely needed.
    pub(super) fn find(payload: &[u8], hint: &mut usize) -> Option<Self> {
        if let Some(timestamps) = payload.get(*hint..).and_then(Self::at_start) {
            return Some(timestamps);
        }
        let head = payload.get(..NEAR_THE_START).unwrap_or(payload);
        let at = head.windows(MARK.len()).position(|window| window == MARK)?;
        *hint = at;
        payload.get(at..).and_then(Self::at_start)
    }

    fn at_start(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MARK)?;
        let mut timestamps = Self::default();
        loop {
            let (name, after) = quoted(rest)?;
            let (value, after) = number(after.strip_prefix(b":")?)?;
            match name {
                b"accepted" => timestamps.accepted = Some(value),
                b"committed" => timestamps.committed = Some(value),
                b"fanned_out" => timestamps.fanned_out = Some(value),
                b"written" => timestamps.written = Some(value),
                // A later server may send more fields.
                _ => {}
            }
            match after.split_first()? {
                (b',', next) => rest = next,
                (b'}', _) => return Some(timestamps),
                _ => return None,
            }
        }
    }
}

fn quoted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(b"\"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    Some((rest.get(..end)?, rest.get(end + 1..)?))
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    let (mut value, mut count) = (0_u64, 0);
    for digit in digits {
        value = value
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))?;
        count += 1;
    }
    (count > 0).then_some((value, bytes.get(count..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = br#"{"meta":{"timestamp":1763850000,"id":"5","type":"message","timing":{"accepted":1763850000000000,"committed":1763850000001000,"fanned_out":1763850000001500,"written":1763850000004321},"subscription_ids":["a"]},"data":[]}"#;

    #[test]
    fn moments_are_found_and_the_hint_is_used() {
        let mut hint = 0;
        let found = Timestamps::find(FRAME, &mut hint).unwrap();
        assert_eq!(found.accepted, Some(1_763_850_000_000_000));
        assert_eq!(found.written, Some(1_763_850_000_004_321));
        assert!(FRAME[hint..].starts_with(MARK));
        assert_eq!(Timestamps::find(FRAME, &mut hint), Some(found));
        let mut other = b"xx".to_vec();
        other.extend_from_slice(FRAME);
        let before = hint;
        assert_eq!(Timestamps::find(&other, &mut hint), Some(found));
        assert_eq!(hint, before + 2, "the hint follows");
    }

    #[test]
    fn an_event_of_another_process_has_fewer() {
        let frame = br#"{"meta":{"timing":{"fanned_out":7,"written":9,"later":1}}}"#;
        let found = Timestamps::find(frame, &mut 0).unwrap();
        let expected = Timestamps {
            fanned_out: Some(7),
            written: Some(9),
            ..Timestamps::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn frames_without_or_with_something_else_have_none() {
        for frame in [
            &br#"{"meta":{"id":"5"},"data":[{"text":"timing"}]}"#[..],
            br#"{"meta":{"timing":{"#,
            br#"{"meta":{"timing":{}}}"#,
            br#"{"meta":{"timing":{"written":"x"}}}"#,
            br#"{"meta":{"timing":{"written":99999999999999999999999}}}"#,
            b"",
        ] {
            assert_eq!(Timestamps::find(frame, &mut 9), None);
        }
    }
}
