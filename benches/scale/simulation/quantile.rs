//! The values below which a part of all lie.

use super::Nanos;

#[derive(Default)]
pub(super) struct Quantiles(Vec<Nanos>);

impl Quantiles {
    pub(super) fn record(&mut self, value: Nanos) {
        self.0.push(value);
    }

    /// The value below which `percent` of 100 lie; zero of none.
    pub(super) fn at(&mut self, percent: usize) -> Nanos {
        self.0.sort_unstable();
        let last = self.0.len().saturating_sub(1);
        self.0
            .get(last * percent / 100)
            .copied()
            .unwrap_or_default()
    }
}
