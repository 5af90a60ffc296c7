//! The comparison of every object with the reference finds what is wrong.

use serde_json::{Value, json};

use crate::support::{TestServer, build, conform, reference, text};

/// An object of the server, changed: what is found.
fn found(name: &str, object: &Value, change: impl Fn(&mut Value)) -> String {
    let mut object = object.clone();
    change(&mut object);
    reference::check(name, &object, "it").expect_err("nothing was found")
}

#[test]
fn each_table_is_of_an_object_that_answers_hold() {
    for name in reference::names() {
        assert!(conform::has_schema(name), "{name}");
    }
}

#[test]
fn a_missing_a_wrong_a_null_and_an_unknown_field_are_found() {
    let server = TestServer::start();
    let ada = server.ada();
    let post = build::posts(&ada, "hi @bob #tea");
    let post = ada.get(&format!("/posts/{post}")).data();
    reference::check("Post", &post, "it").expect("as the reference has it");
    for (field, value, what) in [
        ("thread_id", json!(1), "thread_id is no id"),
        ("created_at", json!("2026"), "created_at is no date"),
        ("is_nsfw", json!(false), "is_nsfw is no true"),
        ("reply_to", Value::Null, "reply_to is no id"),
        ("stars", json!(1), "stars is not in the table"),
        ("user_id", json!("1"), "not one of user and user_id"),
        ("is_deleted", json!(true), "content, or none"),
    ] {
        let found = found("Post", &post, |post| post[field] = value.clone());
        assert!(found.contains(what), "{found}");
    }
    for field in ["source", "thread_id", "you_reposted", "content"] {
        let change = |post: &mut Value| {
            post.as_object_mut().expect("an object").remove(field);
        };
        found("Post", &post, change);
    }
    let inside = found("Post", &post, |post| post["counts"]["likes"] = json!(1));
    assert!(
        inside.contains("counts.likes is not in the table"),
        "{inside}"
    );
    let inside = found("Post", &post, |post| post["counts"] = json!({}));
    assert!(inside.contains("counts.bookmarks is missing"), "{inside}");
}

#[test]
fn every_kind_of_object_comes_by_and_fits() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let all = "include_raw=1&include_annotations=1&include_presence=1";
    let post = build::posts(&ada, "hi @bob #tea, see [this](https://a.example \"T\")");
    bob.does(&format!("/posts/{post}/bookmark")).is(200);
    bob.does(&format!("/posts/{post}/repost")).is(201);
    bob.does("/users/1/follow").is(200);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada, &bob]);
    build::says(&bob, &room, "hello @ada");
    let file = build::file(&ada, "a.txt", b"words");
    let (poll, token) = build::poll(&ada, &build::ballot("Where to?", &["Here", "There"]));
    let answer = json!({"positions": [1], "poll_token": token});
    bob.put(&format!("/polls/{poll}/response"), &answer).is(200);
    build::app_stream(&server.app(), "kept", &["post"]);
    let client = text(&ada.get("/token").is(200).data()["client_id"]);
    for path in [
        &format!("/posts/{post}?include_bookmarked_by=1&include_reposted_by=1&{all}"),
        &format!("/users/2/posts?{all}"),
        "/users/2/bookmarks",
        "/users/me/interactions",
        &format!("/posts/{post}/interactions"),
        &format!(
            "/channels/{room}?include_limited_users=1&include_marker=1&include_recent_message=1&{all}"
        ),
        &format!("/channels/{room}/messages?{all}"),
        &format!("/channels/{room}/presence"),
        &format!("/files/{file}?{all}"),
        &format!("/polls/{poll}?{all}"),
        "/users/me/polls/responses",
        &format!("/clients/{client}"),
        &format!("/users/me?{all}"),
        "/users/me/presence",
        "/presence",
        "/posts/streams/explore",
    ] {
        for person in [&ada, &bob] {
            let answer = person.get(path);
            assert!(matches!(answer.status, 200 | 403 | 404), "{path}: {answer}");
        }
        ada.get(path).is(200);
    }
    ada.post(
        "/text/process",
        &json!({"text": "@bob #tea https://a.example"}),
    )
    .is(200);
    server.app().get("/streams").is(200);
    let operation = ada.delete(&format!("/files?ids={file}")).is(202);
    let there = text(&operation.meta()["status_url"]);
    let (_, path) = there.split_once("/v1").expect("an address of the API");
    ada.get(path).is(200);
}
