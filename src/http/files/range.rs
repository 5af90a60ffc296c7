//! Parts of contents that a client asks for (RFC 9110 §14).

use std::ops::Range;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of it. So are several parts at once: no client here needs them.
    Whole,
    /// A part.
    Part(Range<u64>),
    /// A part that is not there.
    Outside,
}

/// Reads the header of a request for contents of this size.
pub(super) fn asked(header: Option<&str>, size: u64) -> Asked {
    let part = header.and_then(|text| {
        let text = text.trim().strip_prefix("bytes=")?;
        let (first, last) = text.split_once('-')?;
        match (first.trim(), last.trim()) {
            ("", "") => None,
            ("", last) => {
                let last: u64 = last.parse().ok()?;
                Some((last > 0).then(|| size.saturating_sub(last)..size))
            }
            (first, "") => Some(Some(first.parse().ok()?..size)),
            (first, last) => {
                let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
                (first <= last).then(|| Some(first..size.min(last.saturating_add(1))))
            }
        }
    });
    match part {
        None => Asked::Whole,
        Some(Some(part)) if part.start < part.end => Asked::Part(part),
        Some(_) => Asked::Outside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_within_the_contents_or_refused() {
        let table = [
            ("bytes=0-3", Asked::Part(0..4)),
            ("bytes=4-", Asked::Part(4..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-99", Asked::Part(0..10)),
            ("bytes=8-99", Asked::Part(8..10)),
            ("bytes=10-", Asked::Outside),
            ("bytes=10-12", Asked::Outside),
            ("bytes=-0", Asked::Outside),
            ("bytes=3-1", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("items=0-1", Asked::Whole),
            (
                "bytes=18446744073709551615-18446744073709551615",
                Asked::Outside,
            ),
            ("bytes=0-18446744073709551615", Asked::Part(0..10)),
        ];
        for (header, expected) in table {
            assert_eq!(asked(Some(header), 10), expected, "{header}");
        }
        assert_eq!(asked(None, 10), Asked::Whole);
    }
}
