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
    let body = json!({"type": "org.example.room", "raw": item(sent.clone())});
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
    let on_profile = json!({"raw": item(sent)});
    ada.patch("/users/me", &on_profile)
        .refused_as(400, "raw-invalid");
}
