//! `PUT /channels/{id}/owner`

use serde_json::json;

use crate::support::{TestServer, build};

#[test]
fn the_old_owner_becomes_a_manager_and_the_new_one_leaves_the_lists() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    let path = format!("/channels/{circle}/owner");
    let changed = ada.put(&path, &json!({"owner_id": "@bob"})).is(200).data();
    assert_eq!(changed["user"]["id"], "2");
    assert_eq!(changed["acl"]["full"]["user_ids"], json!(["1"]));
    assert_eq!(changed["acl"]["write"]["user_ids"], json!([]));
    ada.put(&path, &json!({"owner_id": "1"})).refused(403);
    bob.put(&path, &json!({"owner_id": 1})).is(200);
}

#[test]
fn only_its_owner_hands_a_channel_over_and_only_to_a_user_that_exists() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    let path = format!("/channels/{circle}/owner");
    bob.put(&path, &json!({"owner_id": "2"}))
        .refused_as(403, "no-access");
    ada.put(&path, &json!({"owner_id": "999"}))
        .refused_at(400, "owner_id");
    ada.put(&path, &json!({})).refused_at(400, "owner_id");
    ada.put(&path, &json!({"owner_id": []}))
        .refused_at(400, "owner_id");
    ada.put("/channels/9999/owner", &json!({"owner_id": "2"}))
        .refused(404);
}
