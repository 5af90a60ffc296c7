//! The figures as CSV (RFC 4180): one line each, with everything that tells results of several files apart.

use super::Report;

const HEAD: &str = "date,commit,plan,outcome,runs,figure,unit,value,low,high\r\n";

/// The whole document.
pub(in crate::load) fn csv(report: &Report) -> String {
    let mut text = HEAD.to_owned();
    let outcome: &str = report.verdict.outcome.into();
    let commit = report.commit.as_deref().unwrap_or_default();
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for row in &report.rows {
        let fields = [
            report.date.clone(),
            commit.to_owned(),
            report.plan.kind.word().to_owned(),
            outcome.to_owned(),
            report.runs.to_string(),
            row.name.clone(),
            row.unit.clone(),
            row.value.to_string(),
            number(row.low),
            number(row.high),
        ];
        text.push_str(&fields.map(|field| quoted(&field)).join(","));
        text.push_str("\r\n");
    }
    text
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::args::Overrides;
    use crate::load::plan::Plan;
    use crate::load::report::Better;

    #[test]
    fn each_figure_is_a_line_and_commas_are_quoted() {
        let plan = Plan::new("room", &Overrides::default()).unwrap();
        let mut report = Report::empty(&plan);
        report.date = "2026-11-26T17:00:00Z".to_owned();
        report.commit = Some("abc".to_owned());
        report.push("arrival p99", 1.5, "ms", Better::Lower);
        let text = csv(&report);
        let line = "2026-11-26T17:00:00Z,abc,room,aborted,1,arrival p99,ms,1.5,,\r\n";
        assert_eq!(text, format!("{HEAD}{line}"));
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
