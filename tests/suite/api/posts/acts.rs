//! Posts are written, revised, deleted, reposted and bookmarked.

use serde_json::{Value, json};

use crate::support::build::posts;
use crate::support::{Person, TestServer, eventually, ids, text};

fn texts(page: &Value) -> Vec<String> {
    let items = page.as_array().expect("a list");
    let words = items.iter().map(|item| text(&item["content"]["text"]));
    words.collect()
}

#[test]
fn a_new_post_has_its_whole_shape() {
    let server = TestServer::start();
    let ada = server.ada();
    let said = ada
        .post(
            "/posts?include_raw=1",
            &json!({"text": "hi @bob #Rust_lang",
            "raw": {"com.example.x": [{"a": 1}]}}),
        )
        .is(201)
        .data();
    let id = text(&said["id"]);
    assert_eq!(said["thread_id"], id);
    assert_eq!(
        said["counts"],
        json!({"bookmarks": 0, "replies": 0, "reposts": 0, "threads": 0})
    );
    assert_eq!(said["user"]["id"], "1");
    assert_eq!(said["user"]["counts"]["posts"], 1);
    assert_eq!(said["content"]["entities"]["mentions"][0]["id"], "2");
    assert_eq!(said["raw"]["com.example.x"][0]["a"], 1);
    assert_eq!(
        (&said["you_bookmarked"], &said["you_reposted"]),
        (&json!(false), &json!(false))
    );
    for name in [
        "is_deleted",
        "is_nsfw",
        "is_revised",
        "reply_to",
        "repost_of",
        "user_id",
        "note",
    ] {
        assert!(said.get(name).is_none(), "{name}: {said}");
    }
    let anyone = server
        .anonymous()
        .get(&format!("/posts/{id}"))
        .is(200)
        .data();
    assert!(anyone.get("you_bookmarked").is_none() && anyone.get("raw").is_none());
    server.anonymous().get("/posts/99").is(404);
    server.anonymous().get("/posts/x").is(400);
}

#[test]
fn replies_join_the_thread_and_are_counted() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let root = posts(&ada, "root");
    let reply = |who: &Person, to: &str, said: &str| {
        let body = json!({"text": said, "reply_to": to});
        let post = who.post("/posts", &body).is(201).data();
        assert_eq!(post["thread_id"], root.as_str());
        text(&post["id"])
    };
    let first = reply(&bob, &root, "first");
    let second = reply(&ada, &first, "second");
    let counts = |id: &str| ada.get(&format!("/posts/{id}")).data()["counts"].clone();
    assert_eq!(
        (&counts(&root)["replies"], &counts(&root)["threads"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(
        (&counts(&first)["replies"], &counts(&first)["threads"]),
        (&json!(1), &json!(1))
    );
    for any in [&root, &first, &second] {
        let thread = ada.get(&format!("/posts/{any}/thread")).is(200).data();
        assert_eq!(ids(&thread), [&*second, &*first, &*root]);
    }
    for gone in ["99", "-1"] {
        let body = json!({"text": "x", "reply_to": gone});
        ada.post("/posts", &body).refused_as(400, "reply-unknown");
    }
}

#[test]
fn a_text_is_refused_twice_in_a_moment() {
    let server = TestServer::start();
    let ada = server.ada();
    posts(&ada, "once");
    ada.post("/posts", &json!({"text": "once"}))
        .refused_as(400, "duplicate-post");
    server
        .bob()
        .post("/posts", &json!({"text": "once"}))
        .is(201);
}

#[test]
fn a_post_is_revised_once_and_keeps_its_entities() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let id = posts(&ada, "teh #tag for @bob");
    let path = format!("/posts/{id}");
    bob.put(&format!("{path}/repost"), &json!({})).is(201);
    bob.put(&path, &json!({"text": "x"})).is(403);
    ada.put(&path, &json!({"text": "the #other for @bob"}))
        .refused_as(400, "revision-entities");
    let revised = ada
        .put(&path, &json!({"text": "for @bob: the #tag", "is_nsfw": 1}))
        .is(201)
        .data();
    assert_eq!(
        (&revised["is_revised"], &revised["is_nsfw"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(revised["id"], id.as_str());
    ada.put(&path, &json!({"text": "@bob #tag"}))
        .refused_as(400, "revision-again");
    let versions = ada.get(&format!("{path}/revisions")).is(200).data();
    assert_eq!(texts(&versions), ["teh #tag for @bob"]);
    assert_eq!(versions[0]["revision"], 0);
    let reposted = bob.get("/users/2/posts").data();
    assert_eq!(
        texts(&reposted),
        ["teh #tag for @bob"],
        "a repost shows what was reposted"
    );
}

#[test]
fn a_deleted_post_loses_its_words_and_its_reposts() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let id = posts(&ada, "secret #tag");
    bob.put(&format!("/posts/{id}/repost"), &json!({})).is(201);
    bob.delete(&format!("/posts/{id}")).is(403);
    let deleted = ada.delete(&format!("/posts/{id}")).is(200).data();
    assert_eq!(deleted["is_deleted"], true);
    assert!(deleted.get("content").is_none());
    ada.delete(&format!("/posts/{id}")).is(404);
    assert_eq!(
        bob.get(&format!("/posts/{id}")).is(200).data()["is_deleted"],
        true
    );
    assert_eq!(ids(&bob.get("/users/2/posts").data()), [""; 0]);
    assert_eq!(ids(&bob.get("/posts/tags/tag").data()), [""; 0]);
    assert_eq!(ids(&bob.get("/users/1/posts").data()), [&*id]);
    assert_eq!(
        ids(&bob.get("/users/1/posts?include_deleted=0").data()),
        [""; 0]
    );
    assert_eq!(ada.get("/users/me").data()["counts"]["posts"], 0);
    let hints = bob.get("/users/1/posts?since_id=0").json();
    assert_eq!(hints["meta"]["deleted_ids"], json!([id]));
    let body = json!({"text": "x", "reply_to": id});
    bob.post("/posts", &body).is(400);
}

#[test]
fn the_answer_to_a_deletion_takes_the_parameters_of_a_post_and_shows_nothing_of_it() {
    let server = TestServer::start();
    let ada = server.ada();
    let said = json!({"text": "secret", "raw": {"com.example.x": [{"a": "secret"}]}});
    let path = "/posts?include_post_raw=1";
    let post = ada.post(path, &said).is(201).data();
    assert_eq!(post["raw"]["com.example.x"][0]["a"], "secret");
    let path = format!("/posts/{}?include_post_raw=1", text(&post["id"]));
    let deleted = ada.delete(&path).is(200).data();
    assert_eq!(
        (&deleted["id"], &deleted["is_deleted"]),
        (&post["id"], &json!(true))
    );
    assert_eq!(deleted["source"], post["source"]);
    assert!(!deleted.to_string().contains("secret"), "{deleted}");
    assert!(!ada.get(&path).is(200).data().to_string().contains("secret"));
}

#[test]
fn a_deleted_reply_keeps_its_place_in_the_thread_and_in_the_count() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let root = posts(&ada, "root");
    let body = json!({"text": "reply", "reply_to": root});
    let reply = text(&bob.post("/posts", &body).is(201).data()["id"]);
    bob.delete(&format!("/posts/{reply}")).is(200);
    let thread = ada.get(&format!("/posts/{root}/thread")).data();
    assert_eq!(ids(&thread), [&*reply, &*root]);
    let counts = ada.get(&format!("/posts/{root}")).data()["counts"].clone();
    assert_eq!(
        (&counts["replies"], &counts["threads"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn a_repost_answers_with_its_original_and_is_taken_back() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let id = posts(&ada, "worth it");
    let path = format!("/posts/{id}/repost");
    ada.put(&path, &json!({})).refused_as(400, "repost-own");
    let original = bob.put(&path, &json!({})).is(201).data();
    assert_eq!(
        (&original["id"], &original["you_reposted"]),
        (&json!(id), &json!(true))
    );
    assert_eq!(original["counts"]["reposts"], 1);
    bob.put(&path, &json!({})).refused_as(400, "repost-again");
    let page = bob.get("/users/me/posts").data();
    let repost = &page[0];
    assert_eq!(
        (&repost["repost_of"]["id"], &repost["user"]["id"]),
        (&json!(id), &json!("2"))
    );
    assert_eq!(repost["content"]["text"], "worth it");
    assert_eq!(
        repost["counts"]["reposts"], 1,
        "the numbers of the original"
    );
    let repost_id = text(&repost["id"]);
    let sample = ada
        .get(&format!("/posts/{id}?include_reposted_by=1"))
        .data();
    assert_eq!(sample["reposted_by"][0]["id"], "2");
    let back = bob.delete(&path).is(200).data();
    assert_eq!(
        (&back["you_reposted"], &back["counts"]["reposts"]),
        (&json!(false), &json!(0))
    );
    bob.delete(&path).refused_as(400, "repost-not-found");
    bob.get(&format!("/posts/{repost_id}")).is(404);
}

#[test]
fn many_reposts_go_with_their_post() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let id = posts(&ada, "gone soon");
    bob.put(&format!("/posts/{id}/repost"), &json!({})).is(201);
    let repost = text(&bob.get("/users/me/posts").data()[0]["id"]);
    ada.delete(&format!("/posts/{id}")).is(200);
    // Hidden at once; its count follows.
    bob.get(&format!("/posts/{repost}")).is(404);
    let count = || bob.get("/users/me").data()["counts"]["posts"] == 0;
    eventually("the repost is taken away", count);
}

#[test]
fn taking_a_repost_back_by_its_id_answers_with_what_is_left() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let id = posts(&ada, "worth it");
    bob.put(&format!("/posts/{id}/repost"), &json!({})).is(201);
    let repost = text(&bob.get("/users/me/posts").data()[0]["id"]);
    let thread = bob.get(&format!("/posts/{repost}/thread")).data();
    assert_eq!(ids(&thread), [&*repost], "a repost is a thread of its own");
    let deleted = bob.delete(&format!("/posts/{repost}")).is(200).data();
    assert_eq!(
        (&deleted["id"], &deleted["is_deleted"]),
        (&json!(repost), &json!(true))
    );
    assert!(deleted.get("content").is_none(), "{deleted}");
    let original = &deleted["repost_of"];
    assert_eq!(
        (&original["id"], &original["content"]["text"]),
        (&json!(id), &json!("worth it"))
    );
    for shown in [&deleted, original] {
        assert_eq!(shown["counts"]["reposts"], 0);
        assert_eq!(
            (&shown["you_bookmarked"], &shown["you_reposted"]),
            (&json!(false), &json!(false))
        );
    }
    assert_eq!(ids(&ada.get("/users/1/posts").data()), [&*id]);
}

#[test]
fn a_repost_taken_back_by_its_id_keeps_showing_the_version_that_was_reposted() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let id = posts(&ada, "teh word");
    bob.put(&format!("/posts/{id}/repost"), &json!({})).is(201);
    ada.put(&format!("/posts/{id}"), &json!({"text": "the word"}))
        .is(201);
    let repost = text(&bob.get("/users/me/posts").data()[0]["id"]);
    let deleted = bob.delete(&format!("/posts/{repost}")).is(200).data();
    assert_eq!(deleted["repost_of"]["content"]["text"], "teh word");
    assert!(deleted.get("is_revised").is_none(), "{deleted}");
}

#[test]
fn a_link_with_the_id_of_its_post_can_be_revised() {
    let server = TestServer::start();
    let ada = server.ada();
    let body = json!({"text": "see [it](https://example.com/{object_id})"});
    let id = text(&ada.post("/posts", &body).is(201).data()["id"]);
    let body = json!({"text": "see [it](https://example.com/{object_id}), revised"});
    ada.put(&format!("/posts/{id}"), &body).is(201);
}

#[test]
fn a_bookmark_has_a_note_of_its_own() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let id = posts(&ada, "keep");
    let path = format!("/posts/{id}/bookmark");
    bob.delete(&path).refused_as(400, "bookmark-not-found");
    bob.put(&path, &json!("for later")).is(200);
    assert_eq!(note(&bob), "for later");
    let marked = bob.put(&path, &json!({"note": "mine"})).is(200).data();
    assert_eq!(
        (&marked["you_bookmarked"], &marked["counts"]["bookmarks"]),
        (&json!(true), &json!(1))
    );
    for long in [json!({"note": "x".repeat(129)}), json!("x".repeat(129))] {
        bob.put(&path, &long).refused_at(400, "note");
    }
    for nothing in [json!({}), json!(""), json!(5), json!(["x"])] {
        bob.put(&path, &nothing).is(200);
        assert_eq!(note(&bob), "mine", "{nothing}");
    }
    let own = bob.get("/users/me/bookmarks").data();
    assert_eq!(
        (&own[0]["id"], &own[0]["note"]),
        (&json!(id), &json!("mine"))
    );
    let others = ada.get("/users/2/bookmarks").data();
    assert_eq!(others[0]["id"], id.as_str());
    assert!(others[0].get("note").is_none(), "a note is private");
    assert_eq!(bob.get("/users/me").data()["counts"]["bookmarks"], 1);
    bob.delete(&path).is(200);
    assert_eq!(bob.get("/users/me/bookmarks").data(), json!([]));
}

/// Of the latest bookmark.
fn note(person: &Person) -> Value {
    person.get("/users/me/bookmarks").is(200).data()[0]["note"].clone()
}

#[test]
fn a_note_is_read_however_it_is_sent() {
    let server = TestServer::start();
    let bob = server.bob();
    let path = format!("/posts/{}/bookmark", posts(&server.ada(), "keep"));
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for (headers, body, kept) in [
        (&[][..], "\"50% a+b\"", "50% a+b"),
        (&[form][..], "\"c=d & e\"", "c=d & e"),
        (&[form][..], "note=f+g", "f g"),
        (&[][..], "{\"note\": 7}", "7"),
        (&[("Content-Type", "text/plain")][..], "\"h\"", "h"),
    ] {
        bob.call("PUT", &path, headers, body.as_bytes()).is(200);
        assert_eq!(note(&bob), kept, "{body}");
    }
    // What says that it is JSON and is none: half of a note is not taken for none.
    let headers = [("Content-Type", "application/json")];
    let cut = bob.call("PUT", &path, &headers, b"my note");
    assert_eq!(cut.refused(400), "malformed-body");
    assert_eq!(note(&bob), "h");
    bob.put(&path, &json!({"note": ""})).is(200);
    assert_eq!(note(&bob), Value::Null, "an empty note takes it away");
}

#[test]
fn a_repost_of_what_is_not_seen_any_more_is_taken_back_without_showing_it() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let id = posts(&ada, "worth it");
    let path = format!("/posts/{id}/repost");
    bob.put(&path, &json!({})).is(201);
    ada.does("/users/2/block").is(200);
    let back = bob.delete(&path).is(200).data();
    assert_eq!(back, json!({"id": id, "you_reposted": false}));
    // By its own id, too.
    ada.delete("/users/2/block").is(200);
    bob.put(&path, &json!({})).is(201);
    let repost = text(&bob.get("/users/me/posts").data()[0]["id"]);
    ada.does("/users/2/block").is(200);
    let back = bob.delete(&format!("/posts/{repost}")).is(200).data();
    assert_eq!(
        (&back["id"], &back["is_deleted"], &back["you_reposted"]),
        (&json!(repost), &json!(true), &json!(false))
    );
    assert!(back.get("repost_of").is_none(), "{back}");
}
