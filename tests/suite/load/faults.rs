//! Each fault that a proxy makes is named by the load tester, and ends it with exit code 3.

use std::time::Duration;

use serde_json::Value;

use super::proxy::{Aim, Proxy, Trick};
use super::{json_option, report, words};
use crate::support::{TestServer, cli};

const ROOM: &[&str] = &["room", "-n", "3"];
/// Two rooms, so that one of them is another one.
const ROOMS: &[&str] = &["rooms", "--rooms", "2", "-n", "2"];

/// An app stream for each of two programs.
const HOSE: &[&str] = &["firehose", "--rooms", "1", "-n", "2"];

/// Plays a plan through a proxy; the exit code and the report.
fn play(server: &TestServer, plan: &[&str], aim: Aim) -> (Option<i32>, Value) {
    let proxy = Proxy::start(server.address, aim);
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("--url=http://{}", proxy.address);
    let (ada, bob) = (server.ada(), server.bob());
    let tokens = [ada, bob].map(|person| format!("--token={}", person.token()));
    let app = format!("--app-token={}", server.app().token());
    let bounds = ["--rate=100", "--messages=20", "-d20", "--warmup-seconds=0"];
    let json = json_option(folder.path());
    let rest = [&url, &tokens[0], &tokens[1], &app, &json].map(String::as_str);
    let all = [&["loadtest"], plan, &bounds, &rest, &["--quiet"]].concat();
    let output = cli::run(&all);
    let printed = words(&output);
    assert!(
        printed.contains("PASSED") || printed.contains("FAILED"),
        "{aim:?}: {printed}"
    );
    (output.status.code(), report(folder.path()))
}

/// The names of the checks that failed.
fn failed(report: &Value) -> Vec<&str> {
    let checks = report["verdict"]["checks"].as_array().expect("checks");
    let failed = checks.iter().filter(|check| check["passed"] == false);
    failed
        .map(|check| check["name"].as_str().expect("a name"))
        .collect()
}

/// Plays a trick on one frame; these checks fail and no others.
fn is_named(server: &TestServer, plan: &[&str], trick: Trick, expected: &[&str]) {
    let (code, report) = play(server, plan, Aim::at_one(trick));
    let verdict = &report["verdict"];
    assert_eq!(failed(&report), expected, "{trick:?}: {verdict}");
    let (expected_code, outcome) = if expected.is_empty() {
        (0, "passed")
    } else {
        (3, "failed")
    };
    assert_eq!(code, Some(expected_code), "{trick:?}: {verdict}");
    assert_eq!(verdict["outcome"], outcome);
}

#[test]
fn faultless_runs_pass_every_plan_through_the_proxy() {
    let server = TestServer::start();
    for plan in [ROOM, ROOMS, HOSE, &["inbox", "--rooms", "3", "-n", "4"]] {
        is_named(&server, plan, Trick::Nothing, &[]);
    }
}

#[test]
fn frames_that_are_lost_moved_or_repeated_are_named() {
    let server = TestServer::start();
    is_named(&server, ROOM, Trick::Drop, &["lost"]);
    is_named(&server, ROOM, Trick::Swap, &["reordered"]);
    is_named(&server, ROOM, Trick::Double, &["repeated"]);
    is_named(&server, ROOMS, Trick::OtherRoom, &["foreign"]);
    for close in [Trick::Close, Trick::CloseBehind] {
        is_named(&server, ROOM, close, &["sockets closed by the server"]);
    }
}

#[test]
fn the_same_faults_of_an_app_stream_are_named() {
    let server = TestServer::start();
    is_named(&server, HOSE, Trick::Drop, &["lost"]);
    is_named(&server, HOSE, Trick::Swap, &["reordered"]);
    is_named(&server, HOSE, Trick::Double, &["repeated"]);
    for close in [Trick::Close, Trick::CloseBehind] {
        is_named(&server, HOSE, close, &["sockets closed by the server"]);
    }
    let changed = Trick::Change("listens", "LISTENS");
    is_named(&server, HOSE, changed, &["changed text"]);
}

#[test]
fn an_order_that_is_wrong_for_all_listeners_alike_is_named() {
    let server = TestServer::start();
    let aim = Aim {
        at_all: true,
        ..Aim::at_one(Trick::Swap)
    };
    for plan in [ROOM, ROOMS] {
        let (code, report) = play(&server, plan, aim);
        assert_eq!(failed(&report), ["reordered"], "{}", report["verdict"]);
        assert_eq!(code, Some(3));
        let listeners = report["rows"].as_array().expect("rows");
        let row = listeners.iter().find(|row| row["name"] == "reordered");
        let sockets = if plan == ROOM { 3.0 } else { 4.0 };
        assert_eq!(row.expect("a row")["value"], sockets, "once per listener");
    }
}

#[test]
fn frames_that_are_changed_are_named_by_what_is_changed() {
    let server = TestServer::start();
    let author = format!("\"user\":{{\"id\":\"{}\"", server.ada().id);
    let author: &'static str = author.leak();
    for (from, to, name) in [
        ("\"type\":\"message\"", "\"type\":\"post\"", "changed type"),
        (author, "\"user\":{\"id\":\"999\"", "changed author"),
        ("listens", "LISTENS", "changed text"),
        // The number of the message is gone, too.
        ("\"text\":\"seq", "\"text\":\"qes", "changed text"),
        (
            "\"subscription_ids\":[\"",
            "\"subscription_ids\":[\"x",
            "foreign subscription_ids",
        ),
    ] {
        is_named(&server, ROOM, Trick::Change(from, to), &[name]);
    }
    is_named(&server, ROOM, Trick::CutIds, &["without subscription_ids"]);
}

#[test]
fn a_frame_that_comes_late_is_seen_by_a_bound_and_by_nothing_else() {
    let server = TestServer::start();
    let late = Trick::Delay(Duration::from_secs(2));
    let bound = "arrival max > 1500ms";
    for plan in [ROOM, HOSE] {
        is_named(&server, plan, late, &[]);
        let plan = [plan, &["--fail-if", bound]].concat();
        is_named(&server, &plan, late, &[bound]);
    }
}

#[test]
fn a_frame_that_is_read_whole_is_held_against_the_rest_answer() {
    let server = TestServer::start();
    // The first frame of a run is one of those; no other check looks at this field.
    let aim = Aim {
        trick: Trick::Change("\"is_sticky\":false", "\"is_sticky\":true"),
        at_all: true,
        turn: 0,
    };
    let (code, report) = play(&server, ROOM, aim);
    let verdict = &report["verdict"];
    assert_eq!(failed(&report), ["unlike the REST answer"], "{verdict}");
    assert_eq!(code, Some(3));
    let first = &report["first_faults"]["unlike the REST answer"];
    assert!(first.to_string().contains("is_sticky"), "{first}");
}
