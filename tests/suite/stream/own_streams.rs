//! The open streams of the caller's app and the last ones that ended, and what other apps and users learn of them.

use serde_json::{Value, json};

use crate::support::{Person, TestServer, build, eventually, text};

fn open(person: &Person) -> Vec<Value> {
    let list = person.get("/users/me/streams").is(200).data();
    list.as_array().expect("a list").clone()
}

fn ids_of(list: &[Value]) -> Vec<String> {
    list.iter().map(|one| text(&one["connection_id"])).collect()
}

/// The log, once it has so many entries.
fn log_of(person: &Person, path: &str, entries: usize) -> Vec<Value> {
    let mut log = Vec::new();
    eventually("the streams are in the log", || {
        let list = person.get(path).is(200).data();
        log.clone_from(list.as_array().expect("a list"));
        log.len() == entries
    });
    log
}

#[test]
fn an_open_stream_is_shown_with_its_subscriptions_and_parameters() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    assert!(open(&bob).is_empty());
    let stream = bob.stream_with("&control=1&include_html=0&include_message_raw=1");
    let messages = format!("/channels/{room}/messages");
    let first = stream.subscribes(&bob, &format!("{messages}?include_muted=1"));
    let types = "channel_types=io.pnut.core.chat,org.example.x";
    let second = stream.subscribes(&bob, &format!("/channels?{types}"));
    let list = open(&bob);
    assert_eq!(list.len(), 1, "{list:?}");
    let shown = &list[0];
    assert_eq!(shown["connection_id"], stream.id.as_str());
    assert_eq!(
        shown["parameters"],
        json!({"control": "1", "include_html": "0", "include_message_raw": "1"})
    );
    assert_eq!(shown["bytes_waiting"], 0);
    assert_eq!(shown["lag_ms"], 0);
    assert!(text(&shown["connected_at"]).ends_with('Z'), "{shown}");
    assert!(shown.get("key").is_none(), "{shown}");
    let client = &shown["client_id"];
    assert_eq!(
        shown["subscriptions"],
        json!([
            {"subscription_id": first, "endpoint": messages, "client_id": client,
                "parameters": {"include_muted": "1"}},
            {"subscription_id": second, "endpoint": "/channels", "client_id": client,
                "parameters": {"channel_types": "io.pnut.core.chat,org.example.x"}},
        ])
    );
    assert!(open(&ada).is_empty(), "another user's");
    bob.delete(&format!("/users/me/streams/{}", stream.id))
        .is(204);
    assert!(open(&bob).is_empty(), "a stream that closes is not open");
}

#[test]
fn another_app_of_the_user_learns_neither_ids_nor_subscriptions() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let (client, other_app) = server.other_app("Other");
    let other = server.through(&client, &bob, "basic,messages");
    let (first, mut second) = (bob.stream(), other.stream());
    first.subscribes(&bob, &format!("/channels/{room}/messages"));
    assert_eq!(ids_of(&open(&bob)), [first.id.as_str()]);
    assert_eq!(ids_of(&open(&other)), [second.id.as_str()]);
    // A token of the same app with fewer scopes sees what the app knows anyway.
    let narrow = server.with_scopes(&bob, "basic");
    assert_eq!(ids_of(&open(&narrow)), [first.id.as_str()]);
    second.closes();
    let log = log_of(&other, "/users/me/streams/log", 1);
    assert_eq!(log[0]["connection_id"], second.id.as_str());
    assert_eq!(log[0]["client_id"], client.as_str());
    assert!(log_of(&bob, "/users/me/streams/log", 0).is_empty());
    // App tokens see app streams only.
    for path in ["/apps/me/streams", "/apps/me/streams/log"] {
        assert_eq!(server.app().get(path).is(200).data(), json!([]));
        assert_eq!(other_app.get(path).is(200).data(), json!([]));
    }
}

#[test]
fn closed_streams_are_in_the_log_newest_first_with_their_reasons() {
    let server = TestServer::start();
    let bob = server.bob();
    let path = "/users/me/streams/log";
    let mut asked = bob.stream();
    asked.closes();
    log_of(&bob, path, 1);
    let lost = bob.stream();
    let lost_id = lost.id.clone();
    drop(lost);
    log_of(&bob, path, 2);
    let mut large = bob.stream();
    large.says(&"x".repeat(5000));
    assert_eq!(large.closed_with(), 1009);
    // Unclaimed streams are no user's.
    let unclaimed = crate::support::Stream::open(server.address, "/v1/user");
    drop(unclaimed);
    let log = log_of(&bob, path, 3);
    let seen: Vec<_> = log
        .iter()
        .map(|one| (text(&one["connection_id"]), one["code"].as_u64()))
        .collect();
    assert_eq!(
        seen,
        [
            (large.id.clone(), Some(1009)),
            (lost_id, Some(1006)),
            (asked.id.clone(), Some(1000)),
        ]
    );
    assert_eq!(log[1]["error_slug"], "connection-lost");
    for one in &log {
        assert!(one["lifetime_ms"].is_u64(), "{one}");
        assert_eq!(one["bytes_waiting"], 0, "{one}");
        assert!(
            text(&one["closed_at"]) >= text(&one["connected_at"]),
            "{one}"
        );
    }
    assert!(log_of(&server.ada(), path, 0).is_empty());
}

#[test]
fn a_client_that_comes_and_goes_all_the_time_fills_only_its_own_log() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let path = "/users/me/streams/log";
    ada.stream().closes();
    log_of(&ada, path, 1);
    for _ in 0..40 {
        bob.stream().closes();
    }
    let last = bob.stream();
    let last_id = last.id.clone();
    drop(last);
    eventually("the last one is the first of the log", || {
        let log = bob.get(path).data();
        log[0]["connection_id"] == last_id.as_str() && log.as_array().map(Vec::len) == Some(32)
    });
    assert_eq!(log_of(&ada, path, 1).len(), 1);
}

#[test]
fn an_app_sees_its_app_streams_under_any_key() {
    let server = TestServer::start();
    let app = server.app();
    // Keys that are words of the addresses.
    for key in ["me", "log"] {
        build::app_stream(&app, key, &["message", "post"]);
    }
    let mut first = app.firehose_with("me", "&include_deleted=0");
    let second = app.firehose("log");
    let list = app.get("/apps/me/streams").is(200).data();
    let list = list.as_array().expect("a list");
    let mut ids = ids_of(list);
    ids.sort();
    let mut expected = [first.id.clone(), second.id.clone()];
    expected.sort();
    assert_eq!(ids, expected);
    let shown = list.iter().find(|one| one["key"] == "me").expect("it");
    assert_eq!(shown["object_types"], json!(["message", "post"]));
    assert_eq!(shown["parameters"], json!({"include_deleted": "0"}));
    assert!(shown.get("subscriptions").is_none(), "{shown}");
    app.delete("/streams/me").is(200);
    assert_eq!(first.closed_with(), 4004);
    let log = log_of(&app, "/apps/me/streams/log", 1);
    assert_eq!(log[0]["key"], "me");
    assert_eq!(log[0]["code"], 4004);
    assert_eq!(app.get("/streams/log").is(200).data()["key"], "log");
    assert!(open(&server.ada()).is_empty());
}
