//! `PUT` and `DELETE /channels/{id}/mute`

use serde_json::json;

use crate::support::{TestServer, build, ids, text};

#[test]
fn muting_unsubscribes_and_keeps_others_from_subscribing_one() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    build::join(&circle, &[&bob]);
    let channel = bob.does(&format!("/channels/{circle}/mute")).is(200).data();
    assert_eq!(channel["you_muted"], true);
    assert_eq!(channel["you_subscribed"], false);
    ada.put(
        &format!("/channels/{circle}"),
        &json!({"auto_subscribe": true}),
    )
    .is(200);
    let channel = bob
        .delete(&format!("/channels/{circle}/mute"))
        .is(200)
        .data();
    assert_eq!(channel["you_muted"], false);
    assert_eq!(
        channel["you_subscribed"], false,
        "unmuting does not subscribe again"
    );
}

#[test]
fn a_private_message_brings_back_members_that_left_but_not_those_that_muted() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let pm = text(&build::whispers(&ada, &[&bob, &eve], "one")["channel_id"]);
    bob.delete(&format!("/channels/{pm}/subscribe")).is(200);
    eve.does(&format!("/channels/{pm}/mute")).is(200);
    build::says(&ada, &pm, "two");
    let subscribed = |person: &crate::support::Person| {
        person.get(&format!("/channels/{pm}")).data()["you_subscribed"] == true
    };
    assert!(subscribed(&bob));
    assert!(!subscribed(&eve));
    bob.delete(&format!("/channels/{pm}/subscribe")).is(200);
    build::whispers(&ada, &[&bob, &eve], "three");
    assert!(subscribed(&bob));
    assert!(!subscribed(&eve));
}

#[test]
fn a_mute_outlives_the_membership_and_shows_nothing_of_the_channel() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    bob.does(&format!("/channels/{circle}/mute")).is(200);
    let muted = "/users/me/channels/muted?include_recent_message=1&include_raw=1";
    assert_eq!(ids(&bob.get(muted).data()), [circle.as_str()]);
    ada.put(
        &format!("/channels/{circle}"),
        &json!({"acl": {"write": {"user_ids": []}, "read": {"user_ids": []}}}),
    )
    .is(200);
    build::says(&ada, &circle, "not for bob");
    assert_eq!(bob.get(muted).data(), json!([]));
}
