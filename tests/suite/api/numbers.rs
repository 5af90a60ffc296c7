//! Ids are texts on the wire, and clients send them as numbers all the same.

use serde_json::{Value, json};

use crate::support::build::{self, ballot, poll};
use crate::support::{TestServer, text};

fn number(id: &Value) -> Value {
    let id = text(id);
    json!(id.parse::<i64>().expect("a number"))
}

#[test]
fn ids_may_be_numbers_wherever_a_body_names_an_object() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let post = ada.post("/posts", &json!({"text": "root"})).data();
    let reply = json!({"text": "reply", "reply_to": number(&post["id"])});
    let reply = ada.post("/posts", &reply).is(201).data();
    assert_eq!(reply["reply_to"], post["id"]);

    let file = json!(build::file(&ada, "a.txt", b"words"));
    let (poll, token) = poll(&ada, &ballot("Where to?", &["Here", "There"]));
    let poll = json!(poll);
    for (text, raw) in [
        (
            "file",
            json!({"a.b": [{"+io.pnut.core.file": {"file_id": number(&file), "format": "url"}}]}),
        ),
        (
            "poll",
            json!({"a.b": [{"+io.pnut.core.poll": {"poll_id": number(&poll), "poll_token": token}}]}),
        ),
        (
            "other",
            json!({"a.b": [{"+io.pnut.core.poll": {"id": number(&poll), "poll_token": token}}]}),
        ),
    ] {
        let body = json!({"text": text, "raw": raw});
        let said = ada.post("/posts?include_raw=1", &body).is(201).data();
        let item = &said["raw"]["a.b"][0];
        match text {
            "file" => assert_eq!(item["file_id"], file),
            _ => assert_eq!(item["poll_id"], poll),
        }
    }

    let room = json!(build::room(&ada, "Lounge"));
    let invite = json!({"io.pnut.core.channel.invite": [{"channel_id": number(&room)}]});
    let said = ada.post("/posts", &json!({"text": "come", "raw": invite}));
    assert!(matches!(said.status, 201 | 400), "{said}");
    let messages = format!("/channels/{}/messages", text(&room));
    let first = ada
        .post(&messages, &json!({"text": "first"}))
        .is(201)
        .data();
    let body = json!({"text": "second", "reply_to": number(&first["id"])});
    let second = ada.post(&messages, &body).is(201).data();
    assert_eq!(second["reply_to"], first["id"]);
    let marker = json!({"name": format!("channel:{}", text(&room)), "id": number(&second["id"])});
    let moved = ada.post("/markers", &marker).is(200).data();
    let moved = moved.get(0).unwrap_or(&moved);
    assert_eq!(moved["id"], second["id"]);
    let mail = json!({"text": "psst", "destinations": [number(&json!(bob.id))]});
    ada.post("/channels/pm/messages", &mail).is(201);
    let acl =
        json!({"type": "org.example.x", "acl": {"write": {"user_ids": [number(&json!(bob.id))]}}});
    let made = ada.post("/channels", &acl).is(201).data();
    assert_eq!(made["acl"]["write"]["user_ids"], json!([bob.id]));
}
