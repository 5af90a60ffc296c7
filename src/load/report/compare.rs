//! Two results side by side.

use super::figure::figure;
use super::table::columns;
use super::{Better, Report};

/// A row for each figure that both have, with the ratio new to old.
pub(in crate::load) fn compare(new: &Report, old: &Report) -> String {
    let head = ["", "before", "now", "ratio", ""]
        .map(str::to_owned)
        .to_vec();
    let mut lines = vec![head];
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
            figure(before.value),
            figure(row.value),
            ratio,
            verdict(row.better, before.value, row.value).to_owned(),
        ]);
    }
    let mut text = format!("\nCompared with {}\n", old.command);
    text.push_str(&columns(&lines));
    if old.plan.kind != new.plan.kind || old.plan.sockets() != new.plan.sockets() {
        text.push_str("\n  note: the two plans differ, so the ratios say little\n");
    }
    if old.machine.processor != new.machine.processor {
        text.push_str("\n  note: the two machines differ\n");
    }
    text
}

/// Differences below 5 % are the noise of such runs.
fn verdict(better: Better, before: f64, now: f64) -> &'static str {
    let (low, high) = (before * 0.95, before * 1.05);
    match better {
        Better::Neither => "",
        _ if (low..=high).contains(&now) => "",
        Better::Lower if now < low => "better",
        Better::Higher if now > high => "better",
        Better::Lower | Better::Higher => "worse",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_not_a_verdict() {
        assert_eq!(verdict(Better::Lower, 100.0, 103.0), "");
        assert_eq!(verdict(Better::Lower, 100.0, 110.0), "worse");
        assert_eq!(verdict(Better::Lower, 100.0, 50.0), "better");
        assert_eq!(verdict(Better::Higher, 100.0, 110.0), "better");
        assert_eq!(verdict(Better::Higher, 0.0, 0.0), "");
        assert_eq!(verdict(Better::Neither, 1.0, 9.0), "");
    }
}
