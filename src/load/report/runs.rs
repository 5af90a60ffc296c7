//! Several runs of one plan as one result: the median of each figure, and its spread.

use super::verdict::Verdict;
use super::{Report, Row};
use crate::load::bound::Bound;

/// The delay by which a run is called typical: its pictures stand for all.
const TYPICAL: [&str; 2] = ["arrival p99", "hello p99"];

impl Report {
    /// One result of all runs; none without a run. What a bound says is held against the medians, everything else
    /// against each run.
    pub(in crate::load) fn of_runs(
        mut runs: Vec<Self>,
        bounds: &[Bound],
        bare: bool,
    ) -> Option<Self> {
        let count = runs.len();
        if count < 2 {
            return runs.pop();
        }
        let rows = merged(&runs);
        let verdicts: Vec<Verdict> = runs.iter().map(|run| run.verdict.clone()).collect();
        let mut notes: Vec<String> = Vec::new();
        for (at, run) in runs.iter().enumerate() {
            for note in &run.notes {
                if !notes.iter().any(|known| known.ends_with(note)) {
                    notes.push(format!("run {}: {note}", at + 1));
                }
            }
        }
        let first_faults = runs
            .iter()
            .rev()
            .flat_map(|run| run.first_faults.clone())
            .collect();
        // An aborted run is the last one.
        let ended = runs.last()?.ended.clone();
        let typical = typical(&runs, &rows);
        let mut report = runs.swap_remove(typical);
        notes.push(format!(
            "pictures, rooms and actors are those of run {}",
            typical + 1
        ));
        report.runs = u32::try_from(count).unwrap_or(u32::MAX);
        report.rows = rows;
        report.notes = notes;
        report.first_faults = first_faults;
        report.ended = ended;
        report.verdict = Verdict::of_all(&verdicts, &report, bounds, bare);
        Some(report)
    }
}

/// Each figure that any run has, in the order of the run that has most of them.
fn merged(runs: &[Report]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut longest: Vec<&Report> = runs.iter().collect();
    longest.sort_by_key(|run| std::cmp::Reverse(run.rows.len()));
    for row in longest.iter().flat_map(|run| &run.rows) {
        if rows.iter().any(|known| known.name == row.name) {
            continue;
        }
        let values = runs
            .iter()
            .filter_map(|run| Some(run.row(&row.name)?.value));
        let mut values: Vec<f64> = values.collect();
        // A count that some runs do not have was 0 there.
        if row.name.starts_with("refused with") {
            values.resize(runs.len(), 0.0);
        }
        values.sort_by(f64::total_cmp);
        rows.push(Row {
            value: median(&values),
            low: values.first().copied(),
            high: values.last().copied(),
            ..row.clone()
        });
    }
    rows
}

/// Of sorted values.
fn median(values: &[f64]) -> f64 {
    let middle = values.len() / 2;
    let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
    if values.len().is_multiple_of(2) {
        f64::midpoint(at(middle.saturating_sub(1)), at(middle))
    } else {
        at(middle)
    }
}

/// The run nearest to the medians.
fn typical(runs: &[Report], rows: &[Row]) -> usize {
    let delay = TYPICAL
        .iter()
        .find_map(|name| rows.iter().find(|row| row.name == *name));
    let Some(delay) = delay else { return 0 };
    let far = |run: &Report| {
        run.row(&delay.name)
            .map_or(f64::INFINITY, |row| (row.value - delay.value).abs())
    };
    let each = runs.iter().enumerate();
    each.min_by(|one, other| far(one.1).total_cmp(&far(other.1)))
        .map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::args::Overrides;
    use crate::load::plan::Plan;
    use crate::load::report::{Better, Check, Ended, Outcome};

    fn run(p99: f64, lost: f64) -> Report {
        let plan = Plan::new("room", &Overrides::default()).unwrap();
        let mut report = Report::empty(&plan);
        report.push("arrival p99", p99, "ms", Better::Lower);
        report.push("lost", lost, "", Better::Lower);
        report.notes.push("same".to_owned());
        report.verdict = Verdict {
            outcome: if lost > 0.0 {
                Outcome::Failed
            } else {
                Outcome::Passed
            },
            checks: vec![Check {
                name: "lost".to_owned(),
                passed: lost == 0.0,
                words: format!("{lost}"),
            }],
        };
        report
    }

    #[test]
    fn figures_become_medians_with_their_spread() {
        let runs = vec![run(5.0, 0.0), run(90.0, 0.0), run(6.0, 0.0)];
        let report = Report::of_runs(runs, &[], true).unwrap();
        let row = report.row("arrival p99").unwrap();
        assert_eq!((row.value, row.low, row.high), (6.0, Some(5.0), Some(90.0)));
        assert_eq!(report.runs, 3);
        assert_eq!(report.verdict.outcome, Outcome::Passed);
        assert_eq!(report.notes[0], "run 1: same", "{:?}", report.notes);
        assert!(report.notes[1].contains("run 3"), "{:?}", report.notes);
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
    }

    #[test]
    fn one_run_that_failed_fails_all_and_a_bound_is_held_against_the_median() {
        let plan = Plan::new("room", &Overrides::default()).unwrap();
        let bounds = [Bound::parse("arrival p99 > 50ms", &plan).unwrap()];
        let report = Report::of_runs(
            vec![run(5.0, 0.0), run(90.0, 2.0), run(6.0, 0.0)],
            &bounds,
            true,
        )
        .unwrap();
        assert_eq!(report.verdict.outcome, Outcome::Failed);
        let failed: Vec<_> = report.verdict.failed().collect();
        assert_eq!(failed.len(), 1);
        assert_eq!(
            (failed[0].name.as_str(), failed[0].words.as_str()),
            ("lost", "run 2: 2")
        );
        let report = Report::of_runs(
            vec![run(60.0, 0.0), run(5.0, 0.0), run(70.0, 0.0)],
            &bounds,
            true,
        )
        .unwrap();
        assert_eq!(report.verdict.failed().count(), 1, "{:?}", report.verdict);
    }

    #[test]
    fn finished_runs_are_kept_if_the_next_one_does_not_begin() {
        let mut last = run(6.0, 2.0);
        last.abort_after(Ended::Interrupted);
        let alone = Report::of_runs(vec![last], &[], true).unwrap();
        assert_eq!(alone.verdict.outcome, Outcome::Aborted);
        assert_eq!(alone.verdict.failed().count(), 1, "{:?}", alone.verdict);
        let report = Report::of_runs(vec![run(5.0, 0.0), alone], &[], true).unwrap();
        assert_eq!((report.runs, &report.ended), (2, &Ended::Interrupted));
        assert_eq!(report.verdict.outcome, Outcome::Aborted);
        let failed = report.verdict.failed().next().unwrap();
        assert_eq!(failed.words, "run 2: 2");
    }

    #[test]
    fn one_run_stays_as_it_is() {
        let report = Report::of_runs(vec![run(5.0, 0.0)], &[], true).unwrap();
        assert_eq!((report.runs, report.row("lost").unwrap().low), (1, None));
        assert!(Report::of_runs(Vec::new(), &[], true).is_none());
    }
}
