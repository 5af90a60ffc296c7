//! `/readyz` tells the truth, with reasons, and takes it back by itself when the cause is gone.

use crate::support::{TestServer, build, eventually};

/// Why the server is not ready; nothing if it is.
pub(crate) fn reasons(server: &TestServer) -> Vec<String> {
    let answer = server.anonymous().call_at("GET", "/readyz", &[], b"");
    let json = answer.json();
    if answer.status == 200 {
        assert_eq!(json["status"], "ready");
        return Vec::new();
    }
    assert_eq!(answer.status, 503, "{answer}");
    let reasons = json["reasons"].as_array().expect("a list").iter();
    let slug = |reason: &serde_json::Value| reason["slug"].as_str().expect("a slug").to_owned();
    reasons.map(slug).collect()
}

/// Waits until this is one of the reasons.
pub(crate) fn is_unready(server: &TestServer, why: &str) {
    eventually(why, || reasons(server).iter().any(|reason| reason == why));
}

/// Waits until there is none.
pub(crate) fn is_ready(server: &TestServer) {
    eventually("it is ready again", || reasons(server).is_empty());
}

#[test]
fn a_write_lane_that_is_stuck_is_a_reason() {
    let server = TestServer::with_faults(&[]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let held = server.fault("lane");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| build::says(&ada, &room, "held"));
        held.is_met();
        is_unready(&server, "writes-wait");
        held.off();
        writer.join().expect("an answer");
    });
    is_ready(&server);
}

#[test]
fn events_that_are_not_delivered_are_a_reason() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    let held = server.fault("log-tail");
    build::says(&ada, &room, "late");
    is_unready(&server, "delivery-late");
    held.off();
    stream.hears_text("late");
    is_ready(&server);
}

#[test]
fn a_database_that_another_process_holds_is_a_reason_once_a_write_was_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let held = server.holds_database();
    let path = format!("/channels/{room}/messages");
    ada.post(&path, &serde_json::json!({"text": "held"}))
        .refused(503);
    is_unready(&server, "commits-fail");
    drop(held);
    is_ready(&server);
    build::says(&ada, &room, "free");
}

#[test]
fn a_database_that_was_moved_away_is_a_reason() {
    let server = TestServer::in_file(&[]);
    let url = server.database_url();
    let path = url.strip_prefix("sqlite://").expect("a path");
    let away = format!("{path}.away");
    std::fs::rename(path, &away).expect("it is ours");
    is_unready(&server, "database-moved");
    std::fs::rename(&away, path).expect("it is ours");
    is_ready(&server);
}
