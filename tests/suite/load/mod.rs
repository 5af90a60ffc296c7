//! `groundnut loadtest`: runs as processes of their own, also through a proxy that is not to be trusted.

mod faults;
mod leaving;
mod named_after;
mod over_nodes;
mod proxy;
mod runs;

use std::path::Path;
use std::process::Output;

use serde_json::Value;

fn report(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("out.json")).expect("a report");
    serde_json::from_str(&text).expect("JSON")
}

fn json_option(folder: &Path) -> String {
    format!("--json={}", folder.join("out.json").display())
}

fn row(report: &Value, name: &str) -> Option<f64> {
    let rows = report["rows"].as_array().expect("rows");
    let found = rows.iter().find(|row| row["name"] == name)?;
    found["value"].as_f64()
}

fn is_there(report: &Value, name: &str) -> f64 {
    row(report, name).unwrap_or_else(|| panic!("{name} is missing: {report}"))
}

fn words(output: &Output) -> String {
    let printed = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&printed).into_owned()
}
