//! The plans `slow` and `resume` fail if that did not happen which they are named after.

use serde_json::Value;

use super::{json_option, report, words};
use crate::support::cli;

/// The words of a check, and whether it passed.
fn check(report: &Value, name: &str) -> (bool, String) {
    let checks = report["verdict"]["checks"].as_array().expect("checks");
    let found = checks.iter().find(|check| check["name"] == name);
    let found = found.unwrap_or_else(|| panic!("{name} is missing: {checks:?}"));
    (found["passed"] == true, found["words"].to_string())
}

#[test]
fn slow_and_resume_say_when_that_did_not_happen_which_they_are_named_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = json_option(folder.path());
    for (plan, name, why) in [
        (
            &["slow", "-n", "10", "-d", "1"][..],
            "slow readers",
            "fitted into the sockets",
        ),
        (
            &["slow", "-n", "3", "-d", "1", "--share-percent", "1"],
            "slow readers",
            "no reader stopped",
        ),
        (
            &["resume", "-n", "10", "-d", "1"],
            "resumed listeners",
            "no listener was dropped",
        ),
    ] {
        let bounds = ["--warmup-seconds", "0", "--quiet", &json];
        let output = cli::run(&[&["loadtest"], plan, &bounds].concat());
        assert_eq!(
            output.status.code(),
            Some(3),
            "{plan:?}: {}",
            words(&output)
        );
        let (passed, words) = check(&report(folder.path()), name);
        assert!(!passed && words.contains(why), "{plan:?}: {words}");
    }
}

#[test]
fn listeners_that_are_dropped_go_on_where_they_were_and_miss_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = json_option(folder.path());
    let bounds = ["--warmup-seconds", "0", "--quiet", &json];
    let plan = ["loadtest", "resume", "-n", "10", "-d", "3"];
    let output = cli::run(&[&plan[..], &bounds].concat());
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    for name in ["resumed listeners", "lost"] {
        let (passed, words) = check(&report(folder.path()), name);
        assert!(passed, "{name}: {words}");
    }
}

#[test]
fn what_all_listeners_missed_is_replayed_to_sessions_and_to_app_streams() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = json_option(folder.path());
    for plan in [
        &["reconnect", "-n", "20", "--messages", "30"][..],
        &["replay", "--messages", "500", "--rooms", "3"],
    ] {
        let output = cli::run(&[&["loadtest"], plan, &["--quiet", &json]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", words(&output));
        let report = report(folder.path());
        let rows = report["rows"].as_array().expect("rows");
        let value = |name: &str| {
            let row = rows.iter().find(|row| row["name"] == name);
            row.unwrap_or_else(|| panic!("{name} is missing: {rows:?}"))["value"].clone()
        };
        let missed = if plan[0] == "replay" { 500.0 } else { 30.0 };
        assert_eq!(value("missed messages"), missed);
        assert_eq!(value("lost"), 0.0);
        let (hellos, everything) = (value("all reconnected after"), value("all caught up after"));
        assert!(hellos.as_f64() <= everything.as_f64(), "{plan:?}");
    }
}
