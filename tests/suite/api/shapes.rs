//! Bodies in the shapes that client languages and older versions of the API give them.

use serde_json::{Value, json};

use crate::support::http::Answer;
use crate::support::{Person, TestServer, build, text};

const SETTINGS: &str = "io.pnut.core.chat-settings";

fn json_body(person: &Person, method: &str, path: &str, body: &str) -> Answer {
    let kind = [("Content-Type", "application/json")];
    person.call(method, path, &kind, body.as_bytes())
}

#[test]
fn raw_may_be_a_list_of_types_and_values_wherever_it_is_written() {
    let server = TestServer::start();
    let ada = server.ada();
    let item = json!({"type": "org.example.a", "value": {"n": 1}});
    let shown = json!({"org.example.a": [{"n": 1}]});

    let settings = json!({"type": SETTINGS, "value": {"name": "Tea"}});
    let room = json!({"type": "io.pnut.core.chat", "raw": [settings, item]});
    let made = ada.post("/channels?include_raw=1", &room).is(201).data();
    assert_eq!(made["raw"]["org.example.a"], shown["org.example.a"]);
    assert_eq!(made["raw"][SETTINGS][0]["name"], "Tea");
    let room = format!("/channels/{}", text(&made["id"]));

    let said = json!({"text": "x", "raw": [item]});
    let path = format!("{room}/messages?include_raw=1");
    assert_eq!(ada.post(&path, &said).is(201).data()["raw"], shown);
    // A form can only hold it as a text.
    let encoded =
        "text=x&raw=%5B%7B%22type%22%3A%22org.example.a%22%2C%22value%22%3A%7B%22n%22%3A1%7D%7D%5D";
    assert_eq!(
        ada.form("POST", &path, encoded).is(201).data()["raw"],
        shown
    );

    let changed = ada.patch("/users/me?include_raw=1", &json!({"raw": [item]}));
    assert_eq!(changed.is(200).data()["raw"], shown);
    let without = json!({"raw": [{"type": "org.example.a"}]});
    let left = ada.put(&format!("{room}?include_raw=1"), &without).is(200);
    assert!(left.data()["raw"].get("org.example.a").is_none(), "{left}");
    ada.post(&path, &json!({"text": "x", "raw": [5]}))
        .refused_at(400, "raw.0");
}

#[test]
fn an_empty_raw_is_left_out() {
    let server = TestServer::start();
    let ada = server.ada();
    let plain = build::channel(&ada, &json!({"type": "org.example.plain"}));
    let shown = ada.get(&format!("/channels/{plain}?include_raw=1")).data();
    assert!(shown.get("raw").is_none(), "{shown}");
    let said = json!({"text": "x"});
    let said = ada.post(&format!("/channels/{plain}/messages?include_raw=1"), &said);
    assert!(said.is(201).data().get("raw").is_none());
    assert!(
        ada.get("/users/me?include_raw=1")
            .data()
            .get("raw")
            .is_none()
    );
}

#[test]
fn null_in_a_checked_type_is_absent_and_a_refusal_names_the_field_inside() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = |item: Value| json!({"type": "io.pnut.core.chat", "raw": {SETTINGS: [item]}});
    let absent = json!({"name": "Tea", "categories": null, "description": null});
    let made = ada.post("/channels?include_raw=1", &room(absent)).is(201);
    assert_eq!(made.data()["raw"][SETTINGS], json!([{"name": "Tea"}]));
    ada.post(
        "/channels",
        &room(json!({"name": "Tea", "categories": "fun"})),
    )
    .refused_at(400, "raw.io.pnut.core.chat-settings.0.categories:");
    ada.post("/channels", &room(json!({"name": "\u{200B}"})))
        .refused_at(400, "raw.io.pnut.core.chat-settings.0.name:");
}

#[test]
fn the_empty_object_and_the_numbered_list_of_php_are_taken() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    // An empty object anywhere, and a list with a gap.
    let body = json!({"type": "org.example.x", "raw": [],
        "acl": {"full": [], "write": {"user_ids": {"0": bob.id, "3": "@eve"}}, "read": []}});
    let made = ada.post("/channels", &body).is(201).data();
    assert_eq!(made["acl"]["write"]["user_ids"], json!(["2", "3"]));
    let room = text(&made["id"]);
    let messages = format!("/channels/{room}/messages");

    let body = json!({"text": "see that", "reply_to": 0, "raw": [], "entities": []});
    let said = ada.post(&messages, &body).is(201).data();
    assert!(said.get("reply_to").is_none(), "{said}");
    ada.post(&messages, &json!({"text": "x", "reply_to": "0"}))
        .is(201);
    let link = json!({"pos": 4, "len": 4, "url": "https://a.example"});
    let body = json!({"text": "see that", "entities": {"links": {"1": link}}});
    let said = ada.post(&messages, &body).is(201).data();
    assert_eq!(
        said["content"]["entities"]["links"][0]["url"],
        "https://a.example"
    );
    let body = json!({"text": "psst", "destinations": {"1": "@bob"}});
    ada.post("/channels/pm/messages", &body).is(201);
    let marker = json!({"name": format!("channel:{room}"), "id": said["id"]});
    let moved = ada.post("/markers", &json!({"0": marker})).is(200).data();
    assert_eq!(moved.as_array().map(Vec::len), Some(1), "{moved}");
    // As `http_build_query` writes a list.
    let fields = format!(
        "acl[write][user_ids][0]={}&acl[write][user_ids][2]=3",
        bob.id
    );
    ada.form("PUT", &format!("/channels/{room}"), &fields)
        .is(200);
    let body =
        json!({"key": "php", "type": "long_poll", "object_types": {"0": "message", "2": "post"}});
    let stream = server.app().post("/streams", &body).is(200).data();
    assert_eq!(stream["object_types"], json!(["message", "post"]));
}

#[test]
fn a_body_that_is_an_empty_list_is_an_empty_object() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    json_body(&ada, "PATCH", "/users/me", "[]").is(200);
    json_body(&ada, "PUT", &format!("/channels/{room}"), "[]").is(200);
    json_body(&ada, "PUT", "/users/me/presence", "[]").is(200);
    json_body(&ada, "PUT", "/users/2/follow", "[]").is(200);
    json_body(&ada, "POST", &format!("/channels/{room}/messages"), "[]").refused_at(400, "text");
    json_body(&ada, "POST", "/markers", "[]").refused_at(400, "name");
}

#[test]
fn a_list_where_a_text_belongs_is_refused_and_not_ignored() {
    let server = TestServer::start();
    let ada = server.ada();
    for (body, field) in [
        (json!({"presence": ["x"]}), "presence"),
        (json!({"presence": "x", "expiration": {}}), "expiration"),
    ] {
        let answer = ada.put("/users/me/presence", &body);
        assert_eq!(answer.refused(400), "wrong-type", "{answer}");
        answer.refused_at(400, field);
    }
    // What cannot be seen says nothing.
    let shown = ada.put(
        "/users/me/presence",
        &json!({"presence": "\u{2060}\u{200B}"}),
    );
    assert_eq!(shown.is(200).data()["presence"], "online");
}

#[test]
fn an_unknown_object_type_is_named() {
    let server = TestServer::start();
    let body = json!({"key": "a", "type": "long_poll", "object_types": ["message", "sticker"]});
    let answer = server.app().post("/streams", &body);
    assert_eq!(answer.refused(400), "unknown-object-type");
    answer.refused_at(400, "sticker");
}

#[test]
fn a_body_that_is_no_object_is_refused_and_not_ignored() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let post = build::posts(&ada, "hello");
    for path in ["/users/me/presence", "/users/me"] {
        for body in ["true", "5", "[7]"] {
            let answer = json_body(&bob, "PUT", path, body);
            assert_eq!(answer.refused(400), "wrong-type", "{path} {answer}");
        }
    }
    let report = format!("/posts/{post}/report?reason=nsfw");
    json_body(&bob, "POST", &report, "\"nsfw\"").refused_as(400, "wrong-type");
    // A list that is called a form is looked through for no token.
    let marker = format!("[{{\"name\":\"global\",\"id\":\"{post}\"}}]");
    bob.form("POST", "/markers", &marker).is(200);
}

#[test]
fn an_action_on_an_object_takes_any_body() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let post = build::posts(&ada, "hello");
    let repost = format!("/posts/{post}/repost");
    let actions = [
        (repost.clone(), 201),
        (format!("/posts/{post}/bookmark"), 200),
        (String::from("/users/1/follow"), 200),
        (String::from("/users/1/mute"), 200),
        (String::from("/users/1/block"), 200),
    ];
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for (path, code) in &actions {
        for body in ["\"\"", "5", "true", "[\"x\"]", "[]", "null", "{}", ""] {
            json_body(&bob, "PUT", path, body).is(*code);
            bob.delete(path).is(200);
            for headers in [&[][..], &form[..]] {
                bob.call("PUT", path, headers, body.as_bytes()).is(*code);
                bob.delete(path).is(200);
            }
        }
    }
    let wrong = json!({"is_nsfw": ["x"]});
    bob.put(&repost, &wrong).refused_at(400, "is_nsfw");
    json_body(&bob, "PUT", &repost, "{\"is_nsfw\":").refused_as(400, "malformed-body");
}
