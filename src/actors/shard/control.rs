//! Whether a stream asked to be told about itself (`control=1`), and when it is warned of a full queue.

use crate::protocol::query::Query;

/// Percent of the bound at which a stream is warned.
const FULL: u64 = 80;
/// Percent below which the queue has to fall before the stream is warned again.
const HALF: u64 = 50;

/// Whether a stream is told about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// It did not ask.
    Unasked,
    /// It is told when its queue becomes full.
    Asked,
    /// It was told so, and the queue has not fallen far since.
    Warned,
}

impl Control {
    /// By the address of the stream.
    pub fn from_query(query: &Query) -> Self {
        match query.flag("control", false) {
            true => Self::Asked,
            false => Self::Unasked,
        }
    }

    /// Whether frames about the stream may be sent.
    pub fn is_asked(self) -> bool {
        match self {
            Self::Unasked => false,
            Self::Asked | Self::Warned => true,
        }
    }

    /// A queue grew between these levels, in percent: whether the stream is warned.
    pub(super) fn is_warned_of(&mut self, before: u64, after: u64) -> bool {
        let is_armed = match self {
            Self::Unasked => return false,
            Self::Asked => true,
            Self::Warned => before < HALF,
        };
        let warns = is_armed && after >= FULL;
        *self = match (warns, is_armed) {
            (true, _) | (false, false) => Self::Warned,
            (false, true) => Self::Asked,
        };
        warns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_warned_once_until_its_queue_has_fallen_below_half() {
        let mut control = Control::Asked;
        let mut warned = |before, after| control.is_warned_of(before, after);
        assert!(!warned(0, 79));
        assert!(warned(79, 80));
        assert!(!warned(80, 99));
        assert!(!warned(50, 90), "it did not fall below half");
        assert!(!warned(49, 60), "fallen, and not full");
        assert!(warned(60, 240), "a burst may pass the bound");
        assert!(warned(0, 100), "emptied and filled at once");
        let mut control = Control::Unasked;
        assert!(!control.is_warned_of(0, 100));
        assert_eq!(control, Control::Unasked);
    }
}
