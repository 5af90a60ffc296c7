//! Timestamps: microseconds since 1970, UTC.

use serde::{Deserialize, Serialize};
use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, OffsetDateTime, PrimitiveDateTime};

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

    /// Parses an ISO 8601 timestamp, in the extended form or the basic one (`20261127T181000Z`), to the second, the minute or
    /// the hour. Without a zone it is UTC; a date without a time means midnight.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let iso = &Iso8601::PARSING;
        let t = OffsetDateTime::parse(text, &Rfc3339)
            .or_else(|_| OffsetDateTime::parse(text, iso))
            .or_else(|_| PrimitiveDateTime::parse(text, iso).map(PrimitiveDateTime::assume_utc))
            .or_else(|_| Date::parse(text, iso).map(|date| date.midnight().assume_utc()))
            .ok()?;
        i64::try_from(t.unix_timestamp_nanos() / 1_000)
            .ok()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_each_form_that_clients_write() {
        let iso = |text: &str| Stamp::parse_iso(text).map(Stamp::iso);
        for text in [
            "2026-11-27T18:10:00Z",
            "2026-11-27T18:10:00.000000Z",
            "2026-11-27T19:10:00+01:00",
            "2026-11-27T18:10:00",
            "2026-11-27T18:10:00.000000",
            "2026-11-27T18:10Z",
            "2026-11-27T18:10",
            "2026-11-27T13:10-05:00",
            "20261127T181000Z",
            "20261127T181000",
            "20261127T1810Z",
            "20261127T191000+0100",
        ] {
            assert_eq!(iso(text).as_deref(), Some("2026-11-27T18:10:00Z"), "{text}");
        }
        for text in ["2026-11-27", "20261127"] {
            assert_eq!(iso(text).as_deref(), Some("2026-11-27T00:00:00Z"), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "1764267000",
            "2026",
            "2026-13-01",
            "2026-11-31",
            "2026-11-27T",
            "2026-11-27T25:00:00Z",
            "2026-11-27T18:61",
            "2026-11-27T18:10:00+99:00",
            "2026-11-27T18:10:00Zz",
            "2026-11-27x",
            "T18:10:00Z",
        ] {
            assert_eq!(Stamp::parse_iso(text), None, "{text}");
        }
    }
}
