//! `meta.timing`: timestamps of an event along the delivery path, for clients that measure (`include_timing=1`).

use serde::Serialize;

use super::json::object_to_continue;
use crate::event::Event;
use crate::model::Stamp;

/// Digits of a timestamp in microseconds since 1970, until the year 2286.
pub const MOMENT_DIGITS: usize = 16;

/// Placeholder for the timestamp of the write, which is filled in for each socket.
const TO_BE_WRITTEN: [u8; MOMENT_DIGITS] = [b'0'; MOMENT_DIGITS];

/// Timestamps in microseconds since 1970, by the server's wall clock. The last one, `written`, is filled in for
/// each socket.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Timing {
    /// The actor accepted the write. Absent if another process wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Stamp>,
    /// The transaction was committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    committed: Option<Stamp>,
    /// The event was sent to the worker threads of its listeners.
    fanned_out: Stamp,
}

impl Timing {
    pub(super) fn new(event: &Event, fanned_out: Stamp) -> Self {
        Self {
            accepted: event.timestamps.accepted,
            committed: event.timestamps.committed,
            fanned_out,
        }
    }

    /// Appends it as an object. Returns where the digits of `written` begin, for [`fill_all`]: just before the
    /// bytes go to the socket.
    pub(super) fn render(&self, out: &mut Vec<u8>) -> usize {
        out.extend_from_slice(&object_to_continue(self));
        out.extend_from_slice(b",\"written\":");
        let moment = out.len();
        out.extend_from_slice(&TO_BE_WRITTEN);
        out.push(b'}');
        moment
    }
}

/// Writes a timestamp over the digits at these offsets.
pub fn fill_all(bytes: &mut [u8], places: &[usize], moment: Stamp) {
    for at in places {
        if let Some(digits) = bytes.get_mut(*at..*at + MOMENT_DIGITS) {
            fill(digits, moment);
        }
    }
}

/// Writes a timestamp over its digits.
fn fill(digits: &mut [u8], moment: Stamp) {
    let mut rest = u64::try_from(moment.0).unwrap_or(0);
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_digits() {
        let mut digits = *b"1000000000000000";
        fill(&mut digits, Stamp(1_763_850_000_004_321));
        assert_eq!(&digits, b"1763850000004321");
        assert_eq!(digits.len(), MOMENT_DIGITS);
    }

    #[test]
    fn the_moment_of_writing_is_filled_in_where_it_was_rendered() {
        let timing = Timing {
            accepted: Some(Stamp(1_763_850_000_000_001)),
            committed: None,
            fanned_out: Stamp(1_763_850_000_000_003),
        };
        let mut out = b"before ".to_vec();
        let moment = timing.render(&mut out);
        out.extend_from_slice(b" behind");
        fill_all(&mut out, &[moment], Stamp(1_763_850_000_004_321));
        assert_eq!(
            out.escape_ascii().to_string().replace('\\', ""),
            "before {\"accepted\":1763850000000001,\"fanned_out\":1763850000000003,\
             \"written\":1763850000004321} behind"
        );
    }
}
