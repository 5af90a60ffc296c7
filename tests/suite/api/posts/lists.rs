//! The lists that posts are on, and what they leave out.

use serde_json::json;

use crate::support::build::posts;
use crate::support::{TestServer, ids, text};

#[test]
fn the_own_stream_has_followed_authors_and_unified_what_mentions_the_reader() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    ada.does("/users/2/follow").is(200);
    let one = posts(&bob, "one");
    let two = posts(&eve, "two for @ada");
    let three = posts(&ada, "three");
    let four = posts(&dan, "four");
    let me = |query: &str| ada.get(&format!("/posts/streams/me{query}")).is(200);
    assert_eq!(ids(&me("").data()), [&*three, &*one]);
    let unified = ada.get("/posts/streams/unified").data();
    assert_eq!(ids(&unified), [&*three, &*two, &*one]);
    assert_eq!(
        ids(&ada.get("/posts/streams/global").data()),
        [&*four, &*three, &*two, &*one]
    );
    assert_eq!(ids(&ada.get("/users/me/mentions").data()), [&*two]);
    // A repost of a stranger's post comes once, and one of a post that is there does not.
    bob.put(&format!("/posts/{four}/repost"), &json!({}))
        .is(201);
    ada.does("/users/3/follow").is(200);
    eve.put(&format!("/posts/{four}/repost"), &json!({}))
        .is(201);
    eve.put(&format!("/posts/{one}/repost"), &json!({})).is(201);
    let page = me("").data();
    let reposts: Vec<_> = page
        .as_array()
        .unwrap()
        .iter()
        .filter(|post| post.get("repost_of").is_some())
        .collect();
    assert_eq!(reposts.len(), 1, "{page}");
    assert_eq!(
        (&reposts[0]["user"]["id"], &reposts[0]["repost_of"]["id"]),
        (&json!("2"), &json!(four))
    );
    let page = me("?count=1").json();
    assert_eq!(page["meta"]["more"], true);
    let below = text(&page["meta"]["min_id"]);
    assert_eq!(
        ids(&me(&format!("?before_id={below}&count=-2")).data()),
        [&*two, &*one],
        "the oldest of the range"
    );
}

#[test]
fn blocks_and_mutes_hide_posts_and_reposts_of_them() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let bobs = posts(&bob, "of bob");
    eve.put(&format!("/posts/{bobs}/repost"), &json!({}))
        .is(201);
    ada.does("/users/3/follow").is(200);
    assert_eq!(ids(&ada.get("/posts/streams/me").data()).len(), 1);
    ada.does("/users/2/mute").is(200);
    assert_eq!(ids(&ada.get("/posts/streams/me").data()), [""; 0]);
    assert_eq!(ids(&ada.get("/posts/streams/global").data()), [""; 0]);
    assert_eq!(
        ids(&ada.get("/posts/streams/global?include_muted=1").data()),
        [&*bobs]
    );
    assert_eq!(
        ids(&ada.get("/users/2/posts").data()),
        [&*bobs],
        "asked for by name"
    );
    bob.does("/users/1/block").is(200);
    assert_eq!(
        ids(&ada.get("/posts/streams/global?include_muted=1").data()),
        [""; 0]
    );
    ada.get("/users/2/posts").is(404);
    ada.post("/posts", &json!({"text": "x", "reply_to": bobs}))
        .refused_as(403, "blocked");
    ada.put(&format!("/posts/{bobs}/repost"), &json!({}))
        .is(403);
    ada.put(&format!("/posts/{bobs}/bookmark"), &json!({}))
        .is(403);
}

#[test]
fn tags_fold_and_markers_move() {
    let server = TestServer::start();
    let ada = server.ada();
    let id = posts(&ada, "#The_Lost city");
    for tag in ["thelost", "The_Lost", "THELOST"] {
        assert_eq!(
            ids(&ada.get(&format!("/posts/tags/{tag}")).data()),
            [&*id],
            "{tag}"
        );
        assert_eq!(
            ids(&ada.get(&format!("/posts/tag/{tag}")).data()),
            [&*id],
            "{tag}"
        );
    }
    let moved = ada
        .post("/posts?update_marker=1", &json!({"text": "here"}))
        .is(201)
        .data();
    let page = ada.get("/posts/streams/me?include_marker=1").json();
    assert_eq!(page["meta"]["marker"]["id"], moved["id"]);
    assert_eq!(page["meta"]["marker"]["name"], "personal");
}

#[test]
fn a_repost_by_a_muted_author_does_not_take_the_place_of_one_that_is_shown() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    let id = posts(&dan, "worth it");
    for followed in ["2", "3"] {
        ada.does(&format!("/users/{followed}/follow")).is(200);
    }
    ada.does("/users/2/mute").is(200);
    for person in [&bob, &eve] {
        person
            .put(&format!("/posts/{id}/repost"), &json!({}))
            .is(201);
    }
    let page = ada.get("/posts/streams/me").data();
    assert_eq!(page[0]["user"]["id"], "3", "{page}");
    assert_eq!(page.as_array().map(Vec::len), Some(1));
}

#[test]
fn filters_look_at_what_a_repost_shows() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let root = posts(&eve, "root");
    let body = json!({"text": "@dan answers", "reply_to": root});
    let reply = text(&eve.post("/posts", &body).is(201).data()["id"]);
    bob.put(&format!("/posts/{reply}/repost"), &json!({}))
        .is(201);
    let count = |filter: &str| ids(&ada.get(&format!("/users/2/posts?{filter}")).data()).len();
    assert_eq!(count(""), 1);
    for filter in [
        "include_replies=0",
        "include_mention_posts=0",
        "include_directed_posts=0",
    ] {
        assert_eq!(count(filter), 0, "{filter}");
    }
    ada.does("/users/4/follow").is(200);
    assert_eq!(
        count("include_directed_posts=0"),
        1,
        "addressed to one who is followed"
    );
}

#[test]
fn hints_on_the_unified_stream_are_of_its_own_posts() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    ada.does("/users/2/follow").is(200);
    let followed = posts(&bob, "of one that is followed");
    let mentioning = posts(&eve, "for @ada");
    let foreign = posts(&eve, "for none");
    bob.delete(&format!("/posts/{followed}")).is(200);
    for id in [&mentioning, &foreign] {
        eve.delete(&format!("/posts/{id}")).is(200);
    }
    let hints = |list: &str| {
        let page = ada.get(&format!("/posts/streams/{list}?since_id=0")).json();
        page["meta"]["deleted_ids"].clone()
    };
    assert_eq!(hints("me"), json!([followed]));
    assert_eq!(hints("unified"), json!([followed, mentioning]));
}

#[test]
fn a_page_of_a_tag_says_which_of_its_posts_were_revised() {
    let server = TestServer::start();
    let ada = server.ada();
    let [other, first, last] = ["#else", "teh #tag", "last #tag"].map(|text| posts(&ada, text));
    for (id, text) in [(&other, "#else, again"), (&first, "the #tag")] {
        ada.put(&format!("/posts/{id}"), &json!({"text": text}))
            .is(201);
    }
    ada.delete(&format!("/posts/{last}")).is(200);
    let page = ada.get("/posts/tags/Tag?since_id=0").json();
    assert_eq!(page["meta"]["revised_ids"], json!([first]));
    assert!(page["meta"].get("deleted_ids").is_none(), "{page}");
}

#[test]
fn filters_leave_posts_out_that_are_asked_for_by_their_ids() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let root = posts(&bob, "root");
    let body = json!({"text": "@dan answers", "reply_to": root});
    let reply = text(&bob.post("/posts", &body).is(201).data()["id"]);
    let gone = posts(&bob, "gone");
    bob.delete(&format!("/posts/{gone}")).is(200);
    ada.does("/users/2/mute").is(200);
    let found = |filter: &str| {
        let path = format!("/posts?ids={gone},{reply},{root}&{filter}");
        ids(&ada.get(&path).is(200).data())
    };
    assert_eq!(found(""), [&*gone, &*reply, &*root], "muted or not");
    assert_eq!(found("include_deleted=0"), [&*reply, &*root]);
    for filter in [
        "include_replies=0",
        "include_mention_posts=0",
        "include_directed_posts=0",
    ] {
        assert_eq!(found(filter), [&*gone, &*root], "{filter}");
    }
    let one = ada.get(&format!("/posts/{gone}?include_deleted=0"));
    assert_eq!(one.is(200).data()["is_deleted"], true);
}
