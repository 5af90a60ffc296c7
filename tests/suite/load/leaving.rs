//! What a run leaves behind on a server that is not its own, and what it asks of that server before it begins.

use std::process::{Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use super::{is_there, json_option, report, row, words};
use crate::support::{Person, TestServer, build, cli, eventually};

/// The plan on this server, with the tokens of two people.
fn arguments(server: &TestServer, plan: &[&str]) -> Vec<String> {
    let tokens = [server.ada(), server.bob()].map(|person| person.token().to_owned());
    let mut all = vec!["loadtest".to_owned()];
    all.extend(plan.iter().map(|word| (*word).to_owned()));
    all.push(format!("--url=http://{}", server.address));
    all.extend(tokens.map(|token| format!("--token={token}")));
    all.extend(["--warmup-seconds=0".to_owned(), "--quiet".to_owned()]);
    all
}

fn run(server: &TestServer, plan: &[&str]) -> Output {
    let all = arguments(server, plan);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    cli::run(&all)
}

fn has_none(person: &Person, path: &str) {
    let list = person.get(path).data();
    assert_eq!(list, json!([]), "{path} of {}", person.name);
}

/// No room is active, nothing is in an inbox, and no app stream is stored.
fn is_as_before(server: &TestServer) {
    for person in [server.ada(), server.bob()] {
        has_none(&person, "/users/me/channels");
        has_none(&person, "/users/me/channels/subscribed");
        has_none(&person, "/users/me/channels/subscribed?include_inactive=1");
    }
    has_none(&server.app(), "/streams");
}

#[test]
fn whatever_a_run_made_is_removed_after_it() {
    let server = TestServer::start();
    let app = format!("--app-token={}", server.app().token());
    for plan in [
        &["firehose", "--rooms", "3", "--messages", "12", &app][..],
        &["inbox", "--rooms", "3", "-n", "4", "--messages", "12"],
        &["rooms", "--rooms", "5", "-n", "2", "--messages", "12"],
        &["churn", "--rate", "20", "--messages", "10"],
        &["idle", "-n", "10", "-d", "0.2"],
    ] {
        let output = run(&server, plan);
        assert!(output.status.success(), "{plan:?}: {}", words(&output));
        is_as_before(&server);
    }
    let made = server.ada().get("/users/me/channels?include_inactive=1");
    assert!(made.data().as_array().is_some_and(|list| list.len() > 5));
}

#[test]
fn an_interrupted_run_removes_what_it_made_too() {
    let server = TestServer::start();
    let all = arguments(&server, &["room", "-n", "4", "-d", "600", "--rate", "20"]);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let tester = cli::command(&all)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tester starts");
        let before = server.counter("stream_frames_total");
        eventually("listeners hear messages", || {
            server.counter("stream_frames_total") > before + 20
        });
        let pid = i32::try_from(tester.id()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("it runs");
        let output = tester.wait_with_output().expect("the tester ends");
        let printed = words(&output);
        assert_eq!(output.status.code(), Some(1), "{signal}: {printed}");
        assert!(printed.contains("ABORTED"), "{signal}: {printed}");
        is_as_before(&server);
    }
}

#[test]
fn a_plan_that_the_limits_of_a_server_cannot_carry_is_refused_before_anything_is_made() {
    let server = TestServer::with(&[("RATE_LIMITS_ENABLED", "true")]);
    for (plan, hint) in [
        (&["room", "-n", "3"][..], "20 writes in 60 s per token"),
        (
            &["room", "-n", "3", "--rate", "9"],
            "--rate 1.9 or less, more --rooms",
        ),
        (
            &["room", "-n", "300", "--rate", "0.2"],
            "64 open streams per user",
        ),
        (
            &["room", "-n", "3", "--messages", "5", "--token=wrong"],
            "401",
        ),
    ] {
        let output = run(&server, plan);
        let said = words(&output);
        assert_eq!(output.status.code(), Some(2), "{plan:?}: {said}");
        assert!(said.contains(hint), "{plan:?} should name {hint}: {said}");
    }
    has_none(&server.ada(), "/users/me/channels?include_inactive=1");
    let output = run(&server, &["room", "-n", "3", "--messages", "5"]);
    assert!(output.status.success(), "what fits: {}", words(&output));
}

#[test]
fn refused_answers_stand_apart_by_status_and_fail_the_run() {
    let server = TestServer::with(&[("RATE_LIMITS_ENABLED", "true")]);
    let (ada, room) = (server.ada(), build::room(&server.ada(), "taken"));
    for _ in 0..12 {
        build::says(&ada, &room, "something");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let json = json_option(folder.path());
    // It would fit if ada had not written a moment ago.
    let plan = [
        "room",
        "-n",
        "3",
        "--rate",
        "50",
        "--messages",
        "17",
        "-d",
        "0.35",
        &json,
    ];
    let output = run(&server, &plan);
    let report = report(folder.path());
    assert_eq!(output.status.code(), Some(3), "{}", words(&output));
    let refused = is_there(&report, "refused with 429");
    assert!(refused > 0.0, "{report}");
    assert_eq!(is_there(&report, "refused requests"), refused);
    assert!(is_there(&report, "refused share") > 1.0);
    assert_eq!(row(&report, "refused with 403"), None);
    assert_eq!(
        is_there(&report, "lost"),
        0.0,
        "a refused message is not lost"
    );
    let checks = report["verdict"]["checks"].as_array().expect("checks");
    let failed: Vec<_> = checks
        .iter()
        .filter(|check| check["passed"] == false)
        .collect();
    assert!(
        failed.len() == 1 && failed[0]["name"] == "refused",
        "{failed:?}"
    );
}
