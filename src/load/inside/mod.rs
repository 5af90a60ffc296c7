//! The server's own counters on `/metrics`, which any client may read, before and
//! after a measurement; and its numbers per actor.
//!
//! A server that has no such page, or names things differently, only leaves these rows out.

mod actors;

#[cfg(test)]
pub(super) use actors::FanOut;
pub(super) use actors::{Actor, Actors};

use super::blocking::Blocking;
use super::target::Target;
use std::collections::HashMap;

/// Counters of the server at one time.
#[derive(Debug, Default)]
pub(super) struct Inside {
    values: HashMap<String, f64>,
}

impl Inside {
    /// Reads them from the server, as sums over several; empty if it has none.
    pub(super) fn now(target: &Target) -> Self {
        let mut all = Self::default();
        for place in &target.places {
            let page = Blocking::briefly(place)
                .map_err(drop)
                .and_then(|mut caller| caller.text("/metrics").map_err(drop));
            for (name, value) in Self::parse(&page.unwrap_or_default()).values {
                *all.values.entry(name).or_default() += value;
            }
        }
        all
    }

    /// Lines `name value`, without labels and comments.
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.split_once(' '));
        let values = pairs.filter_map(|(name, value)| {
            let name = name.strip_prefix("groundnut_").unwrap_or(name);
            Some((name.to_owned(), value.trim().parse().ok()?))
        });
        Self {
            values: values.collect(),
        }
    }

    /// Growth of a counter since an earlier reading.
    pub(super) fn grown(&self, earlier: &Self, name: &str) -> Option<f64> {
        Some(self.values.get(name)? - earlier.values.get(name)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_and_compared() {
        let then = Inside::parse("# HELP x y\ngroundnut_stream_frames_total 5\nodd\n");
        let now = Inside::parse("groundnut_stream_frames_total 25\nother{a=\"b\"} 1\n");
        assert_eq!(now.grown(&then, "stream_frames_total"), Some(20.0));
        assert_eq!(now.grown(&then, "other"), None);
    }
}
