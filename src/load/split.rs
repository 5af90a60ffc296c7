//! A delay split at the server's own moments: how long until the commit, until the socket was written, and
//! from there to us.

use super::latency::{Latency, Precision};
use super::moments::Moments;

/// The three parts of a delivery.
#[derive(Debug)]
pub(super) struct Split {
    /// Once for each message.
    pub(super) accepted_to_committed: Latency,
    /// Once for each frame.
    pub(super) commit_to_write: Latency,
    /// Once for each frame; means something only where both sides read the same clock.
    pub(super) write_to_arrival: Latency,
}

impl Split {
    pub(super) fn new() -> Self {
        let fine = || Latency::new(Precision::Fine);
        Self {
            accepted_to_committed: fine(),
            commit_to_write: fine(),
            write_to_arrival: fine(),
        }
    }

    /// Records one frame that arrived at `arrived_us`; `first` for the first frame of its message.
    pub(super) fn record(&mut self, moments: &Moments, arrived_us: u64, first: bool) {
        let between =
            |earlier: Option<u64>, later: Option<u64>| Some(later?.saturating_sub(earlier?));
        if first && let Some(us) = between(moments.accepted, moments.committed) {
            self.accepted_to_committed.record_us(us);
        }
        if let Some(us) = between(moments.committed, moments.written) {
            self.commit_to_write.record_us(us);
        }
        if let Some(us) = between(moments.written, Some(arrived_us)) {
            self.write_to_arrival.record_us(us);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_split_where_the_server_says() {
        let mut split = Split::new();
        let moments = Moments {
            accepted: Some(1_000_000),
            committed: Some(1_002_000),
            fanned_out: Some(1_003_000),
            written: Some(1_005_000),
        };
        split.record(&moments, 1_006_000, true);
        split.record(&moments, 1_006_000, false);
        assert_eq!(
            split.accepted_to_committed.count(),
            1,
            "once for all listeners"
        );
        let parts = [
            &split.accepted_to_committed,
            &split.commit_to_write,
            &split.write_to_arrival,
        ];
        let shown = parts.map(|part| part.max_ms().round());
        assert_eq!(shown, [2.0, 3.0, 1.0]);
    }

    #[test]
    fn unknown_moments_and_clocks_that_go_back_do_no_harm() {
        let mut split = Split::new();
        let moments = Moments {
            written: Some(2_000_000),
            ..Moments::default()
        };
        split.record(&moments, 1_000_000, true);
        let counts = [
            split.accepted_to_committed.count(),
            split.commit_to_write.count(),
            split.write_to_arrival.count(),
        ];
        assert_eq!(counts, [0, 0, 1]);
    }
}
