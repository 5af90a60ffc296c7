//! Random numbers without floating point, so that they are the same everywhere (splitmix64).

pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers below `end`; 0 if there are none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or_default()
    }

    /// Half of `usual` to one and a half times; one time in fifty, `rare`.
    pub(super) fn spread(&mut self, usual: u64, rare: u64) -> u64 {
        match self.below(50) {
            0 => rare,
            _ => usual / 2 + self.below(usual + 1),
        }
    }
}
