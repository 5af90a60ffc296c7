//! Parsed parameters of query strings and form bodies.
//!
//! Never an error: invalid parameters are ignored, as in the original API.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::Hash;
use std::str::FromStr;

use crate::model::channel::kind_named;
use crate::model::{Bound, Marker, PageRequest};

/// Most items of one list parameter; the rest is ignored (`ids` takes 200).
const LIST_MAX: usize = 200;

/// What clients put between their parameters and their token.
const SECOND_MARK: &str = "?access_token=";

/// Is told which names are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// Method and path of the route that asks.
    pub of: (&'static str, &'static str),
    /// Is told.
    pub read: fn((&'static str, &'static str), &str),
}

/// Name and value pairs in the order sent. If a name occurs twice, the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
    /// Only in debug builds.
    watch: Option<Watch>,
}

impl Query {
    /// Reads `a=1&b=2`, percent and plus decoded. A PHP style `name[]` is the same as `name`.
    /// Some clients append their token with a second question mark: `filters=follow?access_token=…`.
    pub fn parse(text: &str) -> Self {
        let text = match text.contains(SECOND_MARK) {
            true => Cow::Owned(text.replace(SECOND_MARK, "&access_token=")),
            false => Cow::Borrowed(text),
        };
        Self::from_pairs(
            form_urlencoded::parse(text.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned())),
        )
    }

    /// From pairs that are decoded already.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let plain = |name: String| match name.strip_suffix("[]") {
            Some(stem) => stem.to_owned(),
            None => name,
        };
        Self {
            pairs: pairs
                .into_iter()
                .map(|(name, value)| (plain(name), value))
                .collect(),
            watch: None,
        }
    }

    /// The same, watched.
    #[must_use]
    pub fn watched(self, watch: Watch) -> Self {
        Self {
            watch: Some(watch),
            ..self
        }
    }

    fn tell(&self, name: &str) {
        if let Some(watch) = self.watch {
            (watch.read)(watch.of, name);
        }
    }

    /// The value, without blanks around it; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.sent(name)
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// The value exactly as sent, even if empty.
    pub fn sent(&self, name: &str) -> Option<&str> {
        self.tell(name);
        self.pairs
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the name occurs at all, with a value or without.
    pub fn has(&self, name: &str) -> bool {
        self.sent(name).is_some()
    }

    /// All pairs, in the order sent.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A boolean; `default` if absent or not a boolean.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.tristate(name).unwrap_or(default)
    }

    /// A search flag: absent means no filter.
    pub fn tristate(&self, name: &str) -> Option<bool> {
        boolean(self.get(name)?)
    }

    /// Whether any of the names is switched on (`include_raw`, `include_user_raw`).
    pub fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.flag(name, false))
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    /// A list separated by commas; blanks after the commas occur. Every occurrence of the name adds to it.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.tell(name);
        self.pairs
            .iter()
            .filter(|(known, _)| known == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .take(LIST_MAX)
            .map(ToOwned::to_owned)
            .collect()
    }

    /// A list of types of channels, whichever of their names are used.
    pub fn channel_kinds(&self, name: &str) -> Vec<String> {
        let named = self.list(name).into_iter();
        named.map(|kind| kind_named(&kind).to_owned()).collect()
    }

    /// The ids of a list, each once; what is no id is ignored.
    pub fn ids<T: FromStr + Copy + Eq + Hash>(&self, name: &str) -> Vec<T> {
        let mut seen = HashSet::new();
        let ids = self.list(name).into_iter();
        ids.filter_map(|id| id.parse().ok())
            .filter(|id| seen.insert(*id))
            .collect()
    }

    /// `since_id`, `before_id`, `count`. Marker words are in [`Query::marks`].
    pub fn page(&self) -> PageRequest {
        let bound = |name| {
            self.number(name).map(|id| Bound {
                id,
                inclusive: false,
            })
        };
        // Values outside of 1..200 and -200..-1 are ignored.
        let count = self
            .number("count")
            .filter(|count| *count != 0 && (-200..=200).contains(count))
            .unwrap_or(20);
        PageRequest {
            since: bound("since_id"),
            before: bound("before_id"),
            count: u16::try_from(count.unsigned_abs()).unwrap_or(20),
            oldest: count < 0,
        }
    }

    /// The marker words of the query.
    pub fn marks(&self) -> PageMarks {
        let mark = |name| self.get(name).and_then(Mark::parse);
        PageMarks {
            since: mark("since_id"),
            before: mark("before_id"),
        }
    }
}

/// A position in a markable stream, given by a marker word instead of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// `last_read`: the greatest id ever consumed; else `marker`: the current position.
    pub last_read: bool,
    /// The item at the position belongs to the page.
    pub inclusive: bool,
}

impl Mark {
    fn parse(word: &str) -> Option<Self> {
        let (last_read, inclusive) = match word {
            "last_read" => (true, false),
            "last_read_inclusive" => (true, true),
            "marker" => (false, false),
            "marker_inclusive" => (false, true),
            _ => return None,
        };
        Some(Self {
            last_read,
            inclusive,
        })
    }

    fn bound(self, marker: &Marker) -> Bound {
        Bound {
            id: if self.last_read {
                marker.last_read_id
            } else {
                marker.id
            },
            inclusive: self.inclusive,
        }
    }
}

/// Marker words in `since_id` and `before_id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageMarks {
    /// Of `since_id`.
    pub since: Option<Mark>,
    /// Of `before_id`.
    pub before: Option<Mark>,
}

impl PageMarks {
    /// Whether the query needs the marker.
    pub fn is_empty(&self) -> bool {
        self.since.is_none() && self.before.is_none()
    }

    /// Puts the marker's position into the request. Without a marker the words are ignored.
    pub fn resolve(&self, marker: Option<&Marker>, page: &mut PageRequest) {
        let Some(marker) = marker else { return };
        if let Some(mark) = self.since {
            page.since = Some(mark.bound(marker));
        }
        if let Some(mark) = self.before {
            page.before = Some(mark.bound(marker));
        }
    }
}

/// Reads `1`, `0`, `true`, `false`, in any letter case.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        "1" => Some(true),
        "0" => Some(false),
        word if word.eq_ignore_ascii_case("true") => Some(true),
        word if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stamp;

    #[test]
    fn booleans_come_in_four_spellings_and_as_nothing() {
        let query = Query::parse("a=1&b=0&c=true&d=False&e=&f=maybe");
        assert_eq!(query.tristate("a"), Some(true));
        assert_eq!(query.tristate("b"), Some(false));
        assert_eq!(query.tristate("c"), Some(true));
        assert_eq!(query.tristate("d"), Some(false));
        assert_eq!(query.tristate("e"), None);
        assert!(query.flag("f", true));
        assert!(!query.flag("gone", false));
        assert!(query.has("e") && !query.has("gone"));
    }

    #[test]
    fn lists_survive_blanks_empty_items_and_brackets() {
        let query = Query::parse("ids=1,%202,,@Amy+&positions[]=3&positions[]=4");
        assert_eq!(query.list("ids"), ["1", "2", "@Amy"]);
        assert_eq!(query.list("positions"), ["3", "4"]);
        assert!(query.list("gone").is_empty());
    }

    #[test]
    fn the_last_of_two_values_counts() {
        assert_eq!(Query::parse("count=5&count=7").page().count, 7);
    }

    #[test]
    fn a_count_out_of_range_is_not_given() {
        for text in ["count=0", "count=201", "count=-201", "count=x", ""] {
            assert_eq!(Query::parse(text).page(), PageRequest::default(), "{text}");
        }
        let page = Query::parse("count=-200&since_id=4").page();
        assert_eq!((page.count, page.oldest), (200, true));
        assert_eq!(page.low(), 5);
    }

    #[test]
    fn marker_words_resolve_only_with_a_marker() {
        let query = Query::parse("since_id=last_read&before_id=marker_inclusive");
        let marks = query.marks();
        let mut page = query.page();
        marks.resolve(None, &mut page);
        assert_eq!(page, PageRequest::default());
        let marker = Marker {
            id: 9,
            last_read_id: 4,
            percentage: 0,
            updated_at: Stamp(0),
        };
        marks.resolve(Some(&marker), &mut page);
        assert_eq!((page.low(), page.high()), (5, 9));
    }
}
