//! What a seed picks at random: people, times and words, skewed as in life. The same seed picks the same.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Different words that seeded texts are made of, without the rare ones.
const WORDS: u64 = 4_000;
/// Different tags.
const TAGS: u64 = 400;
/// Words of a text.
const TEXT_WORDS: std::ops::Range<u64> = 4..24;
const SYLLABLES: [&str; 20] = [
    "ba", "de", "fi", "go", "hu", "ja", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "wa",
    "xe", "yi", "zo", "cha",
];

/// A random source with the distributions of a seed.
pub(super) struct Picker {
    random: StdRng,
}

impl Picker {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// One of `0..of`, all alike. `of` is at least 1.
    pub(super) fn even(&mut self, of: u64) -> u64 {
        self.random.random_range(0..of.max(1))
    }

    /// One of `0..of`; the density falls as `x^(-2/3)`: with 100 000 people, the first hundred are picked in a tenth of all cases.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and `of`"
    )]
    #[expect(clippy::cast_precision_loss, reason = "a distribution")]
    pub(super) fn skewed(&mut self, of: u64) -> u64 {
        let x: f64 = self.random.random();
        ((x * x * x * of as f64) as u64).min(of.saturating_sub(1))
    }

    /// True once in `n` cases.
    pub(super) fn once_in(&mut self, n: u64) -> bool {
        self.even(n) == 0
    }

    /// A text with common and rare words, sometimes a tag, a mention or a link. `number` makes its rarest word.
    pub(super) fn text(&mut self, people: u64, number: u64) -> String {
        let length = self.random.random_range(TEXT_WORDS);
        let mut words: Vec<String> = (0..length).map(|_| word(self.skewed(WORDS))).collect();
        if self.once_in(4) {
            words.push(format!("#{}", word(self.skewed(TAGS))));
        }
        if self.once_in(5) {
            words.insert(0, format!("@{}", username(self.skewed(people))));
        }
        if self.once_in(10) {
            words.push(format!("https://example.com/{number}"));
        }
        if self.once_in(50) {
            words.push(format!("rare{number}"));
        }
        words.join(" ")
    }
}

/// The word with this rank. Different ranks have different words.
fn word(rank: u64) -> String {
    let base = SYLLABLES.len() as u64;
    let mut rest = rank + base;
    let mut word = String::new();
    while rest > 0 {
        let at = usize::try_from(rest % base).unwrap_or_default();
        word.push_str(SYLLABLES.get(at).copied().unwrap_or_default());
        rest /= base;
    }
    word
}

/// The name of the account with this index; the first is `person1`.
pub(super) fn username(index: u64) -> String {
    format!("person{}", index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_same_seed_picks_the_same_and_another_seed_something_else() {
        let texts = |seed| {
            let mut picker = Picker::new(seed);
            (0..50).map(|n| picker.text(100, n)).collect::<Vec<_>>()
        };
        assert_eq!(texts(7), texts(7));
        assert_ne!(texts(7), texts(8));
    }

    #[test]
    fn words_of_different_ranks_differ() {
        let words: BTreeSet<String> = (0..WORDS).map(word).collect();
        assert_eq!(words.len() as u64, WORDS);
    }

    #[test]
    fn a_few_are_picked_often_and_all_are_within_the_range() {
        let mut picker = Picker::new(1);
        let picked: Vec<u64> = (0..10_000).map(|_| picker.skewed(1000)).collect();
        assert!(picked.iter().all(|one| *one < 1000));
        let first_tenth = picked.iter().filter(|one| **one < 100).count();
        assert!((4_000..5_300).contains(&first_tenth), "{first_tenth}");
    }
}
