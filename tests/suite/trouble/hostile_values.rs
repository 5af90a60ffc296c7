//! Values of every kind in every field that writing calls take: the answer says no or yes, and never that the server failed.

use std::thread;

use serde_json::{Value, json};

use crate::support::raw_socket::RawSocket;
use crate::support::{Person, TestServer, build, http, ids, text};

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

/// Stands in a body for a value that no library would write.
const MARK: &str = "@put it here@";

/// JSON of all kinds; some of it no library would write.
pub(super) fn values() -> Vec<String> {
    let long = format!("\"{}\"", "x".repeat(20_000));
    let wide = format!("[{}1]", "1,".repeat(3000));
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let keys: Vec<String> = (0..500).map(|n| format!("\"{n}\":{n}")).collect();
    let keys = format!("{{{}}}", keys.join(","));
    let mut all: Vec<String> = [
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.5",
        "-0.0",
        "1e308",
        "1e999",
        "NaN",
        "Infinity",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "0x10",
        "\"\"",
        "\" \"",
        "\"NaN\"",
        "\"1e5\"",
        "\"-1\"",
        "\"9223372036854775808\"",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        "[{}]",
        "{\"a\":null}",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udfff\\ud800\"",
        "\"\u{202e}txt\u{202c}\"",
        "\"\u{200b}\"",
        "\"e\\u0301\\u0301\\u0301\"",
        "\"👩‍👩‍👧‍👦\"",
        "\"'; DROP TABLE posts; --\"",
        "\"<script>alert(1)</script>\"",
        "\"../../etc/passwd\"",
        "\"%00%0d%0a\"",
        "\"2026-13-45T99:99:99Z\"",
        "\"9999-12-31T23:59:59Z\"",
        "\"@@@@ ### [](\"",
        "{\"0\":1,\"9223372036854775807\":2}",
        "{\"__proto__\":{}}",
    ]
    .map(str::to_owned)
    .to_vec();
    all.extend([long, wide, deep, keys]);
    all
}

/// Writing calls, each with fields that would do.
fn calls(ada: &Person) -> Vec<(&'static str, String, Value)> {
    let post = build::posts(ada, "hello");
    let file = build::file(ada, "a.txt", b"words");
    let (poll, _) = build::poll(ada, &build::ballot("Where to?", &["Here", "There"]));
    let words = json!({"text": "words", "reply_to": post, "is_nsfw": false, "raw": {}, "annotations": [],
        "entities": {"parse_links": true, "links": [{"pos": 0, "len": 1, "url": "https://a.example"}]}});
    let mut ballot = build::ballot("Where to?", &["Here", "There"]);
    for (name, value) in [
        ("closed_at", json!("2030-01-01T00:00:00Z")),
        ("max_options", json!(1)),
        ("is_anonymous", json!(true)),
        ("is_public", json!(true)),
        ("raw", json!({})),
    ] {
        ballot[name] = value;
    }
    let upload = json!({"type": "a.b", "kind": "other", "name": "x", "mime_type": "a/b", "is_public": false,
        "sha256": "00", "raw": {}, "process_image_exif": true, "metadata": {}});
    let announced = json!({"type": "a.b", "files": [{"key": "a", "size": 1, "name": "x", "is_public": true, "raw": {}}]});
    let profile = json!({"name": "Ada", "locale": "en_US", "timezone": "UTC", "badge_id": "0",
        "content": {"text": "words", "entities": {"links": []}}, "raw": {}});
    let response = json!({"positions": [1], "poll_token": "x"});
    vec![
        ("POST", String::from("/posts"), words.clone()),
        ("PUT", format!("/posts/{post}"), words),
        (
            "PUT",
            format!("/posts/{post}/bookmark"),
            json!({"note": "x"}),
        ),
        (
            "PUT",
            format!("/posts/{post}/repost"),
            json!({"is_nsfw": true}),
        ),
        (
            "POST",
            format!("/posts/{post}/report"),
            json!({"reason": "nsfw"}),
        ),
        ("POST", String::from("/polls"), ballot),
        ("PUT", format!("/polls/{poll}/response"), response),
        ("POST", String::from("/files"), upload.clone()),
        ("PATCH", format!("/files/{file}"), upload),
        ("POST", String::from("/files/provision"), announced),
        ("PUT", String::from("/users/me"), profile.clone()),
        ("PATCH", String::from("/users/me"), profile),
        (
            "PUT",
            String::from("/users/me/presence"),
            json!({"presence": "x", "expiration": 1}),
        ),
        (
            "POST",
            String::from("/text/process"),
            json!({"text": "x", "entities": {}}),
        ),
    ]
}

/// The paths of all values in a body.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(at, item)| (at.to_string(), item)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, value) in inner {
        let path = format!("{path}/{name}");
        found.push(path.clone());
        places(value, &path, found);
    }
}

/// Puts each kind of value into each place of a body, and the kinds by themselves in its place.
pub(super) fn each_kind(person: &Person, method: &str, path: &str, body: &Value) {
    each_of(&values(), person, method, path, body);
}

/// The same with these values.
pub(super) fn each_of(values: &[String], person: &Person, method: &str, path: &str, body: &Value) {
    let mut found = vec![String::new()];
    places(body, "", &mut found);
    for place in found {
        let mut body = body.clone();
        *body.pointer_mut(&place).expect("a place") = json!(MARK);
        let whole = body.to_string();
        for value in values {
            let sent = whole.replace(&format!("\"{MARK}\""), value);
            let answer = person.call(method, path, JSON, sent.as_bytes());
            let shown = value.chars().take(40).collect::<String>();
            assert!(
                answer.status < 500,
                "{shown} at {place} of {method} {path}: {answer}"
            );
            if answer.status >= 400 && !path.starts_with("/oauth/") {
                answer.refused(answer.status);
            }
        }
    }
}

#[test]
fn each_field_takes_or_refuses_each_kind_of_value() {
    let server = TestServer::start();
    let ada = server.ada();
    for (method, path, body) in calls(&ada) {
        each_kind(&ada, method, &path, &body);
    }
    // It is as alive as before, and shows what it took.
    for path in [
        "/users/me/posts",
        "/users/me/polls",
        "/users/me/files",
        "/posts/search",
    ] {
        ada.get(&format!("{path}?include_raw=1&count=200")).is(200);
    }
}

/// Queries of lists and searches, as no client means them.
#[rustfmt::skip]
const QUERIES: &[&str] = &[
    "count=NaN", "count=99999999999999999999", "count=-9223372036854775808", "since_id=1e5",
    "before_id=-9223372036854775808&since_id=9223372036854775807", "q=%22%22%22&order=x",
    "q=%28%28%28%2a%2a&tags=%23%23", "q=%e2%80%ae%cc%81", "created_after=yesterday",
    "mentions=%40&creator_id=%40ada&client_id=", "closed_at=NaN&order=closed_at", "raw_types=,,,",
];
/// Ids that are none.
#[rustfmt::skip]
const IDS: &[&str] = &["0", "-1", "99999999999999999999", "NaN", "1.0", "%00", "1%2f2", "me%00", "@", "@%40"];
const OBJECTS: &[&str] = &["/posts", "/polls", "/files", "/users"];

#[test]
fn hostile_parameters_are_ignored_or_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    build::posts(&ada, "hello");
    let many: Vec<String> = (1..=10_000).map(|n| n.to_string()).collect();
    let names = vec!["@ada"; 3000].join(",");
    let lists = [many.join(","), names, String::from("-1,0,1,,1.5,NaN,%00")];
    for path in OBJECTS {
        for list in &lists {
            let answer = ada.get(&format!("{path}?ids={list}"));
            assert!(answer.status < 500, "{path}: {}", answer.status);
        }
        for id in IDS {
            let answer = ada.get(&format!("{path}/{id}"));
            let is_refused = matches!(answer.status, 400 | 403 | 404);
            assert!(is_refused, "{path}/{id}: {answer}");
        }
    }
    for path in [
        "/posts/search",
        "/polls/search",
        "/users/search",
        "/users/me/files",
    ] {
        for query in QUERIES {
            let answer = ada.get(&format!("{path}?{query}"));
            let is_answered = matches!(answer.status, 200 | 400);
            assert!(is_answered, "{path}?{query}: {answer}");
        }
    }
}

#[test]
fn ten_thousand_mentions_are_refused_and_many_of_one_are_one_interaction() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let flood = "@bob ".repeat(10_000);
    ada.post("/posts", &json!({"text": flood}))
        .refused_as(400, "too-long");
    let many = "@bob ".repeat(51);
    let post = ada.post("/posts", &json!({"text": many})).is(201).data();
    let mentions = post["content"]["entities"]["mentions"]
        .as_array()
        .expect("a list");
    assert_eq!(mentions.len(), 51);
    assert_eq!(
        ids(&bob.get("/users/me/mentions").data()),
        [text(&post["id"])]
    );
}

#[test]
fn following_muting_and_blocking_oneself_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    for me in ["me", "@ADA", &ada.id] {
        for verb in ["follow", "mute", "block"] {
            ada.does(&format!("/users/{me}/{verb}"))
                .refused_as(403, "no-access");
            let undone = ada.delete(&format!("/users/{me}/{verb}"));
            assert!(matches!(undone.status, 200 | 403), "{undone}");
        }
    }
    for list in ["following", "followers", "muted", "blocked"] {
        assert_eq!(
            ada.get(&format!("/users/me/{list}")).data(),
            json!([]),
            "{list}"
        );
    }
    assert_eq!(ada.get("/users/me/interactions").data(), json!([]));
    assert_eq!(ada.get("/users/me").data()["counts"]["followers"], 0);
}

#[test]
fn answers_at_the_same_moment_are_one_answer() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let mut ballot = build::ballot("Where to?", &["Here", "There"]);
    ballot["is_anonymous"] = json!(false);
    let (poll, token) = build::poll(&ada, &ballot);
    let mut stream = build::polls_all(&server.app());
    thread::scope(|scope| {
        for turn in 0..8 {
            let (bob, poll, token) = (&bob, &poll, &token);
            scope.spawn(move || {
                let body = json!({"positions": [turn % 2 + 1], "poll_token": token});
                bob.put(&format!("/polls/{poll}/response"), &body).is(200);
            });
        }
    });
    let path = format!("/polls/{poll}?poll_token={token}");
    let shown = bob.get(&path).data();
    let options = shown["options"].as_array().expect("a list");
    let chosen = options.iter().filter(|one| one["is_your_response"] == true);
    assert_eq!(chosen.count(), 1, "{shown}");
    let acts = ada
        .get("/users/me/interactions?filters=poll_response")
        .data();
    assert_eq!(ids(&acts[0]["users"]), ["2"], "{acts}");
    // The first answer is told, and no other.
    assert_eq!(stream.hears("poll")["data"]["user"]["id"], "2");
    ada.delete(&format!("/polls/{poll}")).is(200);
    assert_eq!(stream.hears("poll")["meta"]["is_deleted"], true);
}

#[test]
fn a_body_that_is_cut_in_the_middle_leaves_nothing() {
    let server = TestServer::start();
    let ada = server.ada();
    let bearer = format!("Bearer {}", ada.token());
    for (method, path, body) in [
        ("POST", "/v1/posts", json!({"text": "cut"})),
        ("POST", "/v1/polls", build::ballot("cut", &["a", "b"])),
        (
            "POST",
            "/v1/files",
            json!({"type": "a.b", "kind": "other", "name": "cut"}),
        ),
        ("PATCH", "/v1/users/me", json!({"name": "cut"})),
    ] {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        let whole = http::request(method, path, &headers, body.to_string().as_bytes());
        for missing in [1, 5, 12] {
            let mut socket = RawSocket::connect(ada.address);
            socket.write(&whole[..whole.len() - missing]);
            socket.finish();
            socket.is_over();
        }
    }
    for path in ["/users/me/posts", "/users/me/polls", "/users/me/files"] {
        assert_eq!(ada.get(path).data(), json!([]), "{path}");
    }
    assert_ne!(ada.get("/users/me").data()["name"], "cut");
}
