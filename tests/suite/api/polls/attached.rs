//! Polls attached to posts, messages and channels by a placeholder in their raw.

use serde_json::{Value, json};

use crate::support::build::{self, ballot, poll};
use crate::support::{TestServer, ids, text};

const KEY: &str = "+io.pnut.core.poll";
const NOTICE: &str = "io.pnut.core.poll-notice";

fn noticed(sent: &Value) -> Value {
    // Another text each time.
    let text = format!("vote! {sent}");
    json!({"text": text, "raw": {NOTICE: [{KEY: sent, "mine": 1}]}})
}

#[test]
fn a_notice_is_a_copy_of_the_poll_without_results() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (id, token) = poll(&ada, &ballot("Where to?", &["Here", "There"]));
    let room = build::room(&ada, "Lounge");
    let messages = format!("/channels/{room}/messages");
    for (path, sent) in [
        ("/posts", json!({"poll_id": id, "poll_token": token})),
        ("/posts", json!({"id": id, "poll_token": token})),
        (&messages, json!({"poll_id": id, "poll_token": token})),
    ] {
        let path = format!("{path}?include_raw=1");
        let said = bob.post(&path, &noticed(&sent)).is(201).data();
        let notice = &said["raw"][NOTICE][0];
        let mut expected = json!({"id": id, "poll_id": id, "poll_token": token, "mine": 1,
            "prompt": "Where to?", "options": [{"text": "Here", "position": 1}, {"text": "There", "position": 2}]});
        expected["closed_at"] = notice["closed_at"].clone();
        assert_eq!(*notice, expected);
        assert_eq!(text(&notice["closed_at"]).len(), 20);
    }
    // One's own needs no token, with the scope.
    ada.post("/posts", &noticed(&json!({"poll_id": id})))
        .is(201);
    let found = ada.get(&format!(
        "/channels/messages/search?channel_ids={room}&poll_id={id}"
    ));
    assert_eq!(ids(&found.data()).len(), 1);
    // The copy stays when the poll is gone.
    ada.delete(&format!("/polls/{id}")).is(200);
    let post = bob.get("/users/me/posts?include_raw=1").data();
    assert_eq!(post[0]["raw"][NOTICE][0]["prompt"], "Where to?");
    bob.post(
        "/posts",
        &noticed(&json!({"poll_id": id, "poll_token": token})),
    )
    .refused_as(400, "poll-unknown");
}

#[test]
fn a_poll_that_the_author_may_not_attach_refuses_the_whole_post() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (id, _) = poll(&ada, &ballot("Where to?", &["Here", "There"]));
    for sent in [
        json!({"poll_id": id}),
        json!({"poll_id": id, "poll_token": "wrong"}),
        json!({"poll_id": "99", "poll_token": "wrong"}),
    ] {
        let answer = bob.post("/posts", &noticed(&sent));
        answer.refused_as(400, "poll-unknown");
        answer.refused_at(400, &format!("raw.{NOTICE}.0.{KEY}"));
    }
    bob.post("/posts", &noticed(&json!({})))
        .refused_as(400, "raw-invalid");
    let hand_made = json!({"text": "x", "raw": {NOTICE: [{"id": id, "prompt": "forged"}]}});
    bob.post("/posts", &hand_made)
        .refused_as(400, "raw-invalid");
    assert_eq!(bob.get("/users/me/posts").data(), json!([]));
    let writes = server.with_scopes(&ada, "basic,write_post");
    writes
        .post("/posts", &noticed(&json!({"poll_id": id})))
        .refused_as(400, "poll-unknown");
}

#[test]
fn channels_take_a_poll_in_any_type_of_their_own() {
    let server = TestServer::start();
    let ada = server.ada();
    let (id, token) = poll(&ada, &ballot("Where to?", &["Here", "There"]));
    let item = |sent: Value| json!({"org.example.vote": [{KEY: sent}]});
    let sent = json!({"poll_id": id, "poll_token": token});
    let body = json!({"type": "org.example.room", "raw": item(sent)});
    let made = ada.post("/channels?include_raw=1", &body).is(201).data();
    assert_eq!(made["raw"]["org.example.vote"][0]["prompt"], "Where to?");
    let path = format!("/channels/{}?include_raw=1", text(&made["id"]));
    let (second, _) = poll(&ada, &ballot("And then?", &["Home", "On"]));
    let changed = json!({"raw": item(json!({"poll_id": second}))});
    let changed = ada.put(&path, &changed).is(200).data();
    assert_eq!(changed["raw"]["org.example.vote"][0]["prompt"], "And then?");
    ada.put(&path, &json!({"raw": item(json!({"poll_id": "99"}))}))
        .refused_as(400, "poll-unknown");
    // What a client was shown it may send back.
    let again = json!({"raw": changed["raw"]});
    ada.put(&path, &again).is(200);
}

#[test]
fn polls_files_and_profiles_name_polls_as_posts_do() {
    let server = TestServer::start();
    let ada = server.ada();
    let (id, token) = poll(&ada, &ballot("Where to?", &["Here", "There"]));
    let raw = json!({"org.example.x": [{KEY: {"poll_id": id, "poll_token": token}, "mine": 1}]});
    let list = json!([{"type": "org.example.x", "value": {KEY: {"poll_id": id}, "mine": 1}}]);
    let is_filled = |object: &Value| {
        let item = &object["raw"]["org.example.x"][0];
        assert_eq!(
            (&item["prompt"], &item["mine"]),
            (&json!("Where to?"), &json!(1))
        );
        assert!(item.get(KEY).is_none(), "{item}");
    };
    for raw in [&raw, &list] {
        let mut other = ballot("And then?", &["Home", "Away"]);
        other["raw"] = raw.clone();
        is_filled(&ada.post("/polls?include_raw=1", &other).is(201).data());
        let change = json!({ "raw": raw });
        is_filled(&ada.patch("/users/me?include_raw=1", &change).is(200).data());
        let file = json!({"type": "a.b", "kind": "other", "raw": raw});
        is_filled(&ada.post("/files?include_raw=1", &file).is(201).data());
        // A form holds it as a text.
        let form = build::form(
            &[("type", "a.b"), ("raw", &raw.to_string())],
            &[("content", "a.txt", "text/plain", b"words")],
        );
        let file = ada.uploads("/files?include_raw=1", &form).is(201).data();
        is_filled(&file);
        let path = format!("/files/{}?include_raw=1", text(&file["id"]));
        is_filled(&ada.put(&path, &change).is(200).data());
    }
    let unknown = json!({"raw": {"org.example.x": [{KEY: {"poll_id": "99"}}]}});
    let place = "raw.org.example.x.0.+io.pnut.core.poll";
    ada.patch("/users/me", &unknown).refused_at(400, place);
    let many = vec![json!({KEY: {"poll_id": id}}); 5000];
    let many = json!({"raw": {"org.example.x": many}});
    ada.patch("/users/me", &many)
        .refused_as(400, "raw-too-large");
    let malformed = json!({"raw": {"org.example.x": [{KEY: "99"}]}});
    ada.patch("/users/me", &malformed).refused_at(400, place);
}
