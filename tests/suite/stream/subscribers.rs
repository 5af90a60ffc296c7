//! `/channels/{id}/subscribers` as a subscription.

use serde_json::json;

use crate::support::{Fence, TestServer, build};

#[test]
pub(super) fn users_that_join_or_leave_are_heard() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&ada, "Lounge");
    let mut stream = ada.stream();
    stream.subscribes(&ada, &format!("/channels/{room}/subscribers"));
    let fence = Fence::on(&mut stream, &ada, &ada);
    build::join(&room, &[&bob]);
    let event = stream.hears("channel_subscription");
    assert_eq!(event["data"]["id"], room.as_str());
    assert!(event["meta"].get("is_deleted").is_none());
    // Twice is no change.
    build::join(&room, &[&bob]);
    stream.hears_nothing_more(&fence);
    eve.does(&format!("/channels/{room}/mute")).is(200);
    stream.hears_nothing_more(&fence);
    bob.does(&format!("/channels/{room}/mute")).is(200);
    assert_eq!(
        stream.hears("channel_subscription")["meta"]["is_deleted"],
        true
    );
    build::says(&bob, &room, "messages are another subscription");
    stream.hears_nothing_more(&fence);
}

#[test]
fn a_user_that_is_cut_off_is_heard_leaving() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    build::join(&circle, &[&bob]);
    let mut stream = ada.stream();
    stream.subscribes(&ada, &format!("/channels/{circle}/subscribers"));
    stream.settles(&ada);
    ada.put(
        &format!("/channels/{circle}"),
        &json!({"acl": {"write": {"user_ids": []}}}),
    )
    .is(200);
    assert_eq!(
        stream.hears("channel_subscription")["meta"]["is_deleted"],
        true
    );
    ada.put(
        &format!("/channels/{circle}"),
        &json!({"auto_subscribe": true, "acl": {"read": {"user_ids": ["2"]}}}),
    )
    .is(200);
    // ada herself and bob.
    for _ in 0..2 {
        assert!(
            stream.hears("channel_subscription")["meta"]
                .get("is_deleted")
                .is_none()
        );
    }
}
