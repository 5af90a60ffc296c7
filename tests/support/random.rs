//! Random bytes from a seed that is printed, so that a failure can be had again.

pub(crate) struct Random(u64);

impl Random {
    /// The seed is fixed and shown with a failure.
    pub(crate) fn seeded(seed: u64) -> Self {
        println!("seed {seed}");
        Self(seed.max(1))
    }

    /// One whose seed its user shows.
    pub(crate) fn silent(seed: u64) -> Self {
        let mut random = Self(seed.max(1));
        // Small seeds begin with small numbers.
        for _ in 0..8 {
            random.next();
        }
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    pub(crate) fn bytes(&mut self, up_to: u64) -> Vec<u8> {
        let count = self.below(up_to);
        (0..count).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = self.below(list.len() as u64);
        &list[usize::try_from(at).unwrap_or(0)]
    }
}
