//! The verdict: what was checked, and whether the run passed. It is a function of the rows, so that the JSON document
//! holds everything that it says.

use super::figure::figure;
use super::{Ended, Report};
use crate::load::bound::Bound;
use crate::load::faults::Fault;
use crate::load::plan::Kind;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// Share of requests and handshakes that may be refused, in percent.
const REFUSED_PERCENT: f64 = 1.0;

/// How a run is judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(in crate::load) enum Outcome {
    Passed,
    Failed,
    /// It ended before its time, so that nothing can be said.
    #[default]
    Aborted,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::load) struct Check {
    pub(in crate::load) name: String,
    pub(in crate::load) passed: bool,
    /// What was found, and what is allowed.
    pub(in crate::load) words: String,
}

/// The outcome and all checks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::load) struct Verdict {
    pub(in crate::load) outcome: Outcome,
    pub(in crate::load) checks: Vec<Check>,
}

impl Verdict {
    pub(super) fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }

    pub(super) fn passed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.passed)
    }

    /// The first line of every form of a report.
    pub(in crate::load) fn headline(&self) -> String {
        let all = self.checks.len();
        let failed = self.failed().count();
        match self.outcome {
            Outcome::Passed => format!("PASSED  all {all} checks"),
            Outcome::Failed => format!("FAILED  {failed} of {all} checks"),
            Outcome::Aborted if failed > 0 => {
                format!("ABORTED  no verdict; {failed} of {all} checks had failed until then")
            }
            Outcome::Aborted => "ABORTED  no verdict".to_owned(),
        }
    }

    /// Judges several runs: each check passes if it does in every run, and the bounds are held against `medians`.
    pub(super) fn of_all(each: &[Self], medians: &Report, bounds: &[Bound], bare: bool) -> Self {
        let mut checks: Vec<Check> = Vec::new();
        let own = |check: &&Check| !bounds.iter().any(|bound| bound.text == check.name);
        for (at, verdict) in each.iter().enumerate() {
            for check in verdict.checks.iter().filter(own) {
                let mut check = check.clone();
                if !check.passed {
                    check.words = format!("run {}: {}", at + 1, check.words);
                }
                match checks.iter_mut().find(|known| known.name == check.name) {
                    Some(known) if known.passed && !check.passed => *known = check,
                    Some(_) => {}
                    None => checks.push(check),
                }
            }
        }
        let of_medians = Self::of(medians, bounds, bare).checks.into_iter();
        checks.extend(of_medians.filter(|check| !own(&check)));
        Self {
            outcome: outcome(&medians.ended, &checks),
            checks,
        }
    }

    /// Judges a finished report. `bare`: frames are texts, so that most faults cannot be seen.
    pub(in crate::load) fn of(report: &Report, bounds: &[Bound], bare: bool) -> Self {
        let mut checks = Checks {
            report,
            complete: report.is_complete(),
            list: Vec::new(),
        };
        let kind = report.plan.kind;
        if kind.fans_out() {
            checks.traffic();
            checks.none("lost");
            for fault in Fault::VARIANTS {
                checks.none(fault.name());
            }
            checks.none("sockets closed by the server");
            if !bare {
                checks.some("frames read whole", "frames read whole", "");
            }
        } else if kind == Kind::Churn {
            checks.some("goodbyes", "visits", "1/s");
        } else {
            checks.some("sockets", "sockets", "");
            checks.none("sockets closed by the server");
        }
        checks.refused();
        checks.named_after();
        for bound in bounds {
            checks.bound(bound);
        }
        let checks = checks.list;
        Self {
            outcome: outcome(&report.ended, &checks),
            checks,
        }
    }
}

fn outcome(ended: &Ended, checks: &[Check]) -> Outcome {
    let failed = checks.iter().any(|check| !check.passed);
    match (ended, failed) {
        (Ended::Complete, false) => Outcome::Passed,
        (Ended::Complete, true) => Outcome::Failed,
        (Ended::Interrupted | Ended::ServerGone(_) | Ended::Trouble(_), _) => Outcome::Aborted,
    }
}

struct Checks<'a> {
    report: &'a Report,
    /// What was not measured fails a complete run, and says nothing about another one.
    complete: bool,
    list: Vec<Check>,
}

impl Checks<'_> {
    fn push(&mut self, name: &str, passed: bool, words: String) {
        let name = name.to_owned();
        self.list.push(Check {
            name,
            passed,
            words,
        });
    }

    fn value(&mut self, row: &str, name: &str) -> Option<f64> {
        let value = self.report.row(row).map(|row| row.value);
        if value.is_none() && self.complete {
            self.push(name, false, "was not measured".to_owned());
        }
        value
    }

    /// A row that must be 0.
    fn none(&mut self, row: &str) {
        let Some(count) = self.value(row, row) else {
            return;
        };
        let first = self.report.first_faults.get(row);
        let first = first.filter(|_| count > 0.0);
        let first = first.map_or(String::new(), |words| format!("; first: {words}"));
        let words = format!("{}, none allowed{first}", figure(count));
        self.push(row, count == 0.0, words);
    }

    /// A row that must not be 0: a run in which nothing happened proves nothing.
    fn some(&mut self, row: &str, name: &str, unit: &str) {
        let Some(count) = self.value(row, name) else {
            return;
        };
        let words = format!("{} {unit}", figure(count));
        self.push(name, count > 0.0, words.trim_end().to_owned());
    }

    /// Whether listeners received anything; the rate may be 0 if all of it came after the measurement.
    fn traffic(&mut self) {
        let arrived = self.report.row("arrival max").is_some();
        let rate = self.report.row("frames").map_or(0.0, |row| row.value);
        if arrived || self.complete {
            let words = if arrived {
                format!("{} frames/s", figure(rate))
            } else {
                "no listener received a message".to_owned()
            };
            self.push("traffic", arrived, words);
        }
    }

    fn refused(&mut self) {
        let Some(share) = self.value("refused share", "refused") else {
            return;
        };
        let count = self
            .report
            .row("refused requests")
            .map_or(0.0, |row| row.value);
        let words = format!(
            "{} requests, {share:.2} %, at most {REFUSED_PERCENT} % allowed",
            figure(count)
        );
        self.push("refused", share <= REFUSED_PERCENT, words);
    }

    /// Plan `slow`: whether a reader fell behind. Plans `resume` and `reconnect`: whether a listener was resumed.
    fn named_after(&mut self) {
        let of = |name: &str| self.report.row(name).map_or(0.0, |row| row.value);
        let kind = self.report.plan.kind;
        if kind == Kind::Slow {
            let (stopped, closed) = (
                of("readers that stopped"),
                of("of them closed by the server"),
            );
            let behind = of("inside: sockets that fell behind");
            let words = if stopped == 0.0 {
                "no reader stopped: raise --share-percent or --listeners".to_owned()
            } else if closed + behind == 0.0 {
                format!(
                    "{} readers stopped, but what they left unread fitted into the sockets' buffers: no reader \
                         fell behind; play longer, or with a higher --rate",
                    figure(stopped)
                )
            } else {
                format!(
                    "{} readers stopped, {} were closed by the server",
                    figure(stopped),
                    figure(closed)
                )
            };
            self.push(
                "slow readers",
                stopped > 0.0 && closed + behind > 0.0,
                words,
            );
        } else if kind.keeps_sessions() {
            let (dropped, resumed) = (of("dropped"), of("resumed"));
            let lost = of("could not resume");
            let words = if dropped == 0.0 && kind == Kind::Failover {
                "no server ended during the run: end one, or play longer".to_owned()
            } else if dropped == 0.0 {
                "no listener was dropped: play longer, or raise --share-percent".to_owned()
            } else if resumed == 0.0 {
                format!(
                    "{} listeners were dropped and none was resumed: the server does not resume, so all of them \
                         subscribed again",
                    figure(dropped)
                )
            } else {
                format!("{} of {} dropped", figure(resumed), figure(dropped))
            };
            // What a resumed listener missed is lost, which is a check of its own.
            self.push("resumed listeners", resumed > 0.0 && lost == 0.0, words);
            if kind == Kind::Failover {
                self.none("did not come back");
            }
        }
    }

    fn bound(&mut self, bound: &Bound) {
        let Some(value) = self.value(&bound.figure, &bound.text) else {
            return;
        };
        let unit = self.report.row(&bound.figure).map_or("", |row| &row.unit);
        let words = format!("{} {unit}", figure(value));
        let words = words.trim_end().to_owned();
        self.push(&bound.text, !bound.is_broken_by(value), words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::args::Overrides;
    use crate::load::figures;
    use crate::load::plan::Plan;
    use crate::load::report::Better;

    fn report(kind: &str, changes: &[(&str, f64)]) -> Report {
        let plan = Plan::new(kind, &Overrides::default()).unwrap();
        let mut report = Report::empty(&plan);
        let mut rows = vec![
            ("frames", 100.0, "1/s"),
            ("lost", 0.0, ""),
            ("refused share", 0.5, "%"),
            ("sockets closed by the server", 0.0, ""),
            ("frames read whole", 3.0, ""),
            ("arrival p99", 40.0, "ms"),
            ("arrival max", 45.0, "ms"),
        ];
        rows.extend(Fault::VARIANTS.iter().map(|fault| (fault.name(), 0.0, "")));
        for (name, value, unit) in rows {
            report.push(name, value, unit, Better::Lower);
        }
        for (name, value) in changes {
            report.rows.retain(|row| row.name != *name);
            let unit = figures::named(name, &report.plan).map_or("", |(_, unit)| unit);
            report.push(name, *value, unit, Better::Lower);
        }
        report
    }

    fn failed(report: &Report, bounds: &[&str]) -> Vec<String> {
        let bounds = bounds.iter();
        let bounds: Vec<Bound> = bounds
            .map(|text| Bound::parse(text, &report.plan).unwrap())
            .collect();
        let verdict = Verdict::of(report, &bounds, false);
        let failed: Vec<String> = verdict.failed().map(|check| check.name.clone()).collect();
        let outcome = if failed.is_empty() {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        assert_eq!(verdict.outcome, outcome, "{verdict:?}");
        failed
    }

    #[test]
    fn a_faultless_run_passes_and_each_fault_fails_by_its_name() {
        assert!(failed(&report("room", &[]), &[]).is_empty());
        for fault in Fault::VARIANTS {
            let report = report("room", &[(fault.name(), 1.0)]);
            assert_eq!(failed(&report, &[]), [fault.name()]);
        }
        assert_eq!(failed(&report("room", &[("lost", 2.0)]), &[]), ["lost"]);
        let mut silent = report("room", &[]);
        silent.rows.retain(|row| row.name != "arrival max");
        assert_eq!(failed(&silent, &[]), ["traffic"]);
        assert_eq!(
            failed(&report("room", &[("frames read whole", 0.0)]), &[]),
            ["frames read whole"]
        );
    }

    #[test]
    fn one_percent_may_be_refused() {
        assert!(failed(&report("room", &[("refused share", 1.0)]), &[]).is_empty());
        assert_eq!(
            failed(&report("room", &[("refused share", 1.01)]), &[]),
            ["refused"]
        );
    }

    #[test]
    fn a_bound_fails_if_it_is_true_or_cannot_be_known() {
        let report = report("room", &[]);
        assert!(failed(&report, &["arrival p99 > 50ms"]).is_empty());
        let bounds = ["arrival p99 > 30ms", "server CPU per frame > 5µs"];
        assert_eq!(failed(&report, &bounds), bounds);
    }

    #[test]
    fn slow_and_resume_fail_if_no_reader_fell_behind_and_no_listener_was_resumed() {
        let slow = |stopped, closed| {
            let rows = [
                ("readers that stopped", stopped),
                ("of them closed by the server", closed),
            ];
            failed(&report("slow", &rows), &[])
        };
        assert!(slow(10.0, 10.0).is_empty());
        assert_eq!(slow(10.0, 0.0), ["slow readers"]);
        assert_eq!(slow(0.0, 0.0), ["slow readers"]);
        let resume = |dropped, resumed| {
            failed(
                &report("resume", &[("dropped", dropped), ("resumed", resumed)]),
                &[],
            )
        };
        assert!(resume(5.0, 5.0).is_empty());
        assert_eq!(resume(5.0, 0.0), ["resumed listeners"]);
        assert_eq!(resume(0.0, 0.0), ["resumed listeners"]);
    }

    #[test]
    fn an_aborted_run_has_no_verdict() {
        let mut report = report("room", &[("reordered", 1.0)]);
        report.ended = Ended::Interrupted;
        report.rows.retain(|row| row.name != "lost");
        let verdict = Verdict::of(&report, &[], false);
        assert_eq!(verdict.outcome, Outcome::Aborted);
        let failed: Vec<&str> = verdict.failed().map(|check| check.name.as_str()).collect();
        assert_eq!(failed, ["reordered"], "what is not known is not said");
    }
}
