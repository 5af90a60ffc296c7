//! `PUT` and `PATCH /channels/{id}`, and deactivation.

use serde_json::{Value, json};

use crate::support::{TestServer, build, ids, text};

#[test]
fn raw_items_are_set_replaced_and_deleted_one_type_at_a_time() {
    let server = TestServer::start();
    let ada = server.ada();
    let raw = json!({"org.example.a": [{"n": 1}], "org.example.b": [{"n": 2}]});
    let channel = build::channel(&ada, &json!({"type": "org.example.x", "raw": raw}));
    let path = format!("/channels/{channel}?include_raw=1");
    let body = json!({"raw": {"org.example.a": [], "org.example.c": [{"n": 3}]}});
    let changed = ada.patch(&path, &body).is(200).data();
    assert_eq!(
        changed["raw"],
        json!({"org.example.b": [{"n": 2}], "org.example.c": [{"n": 3}]})
    );
    let changed = ada
        .put(&path, &json!({"raw": {"org.example.b": [{"n": 9}]}}))
        .is(200)
        .data();
    assert_eq!(changed["raw"]["org.example.b"], json!([{"n": 9}]));
    // A room keeps its settings.
    let room = build::room(&ada, "Lounge");
    let gone = json!({"raw": {"io.pnut.core.chat-settings": []}});
    ada.put(&format!("/channels/{room}"), &gone).refused(400);
    // The sum counts, not the part.
    let big = |name: &str| json!({"raw": {name: [{"t": "x".repeat(5000)}]}});
    ada.put(&path, &big("org.example.big")).is(200);
    ada.put(&path, &big("org.example.bigger"))
        .refused_as(400, "raw-too-large");
}

#[test]
fn groups_change_one_at_a_time_and_people_move_between_them() {
    let server = TestServer::start();
    let ada = server.ada();
    let channel = build::circle(&ada, &[&server.bob(), &server.eve()]);
    let path = format!("/channels/{channel}");
    let acl = |body: Value| ada.patch(&path, &body).is(200).data()["acl"].clone();
    let moved = acl(json!({"acl": {"full": {"user_ids": ["2"]}}}));
    assert_eq!(moved["full"]["user_ids"], json!(["2"]));
    assert_eq!(
        moved["write"]["user_ids"],
        json!(["3"]),
        "in one group only"
    );
    let demoted = acl(json!({"acl": {"full": {"user_ids": []}, "read": {"user_ids": ["2"]}}}));
    assert_eq!(demoted["full"]["user_ids"], json!([]));
    assert_eq!(demoted["read"]["user_ids"], json!(["2"]));
    assert_eq!(demoted["write"]["user_ids"], json!(["3"]));
    // What was shown may be sent back whole.
    let channel = ada.get(&path).data();
    ada.put(
        &path,
        &json!({"acl": channel["acl"], "type": "", "id": "7", "user": {}}),
    )
    .is(200);
    assert_eq!(ada.get(&path).data()["acl"], channel["acl"]);
    assert_eq!(ada.get(&path).data()["type"], "org.example.circle");
}

#[test]
fn managers_change_raw_and_the_lower_groups_but_not_their_own() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let channel = build::channel(
        &ada,
        &json!({"type": "org.example.x", "acl": {
            "full": {"user_ids": ["2"]}, "write": {"user_ids": ["3"]},
        }}),
    );
    let path = format!("/channels/{channel}");
    bob.put(&path, &json!({"raw": {"org.example.a": [{"n": 1}]}}))
        .is(200);
    bob.put(&path, &json!({"acl": {"read": {"any_user": true}}}))
        .is(200);
    bob.put(&path, &json!({"acl": {"full": {"user_ids": ["2", "3"]}}}))
        .refused(403);
    bob.put(&path, &json!({"acl": {"full": {"immutable": true}}}))
        .refused(403);
    // The same again is no change.
    bob.put(
        &path,
        &json!({"acl": {"full": {"user_ids": ["2"]}, "write": {"user_ids": ["3"]}}}),
    )
    .is(200);
    eve.put(&path, &json!({"raw": {"org.example.a": [{"n": 2}]}}))
        .refused_as(403, "no-access");
    bob.delete(&path).refused(403);
    bob.put(&format!("{path}/owner"), &json!({"owner_id": "2"}))
        .refused(403);
}

#[test]
fn what_is_immutable_stays_as_it_is() {
    let server = TestServer::start();
    let ada = server.ada();
    let channel = build::circle(&ada, &[&server.bob()]);
    let path = format!("/channels/{channel}");
    let freeze = json!({"acl": {"write": {"immutable": true}, "read": {"immutable": true}}});
    ada.put(&path, &freeze).is(200);
    let put = |group: &str, change: Value| ada.put(&path, &json!({"acl": {group: change}}));
    put("write", json!({"user_ids": []})).refused_as(400, "acl-immutable");
    put("write", json!({"any_user": true})).refused_as(400, "acl-immutable");
    put("read", json!({"public": true})).refused_as(400, "acl-immutable");
    // Clients send these along with what they mean to change.
    put(
        "write",
        json!({"immutable": false, "user_ids": ["2"], "any_user": false}),
    )
    .is(200);
    assert_eq!(ada.get(&path).data()["acl"]["write"]["immutable"], true);
    ada.put(&path, &json!({"raw": {"org.example.a": [{"n": 1}]}}))
        .is(200);
    put("full", json!({"user_ids": ["3"]})).is(200);
}

#[test]
fn writing_for_all_opens_even_a_frozen_read_group() {
    let server = TestServer::start();
    let ada = server.ada();
    let channel = build::circle(&ada, &[]);
    let path = format!("/channels/{channel}");
    ada.put(&path, &json!({"acl": {"read": {"immutable": true}}}))
        .is(200);
    let acl = ada
        .put(&path, &json!({"acl": {"write": {"any_user": true}}}))
        .is(200)
        .data()["acl"]
        .clone();
    assert_eq!(acl["read"]["any_user"], true);
    assert_eq!(acl["read"]["immutable"], true);
}

#[test]
fn auto_subscribe_works_on_a_change_too() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let circle = build::circle(&ada, &[&bob, &eve]);
    bob.does(&format!("/channels/{circle}/mute")).is(200);
    let changed = ada.patch(
        &format!("/channels/{circle}"),
        &json!({"auto_subscribe": true}),
    );
    let changed = changed.is(200).data();
    assert_eq!(
        changed["counts"]["subscribers"], 2,
        "ada and eve; bob muted it"
    );
    assert_eq!(
        bob.get(&format!("/channels/{circle}")).data()["you_subscribed"],
        false
    );
}

#[test]
fn users_that_lose_read_access_are_unsubscribed_and_the_others_are_not() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let circle = build::circle(&ada, &[&bob, &eve]);
    build::join(&circle, &[&ada, &bob, &eve]);
    let path = format!("/channels/{circle}");
    let body = json!({"acl": {"write": {"user_ids": ["3"]}}});
    assert_eq!(
        ada.put(&path, &body).is(200).data()["counts"]["subscribers"],
        2
    );
    bob.get(&path).refused(403);
    let body = json!({"acl": {"write": {"user_ids": []}, "read": {"any_user": true}}});
    assert_eq!(
        ada.put(&path, &body).is(200).data()["counts"]["subscribers"],
        2
    );
    assert_eq!(eve.get(&path).data()["you_subscribed"], true);
    assert_eq!(
        bob.get(&path).data()["you_subscribed"],
        false,
        "it does not come back by itself"
    );
}

#[test]
fn a_deactivated_channel_keeps_its_contents_and_takes_nothing_new() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada, &bob]);
    let said = build::says(&bob, &room, "hello");
    let path = format!("/channels/{room}");
    let gone = ada.delete(&path).is(200).data();
    assert_eq!(gone["is_active"], false);
    assert_eq!(gone["counts"]["subscribers"], 0);
    assert_eq!(bob.get(&path).data()["is_active"], false, "found by its id");
    assert_eq!(bob.get(&path).data()["you_subscribed"], false);
    assert_eq!(ids(&bob.get(&format!("{path}/messages")).data()), [said]);
    bob.post(&format!("{path}/messages"), &json!({"text": "x"}))
        .refused_as(403, "channel-inactive");
    bob.does(&format!("{path}/subscribe"))
        .refused_as(403, "channel-inactive");
    ada.put(&path, &json!({"raw": {"org.example.a": [{"n": 1}]}}))
        .refused(403);
    assert!(ids(&ada.get("/users/me/channels").data()).is_empty());
    assert_eq!(
        ids(&ada.get("/users/me/channels?include_inactive=1").data()),
        [room]
    );
    assert_eq!(text(&ada.delete(&path).is(200).data()["id"]), gone["id"]);
}
