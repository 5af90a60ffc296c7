//! Polls are made, read and deleted.

use serde_json::{Value, json};

use crate::support::build::{ballot, poll};
use crate::support::{TestServer, text};

#[test]
fn a_new_poll_has_its_whole_shape() {
    let server = TestServer::start();
    let ada = server.ada();
    let mut body = ballot("Where  to?", &["Here", "  Over \n there "]);
    body["raw"] = json!({"com.example.x": [{"a": 1}, {"a": 2}]});
    let made = ada.post("/polls?include_raw=1", &body).is(201).data();
    assert_eq!(made["type"], "org.example.lunch");
    assert_eq!(made["prompt"], "Where  to?");
    assert_eq!(
        made["options"],
        json!([{"text": "Here", "position": 1, "is_your_response": false},
            {"text": "Over there", "position": 2, "is_your_response": false}])
    );
    assert_eq!(
        (&made["is_anonymous"], &made["is_public"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(made["max_options"], 1);
    assert_eq!(made["you_responded"], false);
    assert_eq!(made["user"]["id"], "1");
    assert!(made["source"]["id"].is_string() && made["source"]["url"].is_string());
    assert_eq!(text(&made["poll_token"]).len(), 32);
    assert_eq!(made["raw"]["com.example.x"][1]["a"], 2);
    for name in ["is_deleted", "user_id", "pagination_id"] {
        assert!(made.get(name).is_none(), "{name}: {made}");
    }
    let (created, closed) = (text(&made["created_at"]), text(&made["closed_at"]));
    assert_eq!((created.len(), closed.len()), (20, 20));
    assert!(created < closed);
    let read = ada.get(&format!("/polls/{}", text(&made["id"]))).data();
    assert_eq!(read["poll_token"], made["poll_token"]);
    assert!(read.get("raw").is_none());
}

#[test]
fn what_a_poll_needs_and_how_long_it_may_be() {
    let server = TestServer::start();
    let ada = server.ada();
    let with = |name: &str, value: Value| {
        let mut body = ballot("Where to?", &["Here", "There"]);
        body[name] = value;
        ada.post("/polls", &body)
    };
    for (name, value) in [
        ("prompt", json!("x".repeat(257))),
        ("options", json!([{"text": "one"}])),
        ("max_options", json!(3)),
        ("duration", json!(20_161)),
        (
            "raw",
            json!({"io.pnut.core.language": [{"language": "xx"}]}),
        ),
    ] {
        with(name, value).refused_at(400, name);
    }
    for at in ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "soon"] {
        let mut body = ballot("Where to?", &["Here", "There"]);
        body["duration"] = Value::Null;
        body["closed_at"] = json!(at);
        ada.post("/polls", &body).refused_at(400, "closed_at");
    }
    with("raw", json!({"com.example.x": [{"a": "x".repeat(8192)}]}))
        .refused_as(400, "raw-too-large");
    let fields = "type=x&prompt=y&duration=60&options[0][text]=a&options[1][text]=b";
    ada.form("POST", "/polls", fields)
        .refused_as(400, "not-json");
    with("duration", json!("60")).is(201);
}

#[test]
fn a_private_poll_is_read_by_its_creator_and_with_its_token() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (id, token) = poll(&ada, &ballot("Where to?", &["Here", "There"]));
    let path = format!("/polls/{id}");
    let opened = format!("{path}?poll_token={token}");
    bob.get(&path).refused_as(403, "no-access");
    bob.get(&format!("{path}?poll_token=x"))
        .refused_as(403, "no-access");
    let read = bob.get(&opened).is(200).data();
    assert_eq!(read["poll_token"], token.as_str());
    // The scope opens polls of one's own, of its type.
    let writes = server.with_scopes(&ada, "basic,write_post");
    writes.get(&path).refused_as(403, "no-access");
    writes.get(&opened).is(200);
    let narrow = |kind: &str| server.with_scopes(&ada, &format!("basic,polls:{kind}"));
    narrow("org.example.lunch").get(&path).is(200);
    narrow("org.example.other")
        .get(&path)
        .refused_as(403, "no-access");
    // An app is no user; a token is asked for in any case.
    server.app().get(&path).refused_as(403, "no-access");
    assert!(
        server
            .app()
            .get(&opened)
            .data()
            .get("you_responded")
            .is_none()
    );
    server
        .anonymous()
        .get(&opened)
        .refused_as(401, "token-required");
    ada.get("/polls/99").refused_as(404, "poll-not-found");
    ada.get("/polls/x").is(400);
}

#[test]
fn a_public_poll_is_read_by_all_and_its_token_is_not_shown() {
    let server = TestServer::start();
    let mut body = ballot("Where to?", &["Here", "There"]);
    body["is_public"] = json!(true);
    let (id, token) = poll(&server.ada(), &body);
    let path = format!("/polls/{id}");
    let read = server.bob().get(&path).is(200).data();
    assert_eq!(read["is_public"], true);
    assert!(read.get("poll_token").is_none(), "{read}");
    let with = server.bob().get(&format!("{path}?poll_token={token}"));
    assert_eq!(with.data()["poll_token"], token.as_str());
    server.app().get(&path).is(200);
}

#[test]
fn polls_are_made_with_either_scope_and_of_the_types_that_it_names() {
    let server = TestServer::start();
    let ada = server.ada();
    let body = ballot("Where to?", &["Here", "There"]);
    let made = |scopes: &str| server.with_scopes(&ada, scopes).post("/polls", &body);
    made("basic,write_post").is(201);
    made("basic,polls").is(201);
    made("basic,polls:org.example.lunch").is(201);
    made("basic,polls:org.example.other").refused_as(403, "not-authorized");
    made("basic,stream").refused_as(403, "not-authorized");
}

#[test]
fn a_deleted_poll_is_gone_with_its_words_and_answers() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (id, token) = poll(&ada, &ballot("secret words", &["Here", "There"]));
    let path = format!("/polls/{id}");
    let answer = format!("{path}/response/1?poll_token={token}");
    bob.does(&answer).is(200);
    bob.delete(&path).refused_as(403, "no-access");
    server
        .with_scopes(&ada, "basic,polls:org.example.other")
        .delete(&path)
        .refused_as(403, "no-access");
    let gone = ada.delete(&path).is(200).data();
    assert_eq!(gone["is_deleted"], true);
    assert_eq!(
        (&gone["prompt"], &gone["options"]),
        (&json!(""), &json!([]))
    );
    for path in [&path, &format!("{path}?poll_token={token}")] {
        ada.get(path).refused_as(404, "poll-not-found");
    }
    bob.does(&answer).refused_as(404, "poll-not-found");
    ada.delete(&path).refused_as(404, "poll-not-found");
    assert_eq!(ada.get(&format!("/polls?ids={id}")).data(), json!([]));
    // Answers are removed behind the answer to the call.
    while server.count("SELECT count(*) FROM poll_answers") > 0 {
        std::thread::yield_now();
    }
    let kept = "SELECT count(*) FROM polls WHERE prompt <> '' OR options <> '[]'";
    assert_eq!(server.count(kept), 0);
}
