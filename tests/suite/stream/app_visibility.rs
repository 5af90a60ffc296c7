//! What an app may hear: what its users opened to it.

use serde_json::json;

use crate::support::{Fence, TestServer, build};

#[test]
pub(super) fn a_room_is_heard_when_a_subscriber_has_authorized_the_app() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (client, other) = server.other_app("Other");
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    build::app_stream(&other, "hose", &["message"]);
    let mut stream = other.firehose("hose");
    let eve = server.through(&client, &server.eve(), "basic,messages");
    let fence = Fence::of_app(&eve);
    // Readable by all, but no subscribed user uses this app.
    build::says(&ada, &room, "unheard");
    stream.hears_nothing_more(&fence);
    // Reading is not enough; subscribing is.
    build::join(&room, &[&eve]);
    build::says(&bob, &room, "heard");
    stream.hears_text("heard");
    eve.delete(&format!("/channels/{room}/subscribe")).is(200);
    build::says(&bob, &room, "unheard again");
    stream.hears_nothing_more(&fence);
}

#[test]
fn an_authorization_counts_from_its_grant_until_its_last_token_is_gone() {
    let server = TestServer::start();
    let ada = server.ada();
    let (client, other) = server.other_app("Other");
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&server.bob()]);
    build::app_stream(&other, "hose", &["message"]);
    let mut stream = other.firehose("hose");
    let eve = server.through(&client, &server.eve(), "basic,messages");
    let fence = Fence::of_app(&eve);
    build::says(&ada, &room, "too early");
    let first = server.through(&client, &server.bob(), "basic,messages");
    let second = server.through(&client, &server.bob(), "basic,messages");
    build::says(&ada, &room, "now");
    stream.hears_text("now");
    first.delete("/token").is(200);
    build::says(&ada, &room, "still");
    stream.hears_text("still");
    second.delete("/token").is(200);
    build::says(&ada, &room, "too late");
    stream.hears_nothing_more(&fence);
}

#[test]
pub(super) fn narrow_scopes_open_their_channels_only() {
    let server = TestServer::start();
    let ada = server.ada();
    let (client, other) = server.other_app("Other");
    let bob = server.through(
        &client,
        &server.bob(),
        "basic,messages:io.pnut.core.chat,public_messages:org.example.open",
    );
    let room = build::room(&ada, "Lounge");
    let circle = build::circle(&ada, &[&bob]);
    let open = |any_user: bool| {
        let acl = json!({"write": {"user_ids": ["2"]}, "read": {"any_user": any_user}});
        build::channel(&ada, &json!({"type": "org.example.open", "acl": acl}))
    };
    let (public, closed) = (open(true), open(false));
    for channel in [&room, &circle, &public, &closed] {
        build::join(channel, &[&server.bob()]);
    }
    build::app_stream(&other, "hose", &["message"]);
    let mut stream = other.firehose("hose");
    for channel in [&circle, &closed, &public] {
        build::says(&ada, channel, &format!("in {channel}"));
    }
    stream.hears_text(&format!("in {public}"));
    build::says(&ada, &room, "in the room");
    stream.hears_text("in the room");
    // What ceases to be public ceases to be heard.
    let body = json!({"acl": {"read": {"any_user": false}}});
    ada.put(&format!("/channels/{public}"), &body).is(200);
    build::says(&ada, &public, "closed now");
    build::says(&ada, &room, "the end");
    stream.hears_text("the end");
}

#[test]
fn acts_of_users_that_never_authorized_the_app_are_not_its_business() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (client, other) = server.other_app("Other");
    let eve = server.through(&client, &server.eve(), "basic,messages,follow");
    let room = build::room(&ada, "Lounge");
    let types = [
        "mute",
        "block",
        "channel_subscription",
        "user_channel_presence",
        "token",
    ];
    build::app_stream(&other, "hose", &types);
    let mut stream = other.firehose("hose");
    ada.does("/users/2/mute").is(200);
    bob.does("/users/1/block").is(200);
    build::join(&room, &[&bob]);
    ada.does(&format!("/users/me/presence/channels/{room}"))
        .is(200);
    eve.does("/users/4/mute").is(200);
    let event = stream.hears("mute");
    assert_eq!(event["data"]["user"]["id"], "3", "{event}");
    build::join(&room, &[&eve]);
    assert_eq!(
        stream.hears("channel_subscription")["data"]["user"]["id"],
        "3"
    );
    eve.does(&format!("/users/me/presence/channels/{room}"))
        .is(200);
    assert_eq!(
        stream.hears("user_channel_presence")["meta"]["user_id"],
        "3"
    );
}

#[test]
fn global_presence_of_anyone_is_heard_by_all_apps() {
    let server = TestServer::start();
    let (_, other) = server.other_app("Other");
    build::app_stream(&other, "hose", &["user_presence"]);
    let mut stream = other.firehose("hose");
    server.ada().does("/users/me/presence").is(200);
    assert_eq!(stream.hears("user_presence")["meta"]["id"], "1");
}

#[test]
pub(super) fn mutes_do_not_filter_what_apps_hear() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    ada.does("/users/2/mute").is(200);
    build::app_stream(&server.app(), "hose", &["message"]);
    let mut stream = server.app().firehose("hose");
    build::says(&bob, &room, "hello");
    let event = stream.hears_text("hello");
    assert_eq!(event["meta"]["suppress_notifications"], json!(["1"]));
}
