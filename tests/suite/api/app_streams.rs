//! `/streams`: what an app asked to hear.

use serde_json::{Value, json};

use crate::support::{Person, TestServer, build, text};

fn create(app: &Person, body: &Value) -> crate::support::http::Answer {
    app.post("/streams", body)
}

#[test]
fn a_stream_is_created_shown_listed_changed_and_deleted() {
    let server = TestServer::start();
    let app = server.app();
    let body = json!({"type": "long_poll", "key": "butterball", "object_types": ["message", "block", "message"]});
    let made = create(&app, &body).is(200).data();
    assert_eq!(made["key"], "butterball");
    assert_eq!(made["type"], "long_poll");
    assert_eq!(
        made["object_types"],
        json!(["message", "block"]),
        "repeated names collapse"
    );
    let endpoint = text(&made["endpoint"]);
    assert!(
        endpoint.starts_with("ws") && endpoint.ends_with("/v1/app"),
        "{endpoint}"
    );
    assert!(made.get("is_deleted").is_none());
    assert_eq!(app.get("/streams/butterball").data(), made);
    assert_eq!(app.get("/streams").data(), json!([made]));
    let body = json!({"object_types": ["post"], "type": "long_poll", "key": "butterball"});
    assert_eq!(
        app.put("/streams/butterball", &body).is(200).data()["object_types"],
        json!(["post"])
    );
    let body = json!({"object_types": ["user"], "key": "butterball"});
    assert_eq!(
        app.put("/streams", &body).is(200).data()["object_types"],
        json!(["user"])
    );
    assert_eq!(
        app.delete("/streams/butterball").is(200).data()["is_deleted"],
        true
    );
    app.get("/streams/butterball")
        .refused_as(404, "stream-not-found");
    app.delete("/streams/butterball").refused(404);
    app.put("/streams/butterball", &json!({"object_types": ["post"]}))
        .refused(404);
}

#[test]
fn a_stream_without_a_key_gets_a_number() {
    let server = TestServer::start();
    let app = server.app();
    let made = create(
        &app,
        &json!({"type": "long_poll", "object_types": ["post"]}),
    )
    .is(200)
    .data();
    let key = text(&made["key"]);
    assert!(key.parse::<u64>().is_ok(), "{key}");
    assert_eq!(app.get(&format!("/streams/{key}")).data(), made);
}

#[test]
fn all_fourteen_types_are_known_and_so_are_two_old_names() {
    let server = TestServer::start();
    let app = server.app();
    let all = json!([
        "post",
        "bookmark",
        "follow",
        "mute",
        "block",
        "message",
        "channel",
        "channel_subscription",
        "token",
        "file",
        "poll",
        "user_presence",
        "user_channel_presence",
        "user",
    ]);
    let made = create(
        &app,
        &json!({"type": "long_poll", "key": "all", "object_types": all}),
    );
    assert_eq!(made.is(200).data()["object_types"], all);
    let old = json!({"type": "long_poll", "key": "old", "object_types": ["user_follow", "star"]});
    assert_eq!(
        create(&app, &old).is(200).data()["object_types"],
        json!(["follow", "bookmark"])
    );
}

#[test]
fn bad_streams_are_refused() {
    let server = TestServer::start();
    let app = server.app();
    let long = "k".repeat(33);
    for (bad, field) in [
        (
            json!({"type": "websocket", "object_types": ["post"]}),
            "type",
        ),
        (
            json!({"type": "long_poll", "object_types": []}),
            "object_types",
        ),
        (json!({"type": "long_poll"}), "object_types"),
        (
            json!({"type": "long_poll", "object_types": "post"}),
            "object_types",
        ),
        (
            json!({"type": "long_poll", "object_types": [7]}),
            "object_types",
        ),
        (
            json!({"type": "long_poll", "object_types": ["post", "weather"]}),
            "weather",
        ),
        (
            json!({"type": "long_poll", "object_types": ["post"], "key": "a key"}),
            "key",
        ),
        (
            json!({"type": "long_poll", "object_types": ["post"], "key": ""}),
            "key",
        ),
        (
            json!({"type": "long_poll", "object_types": ["post"], "key": long}),
            "key",
        ),
    ] {
        let answer = create(&app, &bad);
        assert_eq!(answer.status, 400, "{bad}: {answer}");
        let said = text(&answer.meta()["error_message"]);
        assert!(
            said.contains(field) || said.contains("object_types"),
            "{field}: {said}"
        );
    }
    app.form("POST", "/streams", "type=long_poll&object_types=post")
        .refused_as(400, "not-json");
    build::app_stream(&app, "mine", &["post"]);
    let again = json!({"type": "long_poll", "key": "mine", "object_types": ["post"]});
    create(&app, &again).refused_as(400, "stream-key-taken");
    assert_eq!(app.get("/streams").data().as_array().map(Vec::len), Some(1));
}

#[test]
fn a_client_may_have_five_and_another_client_has_its_own() {
    let server = TestServer::start();
    let app = server.app();
    for n in 0..5 {
        build::app_stream(&app, &format!("s{n}"), &["post"]);
    }
    let sixth = json!({"type": "long_poll", "key": "s5", "object_types": ["post"]});
    create(&app, &sixth).refused_as(400, "stream-limit");
    let (_, other) = server.other_app("Other");
    assert_eq!(other.get("/streams").data(), json!([]));
    other.get("/streams/s0").refused(404);
    build::app_stream(&other, "s0", &["post"]);
    let gone = app.delete("/streams").is(200).data();
    assert_eq!(gone.as_array().map(Vec::len), Some(5));
    assert_eq!(gone[0]["is_deleted"], true);
    assert_eq!(app.delete("/streams").is(200).data(), json!([]));
    assert_eq!(
        other.get("/streams").data().as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn only_apps_have_streams() {
    let server = TestServer::start();
    for path in ["/streams", "/streams/x"] {
        server.ada().get(path).refused_as(403, "wrong-token-kind");
        server
            .anonymous()
            .get(path)
            .refused_as(401, "token-required");
        server.ada().delete(path).refused(403);
    }
    create(
        &server.ada(),
        &json!({"type": "long_poll", "object_types": ["post"]}),
    )
    .refused(403);
}

#[test]
fn stored_streams_survive_a_restart() {
    let mut server = TestServer::start();
    build::app_stream(&server.app(), "kept", &["message"]);
    server.kill();
    server.start_again();
    assert_eq!(
        server.app().get("/streams/kept").data()["object_types"],
        json!(["message"])
    );
}
