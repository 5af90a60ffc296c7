//! `POST /channels/{id}/messages`

use serde_json::{Value, json};

use crate::support::{TestServer, build, text};

#[test]
fn a_new_message_has_its_whole_shape() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = ada
        .post(
            &format!("/channels/{room}/messages"),
            &json!({"text": "hello"}),
        )
        .is(201)
        .data();
    let id = text(&said["id"]);
    assert_eq!(said["channel_id"], room.as_str());
    assert_eq!(said["thread_id"], id.as_str());
    assert_eq!(text(&said["created_at"]).len(), 20);
    assert_eq!(said["counts"], json!({"replies": 0}));
    assert_eq!(said["is_sticky"], false);
    assert_eq!(said["user"]["id"], "1");
    assert_eq!(said["source"]["name"], "Rooms");
    text(&said["source"]["id"]);
    text(&said["source"]["url"]);
    assert_eq!(said["content"]["text"], "hello");
    assert!(text(&said["content"]["html"]).contains("hello"));
    assert_eq!(
        said["content"]["entities"],
        json!({"links": [], "mentions": [], "tags": []})
    );
    for name in [
        "is_deleted",
        "deleted_by",
        "is_nsfw",
        "reply_to",
        "user_id",
        "raw",
        "pagination_id",
    ] {
        assert!(said.get(name).is_none(), "{name}: {said}");
    }
    let found = ada.get(&format!("/channels/{room}/messages/{id}")).data();
    assert_eq!(found, said);
}

#[test]
fn a_reply_joins_its_thread_and_is_counted() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let root = build::says(&ada, &room, "root");
    let reply = bob
        .post(&path, &json!({"text": "reply", "reply_to": root}))
        .is(201)
        .data();
    assert_eq!(reply["reply_to"], root.as_str());
    assert_eq!(reply["thread_id"], root.as_str());
    let number: u64 = text(&reply["id"]).parse().expect("a number");
    let deeper = ada
        .post(&path, &json!({"text": "deeper", "reply_to": number}))
        .is(201)
        .data();
    assert_eq!(deeper["thread_id"], root.as_str());
    assert_eq!(
        ada.get(&format!("{path}/{root}")).data()["counts"]["replies"],
        1,
        "direct ones"
    );
    // Deleted ones count on, and may still be answered.
    bob.delete(&format!("{path}/{number}")).is(200);
    assert_eq!(
        ada.get(&format!("{path}/{root}")).data()["counts"]["replies"],
        1
    );
    ada.post(&path, &json!({"text": "late", "reply_to": number}))
        .is(201);
    let other = build::room(&ada, "Other");
    let elsewhere = format!("/channels/{other}/messages");
    ada.post(&elsewhere, &json!({"text": "x", "reply_to": root}))
        .refused_as(400, "reply-elsewhere");
    ada.post(&path, &json!({"text": "x", "reply_to": "99999"}))
        .refused(400);
    ada.post(&path, &json!({"text": "x", "reply_to": "abc"}))
        .refused_at(400, "reply_to");
}

#[test]
fn a_message_may_come_as_a_form() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let said = ada
        .form("POST", &path, "text=na%C3%AFve+caf%C3%A9&is_nsfw=1")
        .is(201)
        .data();
    assert_eq!(said["content"]["text"], "naïve café");
    assert_eq!(said["is_nsfw"], true);
    let body =
        "--edge\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nin parts\r\n--edge--\r\n";
    let kind = [("Content-Type", "multipart/form-data; boundary=edge")];
    assert_eq!(
        ada.call("POST", &path, &kind, body.as_bytes())
            .is(201)
            .data()["content"]["text"],
        "in parts"
    );
    let dotted = "text=http%3A%2F%2Fexample.org&entities.parse_links=0";
    let said = ada.form("POST", &path, dotted).is(201).data();
    assert_eq!(said["content"]["entities"]["links"], json!([]));
}

#[test]
fn nsfw_is_said_or_tagged() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let says = |body: Value| {
        let said = ada
            .post(&format!("/channels/{room}/messages"), &body)
            .is(201)
            .data();
        said.get("is_nsfw").cloned()
    };
    assert_eq!(says(json!({"text": "plain"})), None);
    assert_eq!(says(json!({"text": "tagged #nsfw"})), Some(json!(true)));
    assert_eq!(
        says(json!({"text": "tagged #nsfw", "is_nsfw": false})),
        None
    );
    assert_eq!(
        says(json!({"text": "plain", "is_nsfw": "1"})),
        Some(json!(true))
    );
}

#[test]
fn raw_may_hold_several_items_of_a_type_and_never_changes() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let raw = json!({"org.example.a": [{"n": 1}, {"n": 2}], "org.example.b": [{}]});
    let said = ada
        .post(
            &format!("{path}?include_raw=1"),
            &json!({"text": "x", "raw": raw}),
        )
        .is(201)
        .data();
    assert_eq!(said["raw"], raw);
    let one = format!("{path}/{}", text(&said["id"]));
    assert!(ada.get(&one).data().get("raw").is_none());
    assert_eq!(
        ada.get(&format!("{one}?include_message_raw=1")).data()["raw"],
        raw
    );
    let with = |raw: Value| ada.post(&path, &json!({"text": "x", "raw": raw}));
    with(json!({"org.example.a": [{"t": "x".repeat(8200)}]})).refused_as(400, "raw-too-large");
    with(json!({"org.example.a": "x"})).refused(400);
    with(json!({"io.pnut.core.channel.invite": [{}]})).refused(400);
    with(json!({"io.pnut.core.channel.invite": [{"channel_id": "9999"}]})).refused(400);
    with(json!({"io.pnut.core.crosspost": [{"canonical_url": "nonsense"}]})).refused(400);
    with(json!({"io.pnut.core.crosspost": [{"canonical_url": "https://example.org/1"}]})).is(201);
    with(json!({"net.patter-app.broadcast": [{"id": "1"}]})).is(201);
}

#[test]
fn an_invitation_is_given_the_name_of_its_room() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let raw = json!({"io.pnut.core.channel.invite": [{"channel_id": room}]});
    let path = format!("/channels/{room}/messages?include_raw=1");
    let said = ada
        .post(&path, &json!({"text": "come", "raw": raw}))
        .is(201)
        .data();
    assert_eq!(
        said["raw"]["io.pnut.core.channel.invite"][0]["name"],
        "Lounge"
    );
}

#[test]
fn bad_messages_are_refused_and_the_field_is_named() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    for (bad, field) in [
        (json!({}), "text"),
        (json!({"text": ""}), "text"),
        (json!({"text": "   \n "}), "text"),
        (json!({"text": 7}), "text"),
        (json!({"text": ["x"]}), "text"),
        (json!({"text": "x".repeat(2049)}), "text"),
        (json!({"text": "x", "is_nsfw": "perhaps"}), "is_nsfw"),
        (json!({"text": "x", "raw": 7}), "raw"),
        (json!({"text": "x", "entities": 7}), "entities"),
    ] {
        let answer = ada.post(&path, &bad);
        assert_eq!(answer.status, 400, "{bad}: {answer}");
        answer.refused_at(400, field);
    }
    ada.post(&path, &json!({"text": "x".repeat(2048)})).is(201);
    ada.post(&path, &json!({"text": "the same"})).is(201);
    ada.post(&path, &json!({"text": "the same"})).is(201);
}
