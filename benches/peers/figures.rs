//! From the tester's reports to medians and ratios: a block of text and a JSON document per room.

use super::options::{Load, Room, Side};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const CPU_PER_MESSAGE: &str = "server CPU per message";
pub(crate) const GROWTH: &str = "CPU µs per further listener";
/// Row of the report, its name here, digits.
const COLUMNS: [(&str, &str, usize); 4] = [
    ("server CPU per frame", "CPU µs/frame", 2),
    ("frames", "frames/s", 0),
    ("arrival p50", "p50 ms", 2),
    ("arrival p99", "p99 ms", 2),
];
/// Rows of some reports only, and their unit.
const WHERE_KNOWN: [(&str, usize); 2] = [(GROWTH, 2), ("commit to write p99", 2)];

/// All reports of one room, side by side.
pub(crate) struct Measured {
    pub(crate) room: Room,
    pub(crate) sides: Vec<(Side, Vec<Value>)>,
}

impl Measured {
    pub(crate) fn new(room: Room, sides: &[Side]) -> Self {
        let sides = sides.iter().map(|side| (*side, Vec::new())).collect();
        Self { room, sides }
    }

    pub(crate) fn add(&mut self, side: Side, report: Value) {
        if let Some((_, reports)) = self.sides.iter_mut().find(|(known, _)| *known == side) {
            reports.push(report);
        }
    }

    /// Length of our own frames, once there is a report.
    pub(crate) fn frame_bytes(&self) -> Option<u64> {
        let (_, ours) = self.sides.first()?;
        let length = row(ours.first()?, "frame length")?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of bytes, which the report holds as a float"
        )]
        let bytes = length.round() as u64;
        Some(bytes)
    }

    /// Adds the cost of each listener after the first, from the same load with one listener.
    pub(crate) fn grow_from(&mut self, alone: &Self) {
        let others = f64::from(self.room.listeners.saturating_sub(1).max(1));
        for ((_, reports), (_, single)) in self.sides.iter_mut().zip(&alone.sides) {
            let one = median(single, CPU_PER_MESSAGE);
            for report in reports {
                let all = row(report, CPU_PER_MESSAGE).unwrap_or(f64::NAN);
                let row = json!({ "name": GROWTH, "value": (all - one) / others });
                if let Some(rows) = report.get_mut("rows").and_then(Value::as_array_mut) {
                    rows.push(row);
                }
            }
        }
    }

    /// Columns of this room.
    fn columns(&self) -> Vec<(&'static str, &'static str, usize)> {
        let known = |name: &str| {
            self.sides
                .iter()
                .any(|(_, reports)| median(reports, name).is_finite())
        };
        let extra = WHERE_KNOWN
            .into_iter()
            .filter(|(name, _)| known(name))
            .map(|(name, digits)| (name, name, digits));
        COLUMNS.into_iter().chain(extra).collect()
    }

    /// One line per server, with our ratio to each.
    pub(crate) fn text(&self) -> String {
        let columns = self.columns();
        let width = |title: &str| title.chars().count().max(9);
        let mut text = format!("\n{} (median of {})\n{:<10}", self.room, self.rounds(), "");
        for (_, title, _) in &columns {
            text.push_str(&format!("  {title:>0$}   ratio", width(title)));
        }
        text.push('\n');
        for (side, reports) in &self.sides {
            text.push_str(&format!("{:<10}", side.name()));
            for (name, title, digits) in &columns {
                let value = median(reports, name);
                let shown = if value.is_finite() {
                    format!("{value:.digits$}")
                } else {
                    "-".to_owned()
                };
                let ratio = match self.ratio(*side, name) {
                    Some(ratio) if *side != Side::Groundnut => format!("{ratio:.2}"),
                    _ => String::new(),
                };
                text.push_str(&format!("  {shown:>0$} {ratio:>7}", width(title)));
            }
            text.push('\n');
        }
        for note in self.notes() {
            text.push_str(&format!("  note: {note}\n"));
        }
        text
    }

    fn rounds(&self) -> usize {
        self.sides.first().map_or(0, |(_, reports)| reports.len())
    }

    fn ratio(&self, side: Side, name: &str) -> Option<f64> {
        let of = |wanted| {
            let (_, reports) = self.sides.iter().find(|(known, _)| *known == wanted)?;
            Some(median(reports, name))
        };
        Some(of(Side::Groundnut)? / of(side)?).filter(|ratio| ratio.is_finite())
    }

    /// Notes of the tester, and what its verdict found.
    fn notes(&self) -> BTreeSet<String> {
        let mut notes = BTreeSet::new();
        for (side, reports) in &self.sides {
            for report in reports {
                let said = report.get("notes").and_then(Value::as_array);
                let said = said.into_iter().flatten().filter_map(Value::as_str);
                notes.extend(said.map(|note| format!("{}: {note}", side.name())));
                let checks = report.pointer("/verdict/checks").and_then(Value::as_array);
                for check in checks.into_iter().flatten() {
                    let word = |name| check.get(name).and_then(Value::as_str).unwrap_or_default();
                    if check.get("passed") == Some(&Value::Bool(false)) {
                        let (name, words) = (word("name"), word("words"));
                        notes.insert(format!("{}: failed {name}: {words}", side.name()));
                    }
                }
            }
        }
        notes
    }

    pub(crate) fn json(&self) -> Value {
        let mut sides = Map::new();
        for (side, reports) in &self.sides {
            let mut figures = Map::new();
            for (name, _, _) in self.columns() {
                let each: Vec<_> = reports.iter().filter_map(|each| row(each, name)).collect();
                let (middle, ratio) = (median(reports, name), self.ratio(*side, name));
                let figure = json!({ "median": middle, "rounds": each, "ratio": ratio });
                figures.insert(name.to_owned(), figure);
            }
            sides.insert(side.name().to_owned(), Value::Object(figures));
        }
        let (window, rate) = match self.room.load {
            Load::Window(window) => (Some(window), None),
            Load::Rate(rate) => (None, Some(rate)),
        };
        json!({
            "listeners": self.room.listeners, "window": window, "rate": rate,
            "frame_bytes": self.frame_bytes(), "sides": sides, "notes": self.notes(),
        })
    }
}

fn row(report: &Value, name: &str) -> Option<f64> {
    let rows = report.get("rows")?.as_array()?;
    rows.iter()
        .find(|row| row.get("name").is_some_and(|found| found == name))?
        .get("value")?
        .as_f64()
}

fn median(reports: &[Value], name: &str) -> f64 {
    let values = reports.iter().filter_map(|report| row(report, name));
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(at(middle.wrapping_sub(1)), at(middle))
    } else {
        at(middle)
    }
}
