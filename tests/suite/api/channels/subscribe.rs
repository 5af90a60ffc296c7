//! `PUT` and `DELETE /channels/{id}/subscribe`, and who is subscribed.

use serde_json::json;

use crate::support::{TestServer, build, ids};

#[test]
fn subscribing_twice_counts_once() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/subscribe");
    assert_eq!(bob.does(&path).is(200).data()["you_subscribed"], true);
    assert_eq!(bob.does(&path).is(200).data()["you_subscribed"], true);
    let channel = format!("/channels/{room}");
    assert_eq!(ada.get(&channel).data()["counts"]["subscribers"], 1);
    assert_eq!(bob.delete(&path).is(200).data()["you_subscribed"], false);
    bob.delete(&path).is(200);
    assert_eq!(ada.get(&channel).data()["counts"]["subscribers"], 0);
    // The ancestor's clients post.
    bob.call("POST", &path, &[], b"").is(200);
    assert_eq!(ada.get(&channel).data()["counts"]["subscribers"], 1);
}

#[test]
fn subscribing_unmutes() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    bob.does(&format!("/channels/{room}/mute")).is(200);
    let channel = bob
        .does(&format!("/channels/{room}/subscribe"))
        .is(200)
        .data();
    assert_eq!(channel["you_muted"], false);
    assert_eq!(channel["you_subscribed"], true);
}

#[test]
fn one_may_take_back_a_mute_of_what_one_may_no_longer_read_and_learns_nothing_else() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    let (mute, subscribe) = (
        format!("/channels/{circle}/mute"),
        format!("/channels/{circle}/subscribe"),
    );
    bob.does(&mute).is(200);
    ada.put(
        &format!("/channels/{circle}"),
        &json!({"acl": {"write": {"user_ids": []}}}),
    )
    .is(200);
    bob.does(&subscribe).refused_as(403, "no-access");
    let left = bob
        .delete(&format!(
            "{mute}?include_raw=1&include_recent_message=1&include_limited_users=1"
        ))
        .is(200)
        .data();
    assert_eq!(left["you_muted"], json!(false));
    assert_eq!(left["acl"]["write"]["user_ids"], json!([]));
    assert!(left.get("recent_message").is_none());
    // The second time there is nothing left to take back, and a stranger has nothing at all.
    bob.delete(&mute).refused_as(403, "no-access");
    server.eve().delete(&subscribe).refused_as(403, "no-access");
}

#[test]
fn subscribers_are_listed_once_each_as_users_or_as_ids() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&eve, &bob, &eve, &ada]);
    let path = format!("/channels/{room}/subscribers");
    let mut all = ids(&server.anonymous().get(&path).data());
    all.sort();
    assert_eq!(all, ["1", "2", "3"]);
    let answer = ada.get(&format!("{path}?include_user=0"));
    let mut plain: Vec<_> = answer.data().as_array().expect("a list").clone();
    plain.sort_by_key(ToString::to_string);
    assert_eq!(plain, [json!("1"), json!("2"), json!("3")]);
    let page = ada.get(&format!("{path}?count=2"));
    assert_eq!(page.meta()["more"], true);
    let rest = ada.get(&format!(
        "{path}?before_id={}",
        crate::support::text(&page.meta()["min_id"])
    ));
    assert_eq!(rest.data().as_array().map(Vec::len), Some(1));
    assert_eq!(ids(&server.app().get(&path).data()).len(), 3);
}
