//! Pauses between attempts, as a setting.

use std::time::Duration;

use super::Value;

/// The longest pause: a week.
const LONGEST_MS: u64 = 604_800_000;

/// Most pauses of a list.
const MOST: usize = 64;

/// Pauses between the attempts of something, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pauses(Vec<u64>);

impl Default for Pauses {
    /// Eight attempts within two hours.
    fn default() -> Self {
        Self(vec![
            1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000,
        ])
    }
}

impl Pauses {
    /// The pause behind so many attempts that failed. `None`: it was the last one.
    pub fn after(&self, failed: u32) -> Option<Duration> {
        let index = usize::try_from(failed).ok()?.checked_sub(1)?;
        self.0.get(index).copied().map(Duration::from_millis)
    }

    /// The longest of them.
    pub fn longest(&self) -> Duration {
        Duration::from_millis(self.0.iter().copied().max().unwrap_or_default())
    }
}

impl Value for Pauses {
    const EXPECTED: &'static str =
        "a list of 1 to 64 milliseconds, each at most a week, such as [1000, 60000]";
    const IS_LIST: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let items = text.split(',').map(str::trim);
        let items = items.filter(|item| !item.is_empty());
        let pause = |item: &str| item.parse().ok().filter(|ms| (1..=LONGEST_MS).contains(ms));
        let pauses: Vec<u64> = items.map(pause).collect::<Option<_>>()?;
        (1..=MOST).contains(&pauses.len()).then_some(Self(pauses))
    }

    fn show(&self) -> String {
        let shown: Vec<String> = self.0.iter().map(u64::to_string).collect();
        format!("[{}]", shown.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_pauses_ends_and_each_is_used_once() {
        let pauses = Pauses::parse("10, 30,20").unwrap();
        let after: Vec<_> = (0..5).map(|failed| pauses.after(failed)).collect();
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(after, [None, ms(10), ms(30), ms(20), None]);
        assert_eq!(pauses.longest(), Duration::from_millis(30));
        assert_eq!(pauses.show(), "[10, 30, 20]");
        for wrong in ["", "0", "-1", "1.5", "604800001", "soon"] {
            assert_eq!(Pauses::parse(wrong), None, "{wrong}");
        }
    }
}
