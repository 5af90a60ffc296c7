//! Lists, threads and lookups of messages.

use serde_json::json;

use crate::support::{TestServer, build, ids};

#[test]
fn a_thread_is_found_from_any_of_its_messages() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let root = build::says(&ada, &room, "root");
    build::says(&ada, &room, "beside it");
    let reply = ada
        .post(&path, &json!({"text": "reply", "reply_to": root}))
        .data();
    let reply = crate::support::text(&reply["id"]);
    for start in [&root, &reply] {
        let thread = ada.get(&format!("{path}/{start}/thread"));
        assert_eq!(ids(&thread.data()), [reply.as_str(), root.as_str()]);
        assert_eq!(thread.meta()["more"], false);
    }
    ada.get(&format!("{path}/99999/thread")).refused(404);
}

#[test]
fn messages_of_several_channels_are_looked_up_at_once() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, circle) = (build::room(&ada, "Lounge"), build::circle(&ada, &[&bob]));
    let (open, hidden) = (
        build::says(&ada, &room, "open"),
        build::says(&ada, &circle, "hidden"),
    );
    let own = build::says(&bob, &circle, "own");
    ada.put(
        &format!("/channels/{circle}"),
        &json!({"acl": {"write": {"user_ids": []}}}),
    )
    .is(200);
    let path = format!("/channels/messages?ids={open},{hidden},%20{own},99999");
    let mut seen = ids(&bob.get(&path).data());
    seen.sort();
    let mut expected = vec![open.clone(), own];
    expected.sort();
    assert_eq!(seen, expected, "own messages always");
    assert_eq!(ids(&server.anonymous().get(&path).data()), [open]);
    assert_eq!(ada.get("/channels/messages?ids=99999").data(), json!([]));
}

#[test]
fn display_flags_shape_messages() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let hello = json!({"text": "hello", "raw": {"org.example.a": [{}]}});
    ada.post(&format!("/channels/{room}/messages"), &hello)
        .is(201);
    let shown = |query: &str| {
        ada.get(&format!("/channels/{room}/messages?{query}"))
            .data()[0]
            .clone()
    };
    let without_user = shown("include_user=0");
    assert_eq!(without_user["user_id"], "1");
    assert!(without_user.get("user").is_none());
    assert!(shown("include_client=0")["source"].is_string());
    assert!(shown("include_counts=0")["user"].get("counts").is_none());
    assert_eq!(shown("include_presence=1")["user"]["presence"], "offline");
    assert!(shown("include_user_raw=1").get("raw").is_none());
    assert!(shown("include_raw=1")["raw"].is_object());
}

#[test]
fn deleted_messages_are_left_out_of_several_on_request() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let (kept, gone) = (
        build::says(&ada, &room, "kept"),
        build::says(&ada, &room, "gone"),
    );
    ada.delete(&format!("/channels/{room}/messages/{gone}"))
        .is(200);
    let found = |filter: &str| {
        let path = format!("/channels/messages?ids={gone},{kept}&{filter}");
        ids(&ada.get(&path).is(200).data())
    };
    assert_eq!(found(""), [&*gone, &*kept]);
    assert_eq!(found("include_deleted=0"), [&*kept]);
}
