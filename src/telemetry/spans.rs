//! Durations of the parts of a write, one histogram each.

use std::time::Instant;

use strum::{EnumCount, IntoStaticStr, VariantArray};

use super::Histogram;

/// A part of a write; its name is the value of the label `part` on the metrics page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[repr(usize)]
pub enum Span {
    /// The token is looked up.
    Authenticate,
    /// From bytes to a checked message.
    Parse,
    /// The channel's actor: its mailbox, the ACL, the way back.
    Decide,
    /// In the queue of the write lane.
    LaneWait,
    /// For the row of the log's head, while another process writes.
    HeadWait,
    /// SQL of a group of writes.
    Transact,
    /// The commit of a group, with its sync to the disk.
    Commit,
    /// From the commit to the last socket written.
    FanOut,
}

impl Span {
    /// Value of the label `part` on the metrics page.
    pub fn label(self) -> &'static str {
        self.into()
    }
}

/// All distributions of a process.
#[derive(Debug)]
pub struct Spans {
    values: [Histogram; Span::COUNT],
}

impl Default for Spans {
    fn default() -> Self {
        Self {
            values: std::array::from_fn(|_| Histogram::default()),
        }
    }
}

impl Spans {
    /// One of them.
    #[expect(
        clippy::indexing_slicing,
        reason = "the array has one place per variant"
    )]
    pub fn of(&self, span: Span) -> &Histogram {
        &self.values[span as usize]
    }

    /// Records the time since `began`.
    pub fn since(&self, span: Span, began: Instant) {
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.of(span).record(micros);
    }
}
