//! `DELETE /channels/{id}/messages/{id}`, reports, and what polling clients learn of it.

use serde_json::json;

use crate::support::{TestServer, build, ids};

#[test]
fn a_deleted_message_keeps_its_place_and_loses_its_text() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "gone");
    let path = format!("/channels/{room}/messages");
    let gone = ada.delete(&format!("{path}/{said}")).is(200).data();
    assert_eq!(gone["is_deleted"], true);
    assert!(
        gone.get("content").is_none() && gone.get("deleted_by").is_none(),
        "{gone}"
    );
    assert_eq!(gone["user"]["id"], "1");
    assert_eq!(gone["counts"]["replies"], 0);
    let listed = ada.get(&path).data();
    assert_eq!(listed[0]["is_deleted"], true);
    assert!(!listed.to_string().contains("gone"));
    assert!(ids(&ada.get(&format!("{path}?include_deleted=0")).data()).is_empty());
    assert_eq!(
        ada.get(&format!("{path}/{said}")).data()["is_deleted"],
        true
    );
    // The second time changes nothing.
    assert_eq!(
        ada.delete(&format!("{path}/{said}")).is(200).data()["is_deleted"],
        true
    );
    assert_eq!(
        ada.get(&format!("/channels/{room}")).data()["counts"]["messages"],
        0
    );
}

#[test]
fn a_deleted_reply_keeps_its_place_in_the_count_of_replies() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "root");
    let path = format!("/channels/{room}/messages");
    let body = json!({"text": "reply", "reply_to": said});
    let reply = ada.post(&path, &body).is(201).data()["id"].clone();
    ada.delete(&format!("{path}/{}", reply.as_str().expect("an id")))
        .is(200);
    let thread = ada.get(&format!("{path}/{said}/thread")).data();
    assert_eq!(ids(&thread).len(), 2);
    let root = ada.get(&format!("{path}/{said}")).data();
    assert_eq!(root["counts"]["replies"], 1);
}

#[test]
fn managers_delete_for_others_and_that_is_said() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&ada, "Lounge");
    let said = build::says(&bob, &room, "rude");
    let path = format!("/channels/{room}/messages/{said}");
    eve.delete(&path).refused_as(403, "no-access");
    assert_eq!(ada.delete(&path).is(200).data()["deleted_by"], "1");
    assert_eq!(eve.get(&path).data()["deleted_by"], "1");
}

#[test]
fn an_author_may_delete_and_read_after_losing_access() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    let said = build::says(&bob, &circle, "mine");
    ada.put(
        &format!("/channels/{circle}"),
        &json!({"acl": {"write": {"user_ids": []}}}),
    )
    .is(200);
    let path = format!("/channels/{circle}/messages/{said}");
    assert_eq!(bob.get(&path).data()["content"]["text"], "mine");
    bob.get(&format!("/channels/{circle}/messages"))
        .refused(403);
    bob.delete(&path).is(200);
}

#[test]
fn a_poll_tells_what_was_deleted_since() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let said: Vec<_> = (0..4)
        .map(|n| build::says(&ada, &room, &n.to_string()))
        .collect();
    let last = format!("{path}?since_id={}", said[3]);
    let meta = ada.get(&last).meta();
    assert!(
        meta.get("deleted_ids").is_none() && meta.get("revised_ids").is_none(),
        "{meta}"
    );
    ada.delete(&format!("{path}/{}", said[1])).is(200);
    let answer = ada.get(&last);
    assert_eq!(answer.data(), json!([]));
    assert_eq!(answer.meta()["deleted_ids"], json!([said[1]]));
    assert!(answer.meta().get("min_id").is_none());
    assert!(
        ada.get(&path).meta().get("deleted_ids").is_none(),
        "without since_id there are none"
    );
    // Deleted before the message up to which the client has read: it never saw it.
    let later = build::says(&ada, &room, "later");
    assert!(
        ada.get(&format!("{path}?since_id={later}"))
            .meta()
            .get("deleted_ids")
            .is_none()
    );
}

#[test]
fn a_report_is_taken_with_a_known_reason() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "hm");
    let path = format!("/channels/{room}/messages/{said}/report");
    for reason in ["account_type", "nsfw", "soliciting", "user_abuse"] {
        assert_eq!(
            bob.post(&path, &json!({"reason": reason})).status,
            201,
            "{reason}"
        );
    }
    assert_eq!(bob.form("POST", &path, "reason=nsfw").status, 201);
    bob.post(&path, &json!({"reason": "boring"}))
        .refused_at(400, "reason");
    bob.post(&path, &json!({})).refused_at(400, "reason");
    server
        .anonymous()
        .post(&path, &json!({"reason": "nsfw"}))
        .refused(401);
}
