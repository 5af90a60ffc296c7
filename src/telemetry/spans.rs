//! One table: the parts of a request's way that are timed, each into a distribution of its own.

use std::time::Instant;

use super::Histogram;

/// Bounds of the buckets on the metrics page, in microseconds.
const BOUNDS: [u64; 15] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 5_000_000,
];

macro_rules! spans {
    ($($(#[doc = $help:literal])* $variant:ident $label:literal;)*) => {
        /// Something that is timed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Span { $($(#[doc = $help])* $variant,)* }

        impl Span {
            /// All of them, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// Value of the label `part` on the metrics page.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }
    };
}

spans! {
    /// Whose token it is.
    Authenticate "authenticate";
    /// From bytes to a checked message.
    Parse "parse";
    /// The channel's actor: its mailbox, the ACL, the way back.
    Decide "decide";
    /// In the queue of the write lane.
    LaneWait "lane_wait";
    /// SQL of a group of writes.
    Transact "transact";
    /// The commit of a group, with its sync to the disk.
    Commit "commit";
    /// From the commit to the last socket written.
    FanOut "fan_out";
}

/// All distributions of a process.
#[derive(Debug)]
pub struct Spans {
    values: [Histogram; Span::ALL.len()],
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

    /// As one histogram of the metrics page.
    pub(super) fn page(&self, page: &mut String) {
        const NAME: &str = "groundnut_part_seconds";
        page.push_str(&format!(
            "# HELP {NAME} Time of the parts of a write's way, to its last listener.\n# TYPE {NAME} histogram\n"
        ));
        for span in Span::ALL {
            let (label, histogram) = (span.label(), self.of(*span));
            let (counts, all) = histogram.cumulative(&BOUNDS);
            for (bound, count) in BOUNDS.iter().zip(counts) {
                let seconds = *bound as f64 / 1e6;
                page.push_str(&format!(
                    "{NAME}_bucket{{part=\"{label}\",le=\"{seconds}\"}} {count}\n"
                ));
            }
            page.push_str(&format!(
                "{NAME}_bucket{{part=\"{label}\",le=\"+Inf\"}} {all}\n{NAME}_sum{{part=\"{label}\"}} {}\n{NAME}_count{{part=\"{label}\"}} {all}\n",
                histogram.sum() as f64 / 1e6
            ));
        }
    }
}
