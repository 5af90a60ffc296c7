//! Moments, as pages show them. The pages have no script that could ask the browser for its time zone, so they show days.

use crate::model::Stamp;

/// `2026-11-26`, by UTC.
pub(super) fn day(stamp: Stamp) -> String {
    let mut iso = stamp.iso();
    iso.truncate("2026-11-26".len());
    iso
}
