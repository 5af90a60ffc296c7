//! Bounds of one's own: `--fail-if "arrival p99 > 50ms"`.
//!
//! A bound is the name of a figure, one of `>` `>=` `<` `<=`, and a number with its unit. The run fails if the
//! sentence is true, and if the figure was not measured.

use super::figures;
use super::plan::Plan;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};
use thiserror::Error;

/// A comparison, the longer signs first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray,
)]
pub(super) enum Comparison {
    #[strum(serialize = ">=")]
    AtLeast,
    #[strum(serialize = "<=")]
    AtMost,
    #[strum(serialize = ">")]
    Above,
    #[strum(serialize = "<")]
    Below,
}

impl Comparison {
    fn sign(self) -> &'static str {
        self.into()
    }

    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::AtLeast => value >= limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::Below => value < limit,
        }
    }
}

/// Units that a figure's own unit may be written in, and their size in it.
const UNITS: &[(&str, &[(&str, f64)])] = &[
    ("s", &[("s", 1.0), ("ms", 1e-3)]),
    ("ms", &[("ms", 1.0), ("µs", 1e-3), ("us", 1e-3), ("s", 1e3)]),
    ("µs", &[("µs", 1.0), ("us", 1.0), ("ms", 1e3)]),
    ("KiB", &[("KiB", 1.0), ("MiB", 1024.0)]),
    (
        "MiB",
        &[("MiB", 1.0), ("KiB", 1.0 / 1024.0), ("GiB", 1024.0)],
    ),
    ("bytes", &[("bytes", 1.0), ("", 1.0), ("KiB", 1024.0)]),
    ("%", &[("%", 1.0)]),
    ("% of a core", &[("%", 1.0)]),
    ("1/s", &[("/s", 1.0), ("1/s", 1.0), ("", 1.0)]),
    ("µs/s", &[("µs/s", 1.0), ("us/s", 1.0)]),
    ("", &[("", 1.0)]),
];

/// A checked bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Bound {
    /// As it was written.
    pub(super) text: String,
    /// The figure as reports name it.
    pub(super) figure: String,
    comparison: Comparison,
    /// In the figure's own unit.
    limit: f64,
}

/// Why a bound cannot be checked, and what is possible.
#[derive(Debug, Error, PartialEq)]
pub(super) enum Unclear {
    #[error(
        "--fail-if {0:?}: write a figure, one of > >= < <=, and a number with its unit, such as \
         \"arrival p99 > 50ms\""
    )]
    Grammar(String),
    #[error(
        "--fail-if {text:?}: this plan measures no {figure:?}; did you mean {nearest:?}? It measures: {possible}"
    )]
    Figure {
        text: String,
        figure: String,
        nearest: String,
        possible: String,
    },
    #[error("--fail-if {text:?}: {figure} needs {possible}, for example {example}")]
    Unit {
        text: String,
        figure: String,
        possible: String,
        example: String,
    },
}

impl Bound {
    /// Reads a bound on a figure that this plan measures.
    pub(super) fn parse(text: &str, plan: &Plan) -> Result<Self, Unclear> {
        let grammar = || Unclear::Grammar(text.to_owned());
        let signs = Comparison::VARIANTS.iter().copied();
        let parts = signs.filter_map(|comparison| {
            let (figure, limit) = text.split_once(comparison.sign())?;
            Some((figure, comparison, limit.trim()))
        });
        // The sign that comes first, and of two at one place the longer one.
        let parts = parts.min_by_key(|(figure, _, _)| figure.len());
        let (figure, comparison, limit) = parts.ok_or_else(grammar)?;
        let figure = figure.split_whitespace().collect::<Vec<_>>().join(" ");
        let end = limit
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
            .unwrap_or(limit.len());
        let (number, unit) = limit.split_at_checked(end).ok_or_else(grammar)?;
        let number: f64 = number.parse().map_err(|_not_a_number| grammar())?;
        if figure.is_empty() {
            return Err(grammar());
        }
        let Some((name, own)) = figures::named(&figure, plan) else {
            return Err(Unclear::Figure {
                text: text.to_owned(),
                nearest: figures::nearest(&figure, plan).unwrap_or_default(),
                possible: figures::possible(plan).join(", "),
                figure,
            });
        };
        let known = UNITS.iter().find(|(unit, _)| *unit == own);
        let known = known.map_or(&[][..], |(_, units)| *units);
        let unit = unit.trim();
        let Some((_, size)) = known.iter().find(|(known, _)| *known == unit) else {
            return Err(unit_of(text, name, comparison, number, known));
        };
        Ok(Self {
            text: text.to_owned(),
            figure: name,
            comparison,
            limit: number * size,
        })
    }

    /// Whether a value makes the run fail.
    pub(super) fn is_broken_by(&self, value: f64) -> bool {
        self.comparison.holds(value, self.limit)
    }
}

fn unit_of(
    text: &str,
    figure: String,
    comparison: Comparison,
    number: f64,
    known: &[(&str, f64)],
) -> Unclear {
    let named: Vec<&str> = known.iter().map(|(unit, _)| *unit).collect();
    let named: Vec<&str> = named.into_iter().filter(|unit| !unit.is_empty()).collect();
    let unit = named.first().copied().unwrap_or_default();
    let possible = if named.is_empty() {
        "a number without a unit".to_owned()
    } else {
        format!("a number in {}", named.join(", "))
    };
    Unclear::Unit {
        text: text.to_owned(),
        example: format!("\"{figure} {} {number}{unit}\"", comparison.sign()),
        figure,
        possible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::args::Overrides;

    fn room() -> Plan {
        Plan::new("room", &Overrides::default()).unwrap()
    }

    fn parsed(text: &str) -> Bound {
        Bound::parse(text, &room()).unwrap()
    }

    #[test]
    fn a_bound_is_a_figure_a_sign_and_a_number_with_its_unit() {
        let bound = parsed("arrival p99 > 50ms");
        assert_eq!(bound.figure, "arrival p99");
        assert!(bound.is_broken_by(50.1) && !bound.is_broken_by(50.0));
        for (text, at_limit, beyond) in [
            ("Arrival  P99.9>=0.05 s", true, 50.0),
            ("server cpu per frame > 0.01ms", false, 10.5),
            ("frames < 10000/s", false, 9999.0),
            ("frames <= 10000", true, 9999.0),
            ("server memory > 1GiB", false, 1025.0),
            ("lost > 0", false, 1.0),
            ("refused share > 0.5%", false, 0.6),
            ("other work on the machine > 10%", false, 11.0),
        ] {
            let bound = parsed(text);
            assert_eq!(bound.is_broken_by(bound.limit), at_limit, "{text}");
            assert!(bound.is_broken_by(beyond), "{text}: {bound:?}");
        }
        assert!((parsed("arrival max > 2s").limit - 2000.0).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_checked_is_refused_with_what_is_possible() {
        for (text, hint) in [
            ("arrival p99", "a figure, one of > >= < <="),
            ("> 5ms", "a figure, one of > >= < <="),
            ("arrival p99 > fast", "a number with its unit"),
            ("arrival p99 = 5ms", "one of > >= < <="),
            (
                "arival p99 > 5ms",
                "did you mean \"arrival p99\"? It measures: arrival p50|p90",
            ),
            ("hello p99 > 5ms", "this plan measures no \"hello p99\""),
            ("commit to write p99 > 5ms", "this plan measures no"),
            (
                "arrival p99 > 50",
                "a number in ms, µs, us, s, for example \"arrival p99 > 50ms\"",
            ),
            ("arrival p99 > 5%", "a number in ms"),
            (
                "lost > 0ms",
                "a number without a unit, for example \"lost > 0\"",
            ),
        ] {
            let error = Bound::parse(text, &room()).unwrap_err().to_string();
            assert!(error.contains(hint), "{text}: {error}");
            assert!(error.contains(text), "it names the bound: {error}");
        }
    }

    #[test]
    fn each_unit_of_a_figure_can_be_written() {
        for kind in ["room", "slow", "resume", "churn", "idle"] {
            let plan = Plan::new(kind, &Overrides::default()).unwrap();
            for name in figures::possible(&plan) {
                let name = name.replace("p50|p90|p99|p99.9|p99.99|max", "p99");
                let (_, own) = figures::named(&name, &plan).unwrap();
                let unit = own.replace("1/s", "/s").replace("% of a core", "%");
                let bound = Bound::parse(&format!("{name} > 1{unit}"), &plan).unwrap();
                assert!((bound.limit - 1.0).abs() < 1e-9, "{name}");
            }
        }
    }
}
