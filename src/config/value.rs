//! What a setting can be: read from text, and written as in the file.

use std::fmt;
use std::ops::RangeInclusive;

/// A value that a file, the environment or the command line can hold.
pub(crate) trait Value: Sized {
    /// Description of valid values, for the error.
    const EXPECTED: &'static str;
    /// Whether a file holds a list, whose items the text has between commas.
    const IS_LIST: bool = false;
    /// From text.
    fn parse(text: &str) -> Option<Self>;
    /// As it is written in the file.
    fn show(&self) -> String;
}

macro_rules! plain_value {
    ($type:ty, $expected:literal) => {
        impl Value for $type {
            const EXPECTED: &'static str = $expected;
            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    };
}
plain_value!(u64, "a whole number from 0");
plain_value!(u32, "a whole number from 0");
plain_value!(usize, "a whole number from 0");

impl Value for bool {
    const EXPECTED: &'static str = "true or false";
    fn parse(text: &str) -> Option<Self> {
        match text {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for String {
    const EXPECTED: &'static str = "a text without control characters";
    fn parse(text: &str) -> Option<Self> {
        (!text.contains(char::is_control)).then(|| text.to_owned())
    }
    fn show(&self) -> String {
        format!("{self:?}")
    }
}

/// Reads a value; the error says which ones are valid.
pub(super) fn read<T: Value>(text: &str) -> Result<T, String> {
    T::parse(text).ok_or_else(|| T::EXPECTED.to_owned())
}

/// Reads a number; the error says which ones are valid.
pub(super) fn read_within<T>(text: &str, range: &RangeInclusive<T>) -> Result<T, String>
where
    T: Value + PartialOrd + fmt::Display,
{
    let within = T::parse(text).filter(|value| range.contains(value));
    within.ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))
}
