//! Following, and the lists of followers, muted and blocked users; and the users of an app.

use serde_json::json;

use crate::support::{TestServer, build, ids, text};

#[test]
fn following_is_seen_from_both_sides() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    assert_eq!(
        ada.does("/users/@bob/follow").is(200).data()["you_follow"],
        true
    );
    assert_eq!(bob.get("/users/1").data()["follows_you"], true);
    assert_eq!(ids(&ada.get("/users/me/following").data()), ["2"]);
    assert_eq!(ids(&bob.get("/users/2/followers").data()), ["1"]);
    assert_eq!(bob.get("/users/me/following").data(), json!([]));
    assert_eq!(ids(&server.app().get("/users/1/following").data()), ["2"]);
    assert_eq!(
        ada.delete("/users/2/follow").is(200).data()["you_follow"],
        false
    );
    assert_eq!(ada.get("/users/me/following").data(), json!([]));
    let answer = ada.does("/users/me/follow");
    assert!(matches!(answer.status, 400 | 403), "{answer}");
}

#[test]
fn a_block_hides_following_both_ways_until_it_is_taken_back() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    ada.does("/users/2/follow").is(200);
    bob.does("/users/1/follow").is(200);
    ada.does("/users/2/block").is(200);
    assert_eq!(ada.get("/users/me/following").data(), json!([]));
    assert_eq!(bob.get("/users/me/following").data(), json!([]));
    bob.does("/users/1/follow").refused_as(403, "blocked");
    ada.delete("/users/2/block").is(200);
    for (person, other) in [(&ada, "2"), (&bob, "1")] {
        assert_eq!(ids(&person.get("/users/me/following").data()), [other]);
        let shown = person.get(&format!("/users/{other}")).data();
        assert_eq!(
            (&shown["you_follow"], &shown["follows_you"]),
            (&json!(true), &json!(true))
        );
    }
}

#[test]
fn following_and_followers_are_ordered_as_asked() {
    let server = TestServer::start();
    let ada = server.ada();
    for other in ["3", "2", "4"] {
        ada.does(&format!("/users/{other}/follow")).is(200);
    }
    for person in [server.dan(), server.bob()] {
        person.does("/users/1/follow").is(200);
    }
    let list = |path: &str| ids(&ada.get(&format!("/users/me/{path}")).data());
    assert_eq!(list("following"), ["4", "2", "3"]);
    assert_eq!(list("following?order=followed_at"), ["4", "2", "3"]);
    assert_eq!(list("following?order=id"), ["4", "3", "2"]);
    assert_eq!(list("following?order=id&count=-2"), ["3", "2"]);
    assert_eq!(list("followers"), ["2", "4"]);
    assert_eq!(list("followers?order=id"), ["4", "2"]);
    let page = ada.get("/users/me/following?order=id&count=1");
    assert_eq!(page.data()[0]["pagination_id"], "4");
    assert_eq!(list("following?order=id&count=1&before_id=4"), ["3"]);
    assert_eq!(list("followers?order=id&since_id=2"), ["4"]);
}

#[test]
fn the_order_of_last_posts_begins_with_the_user_that_wrote_last() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    for other in ["2", "3", "4"] {
        ada.does(&format!("/users/{other}/follow")).is(200);
    }
    for person in [&bob, &eve] {
        person.does("/users/1/follow").is(200);
    }
    build::posts(&eve, "first");
    let last = build::posts(&bob, "second");
    let list = |path: &str| ids(&ada.get(&format!("/users/me/{path}")).data());
    assert_eq!(list("following?order=last_post_id"), ["2", "3", "4"]);
    assert_eq!(list("followers?order=last_post_id"), ["2", "3"]);
    let page = ada.get("/users/me/following?order=last_post_id&count=1");
    assert_eq!(page.data()[0]["pagination_id"], json!(last));
    assert_eq!(page.meta()["more"], true);
    let rest = format!("following?order=last_post_id&before_id={last}");
    assert_eq!(list(&rest), ["3", "4"]);
    // Who never wrote has a place to go on from as well.
    let meta = ada.get(&format!("/users/me/{rest}")).meta();
    let end = text(&meta["min_id"]);
    let behind = format!("following?order=last_post_id&since_id={end}");
    assert_eq!(list(&behind), ["2", "3"]);
    assert_eq!(list("following?order=last_post_id&count=-2"), ["3", "4"]);
}

#[test]
fn the_lists_of_muted_and_blocked_are_ones_own_and_paginated() {
    let server = TestServer::start();
    let ada = server.ada();
    for (verb, list) in [("mute", "muted"), ("block", "blocked")] {
        for id in ["2", "3", "4"] {
            ada.does(&format!("/users/{id}/{verb}")).is(200);
        }
        let path = format!("/users/me/{list}");
        assert_eq!(ids(&ada.get(&path).data()), ["4", "3", "2"], "newest first");
        let first = ada.get(&format!("{path}?count=1"));
        assert_eq!(first.meta()["more"], true);
        let rest = ada.get(&format!(
            "{path}?before_id={}",
            text(&first.meta()["min_id"])
        ));
        assert_eq!(ids(&rest.data()), ["3", "2"]);
        server.bob().get(&format!("/users/1/{list}")).refused(403);
    }
    ada.delete("/users/4/block").is(200);
    assert_eq!(ids(&ada.get("/users/me/blocked").data()), ["3", "2"]);
}

#[test]
fn an_app_knows_its_people() {
    let server = TestServer::start();
    let (client, other) = server.other_app("Other");
    assert_eq!(other.get("/apps/me/users/ids").data(), json!([]));
    let eve = server.through(&client, &server.eve(), "basic,messages");
    server.through(&client, &server.bob(), "basic");
    let mut known = other
        .get("/apps/me/users/ids")
        .data()
        .as_array()
        .expect("a list")
        .clone();
    known.sort_by_key(ToString::to_string);
    assert_eq!(known, [json!("2"), json!("3")]);
    let tokens = other.get("/apps/me/users/tokens").data();
    assert_eq!(tokens.as_array().map(Vec::len), Some(2));
    assert!(!tokens.to_string().contains(eve.token()));
    eve.delete("/token").is(200);
    assert_eq!(other.get("/apps/me/users/ids").data(), json!(["2"]));
    eve.get("/apps/me/users/ids").refused(401);
    server
        .ada()
        .get("/apps/me/users/ids")
        .refused_as(403, "wrong-token-kind");
}
