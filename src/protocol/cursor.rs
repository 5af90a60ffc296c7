//! A place in the log, as clients keep it: `epoch.pos`. Opaque to them.

use std::fmt;
use std::sync::Arc;

use crate::event::Pos;

/// Longest epoch that is looked at.
const EPOCH_MAX: usize = 64;

/// A place in the log: everything up to it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Which log; a new one begins when the old one is lost.
    pub epoch: Arc<str>,
    /// The position in it.
    pub pos: Pos,
}

impl Cursor {
    /// Of a position in the log of this epoch.
    pub fn at(epoch: &Arc<str>, pos: Pos) -> Self {
        Self {
            epoch: Arc::clone(epoch),
            pos,
        }
    }

    /// As a client sent it; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, pos) = text.split_once('.')?;
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        let is_epoch = (1..=EPOCH_MAX).contains(&epoch.len()) && epoch.bytes().all(is_plain);
        let is_number = !pos.is_empty() && pos.bytes().all(|digit| digit.is_ascii_digit());
        if !is_epoch || !is_number {
            return None;
        }
        Some(Self {
            epoch: epoch.into(),
            pos: Pos(pos.parse().ok()?),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.pos.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let cursor = Cursor::at(&"a-B_9".into(), Pos(71));
        assert_eq!(cursor.to_string(), "a-B_9.71");
        assert_eq!(Cursor::parse("a-B_9.71"), Some(cursor));
        for wrong in [
            "",
            ".",
            "a",
            "a.",
            ".7",
            "a.-7",
            "a.+7",
            "a.7.7",
            "a b.7",
            "a.7 ",
            "a.9223372036854775808",
            "\"a.7",
        ] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }
}
