//! Numbers from one type to another, at the bound of the target type where they do not fit.

use std::time::Duration;

/// Whole milliseconds.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The whole part; 0 for a negative number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from a floating-point number stops at the bounds of the target"
)]
pub(super) fn whole(number: f64) -> u64 {
    number as u64
}

/// As a number of items in memory.
pub(super) fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
