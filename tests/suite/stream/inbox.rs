//! `/channels` and `/users/me/channels/subscribed` as a subscription.

use serde_json::json;

use crate::support::{Fence, Stream, TestServer, build, text};

#[test]
pub(super) fn the_inbox_follows_ones_subscriptions_as_they_change() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (first, second) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    build::join(&first, &[&bob]);
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/users/me/channels/subscribed");
    let fence = Fence::on(&mut stream, &ada, &bob);
    build::says(&ada, &first, "in one");
    stream.hears_text("in one");
    build::says(&ada, &second, "not yet");
    stream.hears_nothing_more(&fence);
    build::join(&second, &[&bob]);
    let event = stream.hears("channel_subscription");
    assert_eq!(event["meta"]["id"], second.as_str());
    assert_eq!(event["data"]["id"], second.as_str(), "the channel alone");
    assert_eq!(event["data"]["type"], "io.pnut.core.chat");
    build::says(&ada, &second, "in two");
    stream.hears_text("in two");
    bob.delete(&format!("/channels/{first}/subscribe")).is(200);
    let event = stream.hears("channel_subscription");
    assert_eq!(event["meta"]["is_deleted"], true);
    assert_eq!(event["meta"]["id"], first.as_str());
    build::says(&ada, &first, "no more");
    stream.hears_nothing_more(&fence);
    // Muting leaves, too.
    bob.does(&format!("/channels/{second}/mute")).is(200);
    assert_eq!(
        stream.hears("channel_subscription")["meta"]["is_deleted"],
        true
    );
    build::says(&ada, &second, "no more");
    stream.hears_nothing_more(&fence);
}

#[test]
fn a_new_private_message_announces_its_channel_first() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/channels");
    let said = build::whispers(&ada, &[&bob], "psst");
    let channel = text(&said["channel_id"]);
    let mut kinds = Vec::new();
    loop {
        let event = stream.event();
        kinds.push(text(&event["meta"]["type"]));
        if event["meta"]["type"] == "message" {
            assert_eq!(event["meta"]["channel_type"], "io.pnut.core.pm");
            assert_eq!(event["data"][0]["channel_id"], channel.as_str());
            break;
        }
        assert_eq!(event["meta"]["id"], channel.as_str());
    }
    assert!(
        kinds.contains(&String::from("channel_subscription")),
        "{kinds:?}"
    );
}

#[test]
fn a_user_that_left_a_private_channel_hears_the_message_that_brings_them_back() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let said = build::whispers(&ada, &[&bob], "psst");
    let channel = text(&said["channel_id"]);
    bob.delete(&format!("/channels/{channel}/subscribe"))
        .is(200);
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/channels");
    // That bob left may still be on its way to the fresh subscription.
    stream.settles(&bob);
    build::says(&ada, &channel, "come back");
    let event = stream.hears("channel_subscription");
    assert_eq!(event["meta"]["id"], channel.as_str());
    // Both were committed at once: the message must not pass before the subscription is known.
    stream.hears_text("come back");
}

#[test]
fn changes_of_a_subscribed_channel_arrive() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Old");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream_with("&include_raw=1");
    stream.subscribes(&bob, "/channels");
    stream.settles(&bob);
    ada.put(
        &format!("/channels/{room}"),
        &json!({"raw": build::settings("New")}),
    )
    .is(200);
    let event = stream.hears("channel");
    assert_eq!(event["meta"]["id"], room.as_str());
    assert_eq!(
        event["data"]["raw"]["io.pnut.core.chat-settings"][0]["name"],
        "New"
    );
    assert!(event["meta"].get("is_deleted").is_none());
    build::says(&ada, &room, "under the new name");
    assert_eq!(stream.hears("message")["meta"]["channel_name"], "New");
    ada.put(
        &format!("/channels/{room}/owner"),
        &json!({"owner_id": "3"}),
    )
    .is(200);
    let event = stream.hears("channel");
    assert_eq!(event["data"]["user"]["id"], "3");
}

#[test]
fn deactivation_is_the_last_thing_heard() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/channels");
    let fence = Fence::on(&mut stream, &ada, &bob);
    ada.delete(&format!("/channels/{room}")).is(200);
    let mut kinds = vec![];
    while !kinds.contains(&String::from("channel_subscription")) {
        let event = stream.event();
        assert_eq!(event["meta"]["id"], room.as_str());
        if event["meta"]["type"] == "channel_subscription" {
            assert_eq!(event["meta"]["is_deleted"], true);
        }
        kinds.push(text(&event["meta"]["type"]));
    }
    stream.hears_nothing_more(&fence);
}

#[test]
fn the_subscriptions_of_other_users_are_not_in_the_inbox() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream();
    let id = stream.subscribes(&bob, "/channels");
    let fence = Fence::on(&mut stream, &ada, &bob);
    build::join(&room, &[&eve]);
    stream.hears_nothing_more(&fence);
    build::says(&eve, &room, "hello");
    assert_eq!(Stream::named(&stream.hears_text("hello")), [id]);
}

#[test]
fn a_frame_names_each_inbox_subscription() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream();
    let first = stream.subscribes(&bob, "/channels");
    build::says(&ada, &room, "one");
    assert_eq!(
        Stream::named(&stream.hears_text("one")),
        std::slice::from_ref(&first)
    );
    let second = stream.subscribes(&bob, "/users/me/channels/subscribed");
    build::says(&ada, &room, "two");
    let mut both = vec![first, second];
    both.sort();
    assert_eq!(Stream::named(&stream.hears_text("two")), both);
}
