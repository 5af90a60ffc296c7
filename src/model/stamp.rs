//! Timestamps: microseconds since 1970, UTC.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A timestamp. The write lane issues each value once and in rising order, so a stamp also orders rows
/// (inbox activity, mutes, sticky messages) and serves as a pagination id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(pub i64);

impl Stamp {
    /// Unix seconds, as in `meta.timestamp`.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Microseconds until a later timestamp; 0 if the clock was set back in between.
    pub fn micros_until(self, later: Self) -> u64 {
        u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0)
    }

    /// So much later.
    #[must_use]
    pub fn plus(self, by: std::time::Duration) -> Self {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// So much earlier.
    #[must_use]
    pub fn minus(self, by: std::time::Duration) -> Self {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// From Unix seconds.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// `YYYY-MM-DDTHH:MM:SSZ`, the only form of a date on the wire.
    pub fn iso(self) -> String {
        let Ok(t) = OffsetDateTime::from_unix_timestamp(self.seconds()) else {
            return String::from("1970-01-01T00:00:00Z");
        };
        let (year, month, day) = t.to_calendar_date();
        let (hour, minute, second) = t.to_hms();
        format!(
            "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z",
            u8::from(month)
        )
    }

    /// Parses an ISO 8601 timestamp; a date without a time means midnight.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let full = if text.len() == 10 {
            format!("{text}T00:00:00Z")
        } else {
            text.to_owned()
        };
        let t = OffsetDateTime::parse(&full, &Rfc3339).ok()?;
        i64::try_from(t.unix_timestamp_nanos() / 1_000)
            .ok()
            .map(Self)
    }
}
