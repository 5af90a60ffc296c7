//! Two app streams in use per client.

use std::io::Write as _;
use std::net::TcpStream;

use crate::support::{TestServer, build, eventually, http};

#[test]
pub(super) fn two_are_in_use_and_the_third_is_refused_before_the_upgrade() {
    let server = TestServer::start();
    let app = server.app();
    for key in ["one", "two", "three"] {
        build::app_stream(&app, key, &["message"]);
    }
    let first = app.firehose("one");
    let _again = app.firehose("one");
    assert_eq!(server.actors()["streams_in_use"], 2);
    let refused = app.asks_upgrade("/app?key=two");
    refused.refused_as(429, "streams-in-use");
    assert!(refused.header("retry-after").is_some());
    // Another client has two of its own.
    let (_, other) = server.other_app("Other");
    build::app_stream(&other, "one", &["message"]);
    let _others = other.firehose("one");
    // A crashed consumer frees its slot.
    drop(first);
    eventually("the slot comes free", || {
        server.actors()["streams_in_use"] == 2
    });
    let _third = app.firehose("three");
}

#[test]
pub(super) fn a_slot_comes_free_with_a_close() {
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "one", &["message"]);
    for _ in 0..3 {
        let (mut first, mut second) = (app.firehose("one"), app.firehose("one"));
        app.asks_upgrade("/app?key=one").refused(429);
        assert_eq!(first.closes(), 1000);
        assert_eq!(second.closes(), 1000);
        server.holds_no_connection();
    }
}

#[test]
fn a_slot_comes_free_with_silence() {
    let server = TestServer::with(&[("STREAMS_SILENCE_MS", "200"), ("STREAMS_GRACE_MS", "0")]);
    let app = server.app();
    build::app_stream(&app, "one", &["message"]);
    for _ in 0..2 {
        let (mut first, mut second) = (app.firehose("one"), app.firehose("one"));
        assert_eq!(first.closed_with(), 4000);
        assert_eq!(second.closed_with(), 4000);
        server.holds_no_connection();
    }
}

#[test]
pub(super) fn both_connections_on_a_key_hear_every_event() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "one", &["message"]);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    let (mut first, mut second) = (app.firehose("one"), app.firehose("one"));
    build::says(&ada, &room, "hello");
    first.hears_text("hello");
    second.hears_text("hello");
}

#[test]
fn a_refused_upgrade_takes_no_slot() {
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "one", &["message"]);
    for _ in 0..5 {
        app.asks_upgrade("/app?key=nowhere").refused(404);
        app.asks_upgrade("/app").refused(400);
    }
    let (_first, _second) = (app.firehose("one"), app.firehose("one"));
}

#[test]
fn changing_a_stream_changes_no_open_connection() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "one", &["message"]);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    let mut old = app.firehose("one");
    app.put(
        "/streams/one",
        &serde_json::json!({"object_types": ["user_presence"]}),
    )
    .is(200);
    let mut new = app.firehose("one");
    assert_eq!(
        new.hello["meta"]["stream"]["object_types"],
        serde_json::json!(["user_presence"])
    );
    build::says(&ada, &room, "hello");
    old.hears_text("hello");
    ada.does("/users/me/presence").is(200);
    new.hears("user_presence");
}

#[test]
fn a_stream_that_is_deleted_while_it_is_opened_is_closed() {
    let server = TestServer::with_faults(&[]);
    let app = server.app();
    let opened = |opens: &dyn Fn()| {
        build::app_stream(&app, "one", &["message"]);
        let held = server.fault("admission");
        std::thread::scope(|scope| {
            let deleting = scope.spawn(|| {
                held.is_met();
                app.delete("/streams/one").is(200);
                let head = server.count("SELECT pos FROM log_head");
                eventually("no shard is told of it any more", || {
                    server.counter("log_position") == u64::try_from(head).unwrap_or(0)
                });
                held.off();
            });
            opens();
            deleting.join().expect("a deletion");
        });
    };
    opened(&|| assert_eq!(app.firehose("one").closed_with(), 4004));
    opened(&|| {
        let answer = app.get("/app?key=one&wait=25");
        answer.refused_as(404, "stream-not-found");
    });
    server.holds_no_connection();
}

#[test]
fn a_client_that_is_gone_before_its_request_is_a_stream_gives_its_place_back() {
    let server = TestServer::with_faults(&[]);
    let app = server.app();
    build::app_stream(&app, "one", &["message"]);
    for (with, accept) in [("&wait=60", "*/*"), ("", "text/event-stream")] {
        let held = server.fault("admission");
        let path = format!("/v1/app?key=one&access_token={}{with}", app.token());
        let request = http::request("GET", &path, &[("Accept", accept)], b"");
        let mut socket = TcpStream::connect(server.address).expect("a connection");
        socket.write_all(&request).expect("the server reads");
        held.is_met();
        drop(socket);
        // Each of its threads has looked at its connections by then.
        for _ in 0..20 {
            assert_eq!(server.actors()["streams_in_use"], 1);
        }
        held.off();
        server.holds_no_connection();
    }
}
