//! Filters belong to a subscription, display parameters to a connection.

use serde_json::json;

use crate::support::{Fence, Stream, TestServer, build, text};

#[test]
fn the_inbox_may_be_narrowed_to_types() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, circle) = (build::room(&ada, "Lounge"), build::circle(&ada, &[&bob]));
    build::join(&room, &[&bob]);
    build::join(&circle, &[&bob]);
    let mut stream = bob.stream();
    let rooms = stream.subscribes(&bob, "/channels?channel_types=io.pnut.core.chat");
    let circles = stream.subscribes(
        &bob,
        "/channels?channel_types=org.example.circle,org.example.x",
    );
    stream.settles(&bob);
    build::says(&ada, &room, "in the room");
    assert_eq!(Stream::named(&stream.hears_text("in the room")), [rooms]);
    build::says(&ada, &circle, "in the circle");
    assert_eq!(
        Stream::named(&stream.hears_text("in the circle")),
        [circles]
    );
}

#[test]
fn deletions_may_be_left_out() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut stream = ada.stream();
    let all = stream.subscribes(&ada, &path);
    let some = stream.subscribes(&ada, &format!("{path}?include_deleted=0"));
    let said = build::says(&ada, &room, "hello");
    let mut both = vec![all.clone(), some];
    both.sort();
    assert_eq!(Stream::named(&stream.hears_text("hello")), both);
    ada.delete(&format!("{path}/{said}")).is(200);
    assert_eq!(Stream::named(&stream.hears("message")), [all]);
}

#[test]
fn an_unread_light_stays_dark_for_what_is_read_already() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/channels?include_read=0");
    let fence = Fence::on(&mut stream, &ada, &bob);
    let path = format!("/channels/{room}/messages?update_marker=1");
    bob.post(&path, &json!({"text": "my own, read"})).is(201);
    stream.hears_nothing_more(&fence);
    build::says(&ada, &room, "unread");
    stream.hears_text("unread");
}

#[test]
pub(super) fn muted_users_are_heard_by_a_subscription_that_asks_for_them() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    ada.does("/users/2/mute").is(200);
    let mut stream = ada.stream();
    stream.subscribes(&ada, &path);
    let all = stream.subscribes(&ada, &format!("{path}?include_muted=1"));
    build::says(&bob, &room, "psst");
    assert_eq!(Stream::named(&stream.hears_text("psst")), [all]);
}

#[test]
pub(super) fn display_parameters_shape_every_event_of_a_connection() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut plain = ada.stream();
    let mut rich = ada.stream_with("&include_message_raw=1&include_user_raw=1");
    let mut all = ada.stream_with("&include_raw=1");
    let mut bare = ada.stream_with("&include_html=0");
    for stream in [&plain, &rich, &all, &bare] {
        stream.subscribes(&ada, &path);
    }
    let raw = json!({"org.example.a": [{"n": 1}]});
    ada.post(&path, &json!({"text": "hello", "raw": raw}))
        .is(201);
    let event = plain.hears_text("hello");
    assert!(event["data"][0].get("raw").is_none());
    assert!(event["data"][0]["content"]["html"].is_string());
    let event = rich.hears_text("hello");
    assert_eq!(event["data"][0]["raw"], raw);
    assert_eq!(all.hears_text("hello")["data"][0]["raw"], raw);
    let event = bare.hears_text("hello");
    assert!(!event.to_string().contains("\"html\""), "{event}");
}

#[test]
fn a_raw_flag_on_the_subscribing_call_counts_too() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut stream = ada.stream();
    stream.subscribes(&ada, &format!("{path}?include_message_raw=1"));
    let raw = json!({"org.example.a": [{"n": 1}]});
    ada.post(&path, &json!({"text": "hello", "raw": raw}))
        .is(201);
    assert_eq!(stream.hears_text("hello")["data"][0]["raw"], raw);
}

#[test]
fn channels_may_come_with_their_newest_message() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    let said = build::says(&ada, &room, "hello");
    let (mut rich, mut plain) = (ada.stream_with("&include_recent_message=1"), ada.stream());
    rich.subscribes(&ada, "/channels");
    plain.subscribes(&ada, "/channels");
    rich.settles(&ada);
    plain.settles(&ada);
    ada.put(
        &format!("/channels/{room}"),
        &json!({"raw": {"org.example.a": [{}]}}),
    )
    .is(200);
    let event = rich.hears("channel");
    assert_eq!(text(&event["data"]["recent_message"]["id"]), said);
    let event = plain.hears("channel");
    assert_eq!(event["data"]["recent_message_id"], said.as_str());
    assert!(event["data"].get("recent_message").is_none());
}
