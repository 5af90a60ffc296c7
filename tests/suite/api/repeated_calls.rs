//! `Idempotency-Key`: a call that is repeated with its key is carried out once and answered the same.

use serde_json::{Value, json};

use crate::support::http::Answer;
use crate::support::{Person, TestServer, build, text};

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn keyed(who: &Person, key: &str, method: &str, path: &str, body: &Value) -> Answer {
    let body = body.to_string();
    who.call(
        method,
        path,
        &[JSON, ("Idempotency-Key", key)],
        body.as_bytes(),
    )
}

fn is_repeated(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

/// What an answer says, without what changes with the time between two of them.
fn said(answer: &Answer) -> Value {
    let mut data = answer.data();
    if let Some(user) = data.get_mut("user").and_then(Value::as_object_mut) {
        user.remove("counts");
    }
    data
}

#[test]
fn what_is_made_by_a_repeated_post_is_made_once_and_shown_again() {
    let server = TestServer::start();
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    let room = build::room(&ada, "Lounge");
    let first = build::says(&ada, &room, "to be answered");
    let post = build::posts(&bob, "to be reported");
    let in_room = format!("/channels/{room}/messages");
    let calls = [
        (
            &ada,
            in_room.clone(),
            json!({"text": "plain"}),
            "messages WHERE text = 'plain'",
        ),
        (
            &ada,
            in_room,
            json!({"text": "an answer", "reply_to": first}),
            "messages WHERE text = 'an answer'",
        ),
        (
            &ada,
            String::from("/channels/pm/messages"),
            json!({"text": "whispered", "destinations": [bob.id]}),
            "messages WHERE text = 'whispered'",
        ),
        (
            &ada,
            String::from("/channels"),
            json!({"type": "org.example.twice", "acl": {"write": {"user_ids": [bob.id]}}}),
            "channels WHERE kind = 'org.example.twice'",
        ),
        (
            &ada,
            String::from("/posts"),
            json!({"text": "a post"}),
            "posts WHERE text = 'a post'",
        ),
        (
            &ada,
            String::from("/polls"),
            build::ballot("Where?", &["here", "there"]),
            "polls",
        ),
        (
            &ada,
            String::from("/files"),
            json!({"type": "org.example.file", "kind": "other", "name": "later"}),
            "files WHERE name = 'later'",
        ),
        (
            &ada,
            String::from("/files/provision"),
            json!({"type": "org.example.file", "files": [{"key": "a", "name": "soon", "size": 3}]}),
            "files WHERE name = 'soon'",
        ),
        (
            &app,
            String::from("/filters"),
            json!({"name": "f", "match_policy": "include_any", "clauses":
                [{"object_type": "post", "operator": "matches", "field": "/data/*", "value": "x"}]}),
            "event_filters",
        ),
        (
            &app,
            String::from("/streams"),
            json!({"type": "long_poll", "key": "k", "object_types": ["post"]}),
            "app_streams",
        ),
    ];
    for (number, (who, path, body, rows)) in calls.iter().enumerate() {
        let key = format!("key-{number}");
        let answer = keyed(who, &key, "POST", path, body);
        assert!(!is_repeated(&answer), "{answer}");
        let again = keyed(who, &key, "POST", path, body);
        assert_eq!(again.status, answer.status, "{again}");
        assert_eq!(said(&again), said(&answer), "{path}");
        assert!(is_repeated(&again), "{again}");
        let count = server.count(&format!("SELECT COUNT(*) FROM {rows}"));
        assert_eq!(count, 1, "{path}");
    }
    let report = format!("/posts/{post}/report");
    for is_second in [false, true] {
        let answer = keyed(&ada, "r", "POST", &report, &json!({"reason": "nsfw"})).is(201);
        assert_eq!(is_repeated(&answer), is_second);
    }
    let markers = json!([{"name": "personal", "id": post}]);
    let moved = keyed(&ada, "m", "POST", "/markers", &markers).data();
    let again = keyed(&ada, "m", "POST", "/markers", &markers);
    assert_eq!((again.data(), is_repeated(&again)), (moved, true));
}

#[test]
fn a_key_is_for_one_call_and_is_read_by_its_user_with_its_app_alone() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let words = json!({"text": "mine"});
    let first = keyed(&ada, "k", "POST", &path, &words).is(201).data();
    let other = json!({"text": "other"});
    keyed(&ada, "k", "POST", &path, &other).refused_as(422, "key-reused");
    keyed(&ada, "k", "POST", "/posts", &words).refused_as(422, "key-reused");
    keyed(
        &ada,
        "k",
        "POST",
        &format!("{path}?update_marker=1"),
        &words,
    )
    .refused_as(422, "key-reused");
    let of_bob = keyed(&bob, "k", "POST", &path, &words).is(201);
    assert!(!is_repeated(&of_bob));
    assert_ne!(of_bob.data()["id"], first["id"]);
    let (client, _) = server.other_app("Other");
    let elsewhere = server.through(&client, &ada, "messages,write_post");
    let of_app = keyed(&elsewhere, "k", "POST", &path, &words).is(201);
    assert!(!is_repeated(&of_app));
    assert_ne!(of_app.data()["id"], first["id"]);
    // The way in which a token is sent, and the stream that the call would subscribe, make no other call.
    let unsigned = server.anonymous();
    let by_query = format!("{path}?access_token={}&connection_id=x", ada.token());
    let again = keyed(&unsigned, "k", "POST", &by_query, &words).is(201);
    assert_eq!(again.data()["id"], first["id"]);
    for key in ["with space", "", &"k".repeat(256)] {
        keyed(&ada, key, "POST", &path, &words).refused_at(400, "Idempotency-Key");
    }
    keyed(&unsigned, "k", "POST", &path, &words).refused_as(401, "token-required");
    // Reading has no use for one.
    ada.call("GET", &path, &[("Idempotency-Key", "k")], b"")
        .is(200);
    ada.delete("/token").is(200);
    keyed(&ada, "k", "POST", &path, &words).refused_as(401, "invalid-token");
}

#[test]
fn a_refused_call_leaves_its_key_and_what_was_deleted_is_not_shown_again() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    keyed(&ada, "k", "POST", &path, &json!({"text": ""})).refused(400);
    let elsewhere = json!({"text": "words", "reply_to": "99"});
    keyed(&ada, "k", "POST", &path, &elsewhere).refused(400);
    let words = json!({"text": "gone soon"});
    let first = keyed(&ada, "k", "POST", &path, &words).is(201).data();
    let one = format!("{path}/{}", text(&first["id"]));
    let deleted = keyed(&ada, "d", "DELETE", &one, &json!({})).is(200);
    let again = keyed(&ada, "d", "DELETE", &one, &json!({})).is(200);
    assert_eq!((said(&again), is_repeated(&again)), (said(&deleted), true));
    let shown = keyed(&ada, "k", "POST", &path, &words).is(201);
    assert_eq!(shown.data()["id"], first["id"]);
    assert_eq!(shown.data()["is_deleted"], true);
    assert!(!shown.to_string().contains("gone soon"), "{shown}");
    let kept = server.count("SELECT COUNT(*) FROM call_keys WHERE outcome LIKE '%soon%'");
    assert_eq!(kept, 0);
}

#[test]
fn a_repeated_call_is_not_refused_for_what_the_first_one_did() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    let owner = format!("/channels/{circle}/owner");
    let to_bob = json!({"owner_id": bob.id});
    let first = keyed(&ada, "o", "PUT", &owner, &to_bob).is(200);
    let again = keyed(&ada, "o", "PUT", &owner, &to_bob).is(200);
    assert_eq!((said(&again), is_repeated(&again)), (said(&first), true));
    keyed(&ada, "p", "PUT", &owner, &to_bob).refused(403);
    let post = build::posts(&ada, "once");
    let path = format!("/posts/{post}");
    keyed(&ada, "x", "DELETE", &path, &json!({})).is(200);
    assert!(is_repeated(
        &keyed(&ada, "x", "DELETE", &path, &json!({})).is(200)
    ));
    let of_bob = format!("/posts/{}/repost", build::posts(&bob, "again and again"));
    keyed(&ada, "r", "PUT", &of_bob, &json!({})).is(201);
    assert!(is_repeated(
        &keyed(&ada, "r", "PUT", &of_bob, &json!({})).is(201)
    ));
}

#[test]
fn of_calls_at_one_time_with_one_key_one_writes_and_all_say_what_it_did() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let one = || {
        let answer = keyed(&ada, "k", "POST", &path, &json!({"text": "once"})).is(201);
        (text(&answer.data()["id"]), is_repeated(&answer))
    };
    let answers: Vec<(String, bool)> = std::thread::scope(|all| {
        let calls: Vec<_> = (0..8).map(|_| all.spawn(one)).collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("an answer"))
            .collect()
    });
    assert!(
        answers.iter().all(|(id, _)| *id == answers[0].0),
        "{answers:?}"
    );
    assert_eq!(
        answers
            .iter()
            .filter(|(_, is_repeated)| !is_repeated)
            .count(),
        1
    );
    assert_eq!(server.count("SELECT COUNT(*) FROM messages"), 1);
}

#[test]
fn an_upload_with_a_key_makes_one_file() {
    let server = TestServer::start();
    let ada = server.ada();
    let form = build::form(
        &[("type", "org.example.file"), ("name", "note")],
        &[("content", "note", "text/plain", b"contents")],
    );
    let upload = || {
        ada.call(
            "POST",
            "/files",
            &[build::MULTIPART, ("Idempotency-Key", "u")],
            &form,
        )
        .is(201)
    };
    let (first, again) = (upload(), upload());
    assert_eq!(again.data()["id"], first.data()["id"]);
    assert!(is_repeated(&again));
    assert_eq!(server.count("SELECT COUNT(*) FROM files"), 1);
}

#[test]
fn more_keys_than_may_be_known_are_refused() {
    let server = TestServer::with(&[("LIMITS_IDEMPOTENCY_KEYS", "2")]);
    let (ada, bob) = (server.ada(), server.bob());
    let post =
        |who: &Person, words: &str| keyed(who, words, "POST", "/posts", &json!({"text": words}));
    post(&ada, "a").is(201);
    post(&ada, "b").is(201);
    post(&ada, "c").refused_as(429, "too-many-keys");
    post(&bob, "c").is(201);
    assert!(is_repeated(&post(&ada, "a").is(201)));
    ada.post("/posts", &json!({"text": "c"})).is(201);
}

#[test]
fn a_key_opens_nothing() {
    let server = TestServer::start();
    let (ada, eve) = (server.ada(), server.eve());
    let circle = build::circle(&ada, &[]);
    let inside = format!("/channels/{circle}");
    let words = json!({"text": "let me in"});
    keyed(&eve, "a", "POST", &format!("{inside}/messages"), &words).refused_as(403, "no-access");
    keyed(
        &eve,
        "b",
        "PUT",
        &inside,
        &json!({"acl": {"read": {"public": true}}}),
    )
    .refused(403);
    keyed(
        &eve,
        "c",
        "PUT",
        &format!("{inside}/owner"),
        &json!({"owner_id": eve.id}),
    )
    .refused(403);
    keyed(&eve, "d", "PUT", &format!("{inside}/subscribe"), &json!({})).refused(403);
    let present = format!("/users/me/presence{inside}");
    keyed(&eve, "e", "PUT", &present, &json!({"presence": "here"})).refused(403);
    let message = build::says(&ada, &circle, "among us");
    let one = format!("{inside}/messages/{message}");
    keyed(&eve, "f", "DELETE", &one, &json!({})).refused(403);
    keyed(&eve, "g", "PUT", &format!("{one}/sticky"), &json!({})).refused(403);
    keyed(
        &eve,
        "h",
        "POST",
        &format!("{one}/report"),
        &json!({"reason": "nsfw"}),
    )
    .refused(403);
    assert_eq!(server.count("SELECT COUNT(*) FROM call_keys"), 0);
}

#[test]
fn a_write_whose_answer_fails_may_have_been_made_and_a_call_that_wrote_nothing_was_not() {
    let server = TestServer::start();
    let ada = server.ada();
    let ballot = build::ballot("Where?", &["here", "there"]);
    let made = || keyed(&ada, "poll", "POST", "/polls", &ballot);
    // What is shown with a poll is read behind its commit, and here that fails.
    server.sql("ALTER TABLE poll_answers RENAME TO elsewhere");
    let answer = made();
    assert!(answer.header("retry-after").is_some(), "{answer}");
    answer.refused_as(503, "outcome-unknown");
    ada.post("/polls", &ballot)
        .refused_as(503, "outcome-unknown");
    ada.get("/users/me/polls").refused_as(500, "internal-error");
    server.sql("ALTER TABLE elsewhere RENAME TO poll_answers");
    server.forgives_all(&["poll_answers"]);
    let again = made().is(201);
    assert!(is_repeated(&again), "{again}");
    let all = ada.get("/users/me/polls").is(200).data();
    assert_eq!(all.as_array().map(Vec::len), Some(2), "{all}");
}
