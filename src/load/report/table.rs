//! The result on a terminal.

use super::figure::figure;
use super::{Ended, Report, Verdict, actors, nodes};
use crate::load::plan::Kind;
use std::fmt::Write;

/// Rooms shown on a terminal; the page has more.
const SHOWN_ROOMS: usize = 5;

/// Columns of text, the first to the left, the others to the right.
pub(super) fn columns(lines: &[Vec<String>]) -> String {
    let count = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..count)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in lines {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            // Writing to a String cannot fail.
            let written = match column {
                0 => write!(text, "  {cell:<width$}"),
                _ => write!(text, "  {cell:>width$}"),
            };
            written.unwrap_or_default();
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// The whole report as text.
pub(in crate::load) fn table(report: &Report) -> String {
    let plan = &report.plan;
    let pace = match (plan.kind, plan.rate) {
        (Kind::Idle, _) => "which only stay".to_owned(),
        (Kind::Churn, Some(rate)) => format!("{} come and go per second", figure(rate)),
        (Kind::Churn, None) => "come and go as fast as it goes".to_owned(),
        (_, Some(rate)) => format!(
            "{} messages per second, timed from the intended send time",
            figure(rate)
        ),
        (_, None) => format!("closed loop, window {}", plan.window),
    };
    let mut text = verdict(&report.verdict);
    let shown = format!(
        "\nPlan {}: {}, {} sockets, {pace}\n\n",
        plan.kind.word(),
        if plan.rooms == 1 {
            "1 room".to_owned()
        } else {
            format!("{} rooms", plan.rooms)
        },
        plan.sockets(),
    );
    text.push_str(&shown);
    text.push_str(&format!("{}\n\n", report.origin()));
    text.push_str(&columns(&rows(report)));
    if let Some(lines) = nodes::table(report) {
        text.push_str("\nNodes\n");
        text.push_str(&columns(&lines));
    }
    // One room without anything from inside would only repeat the rows above.
    if report.rooms.len() > 1 || report.rooms.iter().any(|room| room.inside.is_some()) {
        text.push_str("\nChannel actors, slowest first\n");
        lines_of(&mut text, actors::rooms(report, SHOWN_ROOMS));
    }
    if let Some(others) = actors::others(report) {
        text.push_str("\nShards and firehoses\n");
        lines_of(&mut text, Some(others));
    }
    if !report.notes.is_empty() {
        text.push('\n');
    }
    for note in &report.notes {
        text.push_str(&format!("  note: {note}\n"));
    }
    match &report.ended {
        Ended::Complete => {}
        Ended::Interrupted => text.push_str("\n  Interrupted: this is what there was.\n"),
        Ended::ServerGone(words) => {
            text.push_str(&format!(
                "\n  The server died: this is what there was. Its last words:\n{words}\n"
            ));
        }
        Ended::Trouble(why) => text.push_str(&format!("\n  Stopped: {why}\n")),
    }
    text
}

/// The figures; of several runs their medians, lowest and highest values.
fn rows(report: &Report) -> Vec<Vec<String>> {
    let several = report.runs > 1;
    let mut lines = Vec::new();
    if several {
        let runs = format!("of {} runs", report.runs);
        let head = [runs.as_str(), "median", "lowest", "highest", ""];
        lines.push(head.map(str::to_owned).to_vec());
    }
    for row in &report.rows {
        let spread = [row.low, row.high].map(|value| value.map_or(String::new(), figure));
        let mut line = vec![row.name.clone(), figure(row.value)];
        line.extend(spread.into_iter().filter(|_| several));
        line.push(row.unit.clone());
        lines.push(line);
    }
    lines
}

/// What failed, each with what was found; then the names of what passed.
fn verdict(verdict: &Verdict) -> String {
    let mut text = format!("\n{}\n", verdict.headline());
    for check in verdict.failed() {
        text.push_str(&format!("  failed  {}: {}\n", check.name, check.words));
    }
    let passed: Vec<&str> = verdict.passed().map(|check| check.name.as_str()).collect();
    if !passed.is_empty() {
        text.push_str(&format!("  passed  {}\n", passed.join(", ")));
    }
    text
}

fn lines_of(text: &mut String, table: Option<actors::Table>) {
    let Some((heads, cells)) = table else { return };
    let mut lines = vec![heads.into_iter().map(str::to_owned).collect()];
    lines.extend(cells);
    text.push_str(&columns(&lines));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let line = |words: [&str; 2]| words.map(str::to_owned).to_vec();
        assert_eq!(
            columns(&[line(["a", "10"]), line(["long", "5"])]),
            "  a     10\n  long   5\n"
        );
    }
}
