//! `meta.timing`: timestamps of an event along the delivery path, for clients that measure (`include_timing=1`).

use serde::Serialize;

use crate::event::Event;
use crate::model::Stamp;

/// Digits of a timestamp in microseconds since 1970, until the year 2286.
pub const MOMENT_DIGITS: usize = 16;

/// Placeholder for the timestamp of the write, which is filled in for each socket.
const TO_BE_WRITTEN: i64 = 1_000_000_000_000_000;

/// Bytes of a frame's `meta` after the timestamp of the write: the ends of `timing` and of `meta`.
const BEHIND: usize = "}}".len();

/// Timestamps in microseconds since 1970, by the server's wall clock.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Timing {
    /// The actor accepted the write. Absent if another process wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Stamp>,
    /// The transaction was committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    committed: Option<Stamp>,
    /// The event was sent to the worker threads of its listeners.
    fanned_out: Stamp,
    /// Just before the bytes are written to the socket. The last field, so that its offset is known.
    written: i64,
}

impl Timing {
    /// Without the last timestamp, which [`fill_all`] fills in.
    pub fn new(event: &Event, fanned_out: Stamp) -> Self {
        Self {
            accepted: event.timestamps.accepted,
            committed: event.timestamps.committed,
            fanned_out,
            written: TO_BE_WRITTEN,
        }
    }

    /// Offset of the last timestamp's digits in a rendered `meta` that ends with its timing.
    pub(super) fn place(meta: &[u8]) -> usize {
        meta.len().saturating_sub(BEHIND + MOMENT_DIGITS)
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
        assert_eq!(TO_BE_WRITTEN.to_string().len(), MOMENT_DIGITS);
    }
}
