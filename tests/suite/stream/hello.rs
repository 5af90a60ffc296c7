//! The first frame, and which callers are admitted.

use serde_json::json;

use crate::support::{Stream, TestServer, build, text};

#[test]
pub(super) fn the_hello_names_the_connection_and_nothing_else() {
    let server = TestServer::start();
    let stream = server.ada().stream();
    let meta = &stream.hello["meta"];
    assert_eq!(stream.id.len(), 32);
    assert!(
        stream
            .id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
        "{meta}"
    );
    let endpoint = text(&meta["stream"]["endpoint"]);
    assert!(
        endpoint.starts_with("ws") && endpoint.ends_with("/v1/user"),
        "{endpoint}"
    );
    assert!(stream.hello.get("data").is_none());
    assert_ne!(server.ada().stream().id, stream.id);
}

#[test]
fn the_token_may_be_in_a_header() {
    let server = TestServer::start();
    let ada = server.ada();
    let answer = ada.asks_upgrade("/user");
    assert_eq!(answer.status, 101, "{answer}");
    assert_eq!(
        answer.header("sec-websocket-accept"),
        Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    );
}

#[test]
pub(super) fn a_caller_without_the_right_is_refused_before_the_upgrade() {
    let server = TestServer::start();
    let (nobody, app) = (server.anonymous(), server.app());
    build::app_stream(&app, "mine", &["message"]);
    nobody
        .asks_upgrade("/user?access_token=wrong")
        .refused_as(401, "invalid-token");
    app.asks_upgrade("/user")
        .refused_as(403, "wrong-token-kind");
    nobody
        .asks_upgrade("/app?key=mine")
        .refused_as(401, "token-required");
    nobody
        .asks_upgrade("/app?key=mine&access_token=wrong")
        .refused_as(401, "invalid-token");
    server
        .ada()
        .asks_upgrade("/app?key=mine")
        .refused_as(403, "wrong-token-kind");
    app.asks_upgrade("/app").refused_at(400, "key");
    app.asks_upgrade("/app?key=yours")
        .refused_as(404, "stream-not-found");
    assert_eq!(server.ada().asks_upgrade("/nowhere").status, 404);
}

#[test]
fn a_plain_call_to_a_stream_address_is_no_upgrade_and_no_trouble() {
    let server = TestServer::start();
    let answer = server.ada().get("/user");
    assert!((400..500).contains(&answer.status), "{answer}");
    answer.refused(answer.status);
    let answer = server.app().get("/app?key=x");
    assert!((400..500).contains(&answer.status), "{answer}");
}

#[test]
pub(super) fn an_app_streams_hello_says_what_it_will_hear() {
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "butterball", &["message", "block"]);
    let stream = app.firehose("butterball");
    let said = &stream.hello["meta"]["stream"];
    assert_eq!(said["key"], "butterball");
    assert_eq!(said["object_types"], json!(["message", "block"]));
    let endpoint = text(&said["endpoint"]);
    assert!(endpoint.ends_with("/v1/app"), "no key in it: {endpoint}");
}

#[test]
pub(super) fn a_user_has_a_bounded_number_of_connections() {
    let server = TestServer::with(&[("STREAMS_USER_CONNECTIONS", "2")]);
    let (ada, bob) = (server.ada(), server.bob());
    let (first, _second) = (ada.stream(), ada.stream());
    let refused = ada.asks_upgrade("/user");
    refused.refused_as(429, "too-many-connections");
    assert!(refused.header("retry-after").is_some());
    let _bobs = bob.stream();
    drop(first);
    crate::support::eventually("a slot comes free", || server.actors()["connections"] == 2);
    let _third: Stream = ada.stream();
}
