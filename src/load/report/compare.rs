//! Two results side by side.

use super::figure::figure;
use super::table::columns;
use super::{Better, Report, Row};

/// A row for each figure that both have, with the ratio new to old.
pub(in crate::load) fn compare(new: &Report, old: &Report) -> String {
    let head = ["", "before", "now", "ratio", ""];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    for row in &new.rows {
        let Some(before) = old.row(&row.name) else {
            continue;
        };
        let ratio = if before.value == 0.0 {
            if row.value == 0.0 {
                "=".to_owned()
            } else {
                "new".to_owned()
            }
        } else {
            format!("{:.3}", row.value / before.value)
        };
        lines.push(vec![
            row.name.clone(),
            with_spread(before),
            with_spread(row),
            ratio,
            judgement(row.better, before, row).to_owned(),
        ]);
    }
    let date = if old.date.is_empty() { "" } else { " of " };
    let mut text = format!("\nCompared with {}{date}{}\n", old.command, old.date);
    text.push_str(&columns(&lines));
    let mut note = |condition: bool, words: &str| {
        if condition {
            text.push_str(&format!("\n  note: {words}\n"));
        }
    };
    note(
        new.runs < 2 || old.runs < 2,
        "better and worse are said of several runs each (--repeat 5): the spread of one run is not known",
    );
    note(
        old.plan.kind != new.plan.kind || old.plan.sockets() != new.plan.sockets(),
        "the two plans differ, so the ratios say little",
    );
    note(
        old.machine.processor != new.machine.processor,
        "the two machines differ",
    );
    text
}

/// The median, and the lowest and highest value of several runs.
fn with_spread(row: &Row) -> String {
    let value = figure(row.value);
    match (row.low, row.high) {
        (Some(low), Some(high)) => format!("{value} ({}–{})", figure(low), figure(high)),
        _ => value,
    }
}

/// Said only where the spreads do not touch: what lies inside them may be chance.
fn judgement(better: Better, before: &Row, now: &Row) -> &'static str {
    let (Some(low_before), Some(high_before), Some(low), Some(high)) =
        (before.low, before.high, now.low, now.high)
    else {
        return "";
    };
    let (fell, rose) = (high < low_before, low > high_before);
    match better {
        Better::Lower if fell => "better",
        Better::Higher if rose => "better",
        Better::Lower if rose => "worse",
        Better::Higher if fell => "worse",
        Better::Lower | Better::Higher | Better::Neither => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(low: f64, high: f64) -> Row {
        Row {
            name: "x".to_owned(),
            value: f64::midpoint(low, high),
            unit: String::new(),
            better: Better::Lower,
            low: Some(low),
            high: Some(high),
        }
    }

    #[test]
    fn only_what_lies_outside_both_spreads_is_better_or_worse() {
        let before = row(100.0, 110.0);
        assert_eq!(
            judgement(Better::Lower, &before, &row(80.0, 99.0)),
            "better"
        );
        assert_eq!(judgement(Better::Lower, &before, &row(80.0, 100.0)), "");
        assert_eq!(judgement(Better::Lower, &before, &row(105.0, 300.0)), "");
        assert_eq!(
            judgement(Better::Lower, &before, &row(111.0, 300.0)),
            "worse"
        );
        assert_eq!(
            judgement(Better::Higher, &before, &row(111.0, 120.0)),
            "better"
        );
        assert_eq!(
            judgement(Better::Higher, &before, &row(80.0, 99.0)),
            "worse"
        );
        assert_eq!(judgement(Better::Neither, &before, &row(1.0, 2.0)), "");
    }

    #[test]
    fn of_single_runs_nothing_is_said() {
        let single = Row {
            low: None,
            high: None,
            ..row(1.0, 1.0)
        };
        assert_eq!(judgement(Better::Lower, &row(100.0, 110.0), &single), "");
        assert_eq!(judgement(Better::Lower, &single, &row(100.0, 110.0)), "");
        assert_eq!(with_spread(&single), "1");
        assert_eq!(with_spread(&row(100.0, 110.0)), "105 (100–110)");
    }
}
