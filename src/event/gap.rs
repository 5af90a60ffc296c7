//! What a reader of the log gets: events, and the positions that hold none for it.

use std::sync::Arc;

use super::{Event, Pos};

/// One entry of the log, as this program reads it. Entries that follow each other leave no position out.
#[derive(Clone, Debug, PartialEq)]
pub enum Logged {
    /// An event.
    Event(Arc<Event>),
    /// Positions without an event for this program. A reader with a cursor is told of them.
    Gap(Gap),
}

/// Positions from `first` to `last` that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first of them.
    pub first: Pos,
    /// The last of them.
    pub last: Pos,
    /// Why.
    pub cause: GapCause,
}

/// Why positions cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// Retention removed them before they were read.
    Trimmed,
    /// Of a form or a kind that this program does not know (a newer one wrote it), or damaged.
    Unreadable,
}

impl Gap {
    /// How many positions.
    pub fn len(&self) -> u64 {
        u64::try_from(self.last.0 - self.first.0 + 1).unwrap_or(0)
    }

    /// Whether it holds no position.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Logged {
    /// The last position that it covers; `None` for an event that was never logged.
    pub fn last(&self) -> Option<Pos> {
        match self {
            Self::Event(event) => event.pos,
            Self::Gap(gap) => Some(gap.last),
        }
    }
}
