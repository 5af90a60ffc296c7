//! `/channels/{id}/messages` as a subscription.

use crate::support::{Fence, Stream, TestServer, build, text};

#[test]
pub(super) fn a_message_arrives_as_it_was_written_and_so_does_its_deletion() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = bob.stream();
    let subscription = stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    let said = build::says(&ada, &room, "hello");
    let event = stream.hears_text("hello");
    let meta = &event["meta"];
    assert_eq!(meta["id"], said.as_str());
    assert_eq!(meta["channel_type"], "io.pnut.core.chat");
    assert_eq!(meta["channel_name"], "Lounge");
    assert_eq!(Stream::named(&event), [subscription]);
    for app_only in [
        "subscribed_user_ids",
        "suppress_notifications",
        "is_deleted",
    ] {
        assert!(meta.get(app_only).is_none(), "{event}");
    }
    let message = &event["data"][0];
    assert_eq!(message["channel_id"], room.as_str());
    assert_eq!(message["user"]["username"], "ada");
    assert!(message["user"]["counts"].is_object(), "users are complete");
    assert_eq!(message["source"]["name"], "Rooms");
    assert_eq!(message["counts"]["replies"], 0);
    assert!(message["content"]["html"].is_string());
    assert!(message.get("raw").is_none() && message.get("pagination_id").is_none());
    ada.delete(&format!("/channels/{room}/messages/{said}"))
        .is(200);
    let event = stream.hears("message");
    assert_eq!(event["meta"]["is_deleted"], true);
    assert_eq!(event["meta"]["id"], said.as_str());
    assert_eq!(event["data"][0]["is_deleted"], true);
    assert!(event["data"][0].get("content").is_none());
}

#[test]
fn only_chat_rooms_have_a_name_in_their_events() {
    let server = TestServer::start();
    let ada = server.ada();
    let circle = build::circle(&ada, &[]);
    let mut stream = ada.stream();
    stream.subscribes(&ada, &format!("/channels/{circle}/messages"));
    build::says(&ada, &circle, "hello");
    let event = stream.hears_text("hello");
    assert_eq!(event["meta"]["channel_type"], "org.example.circle");
    assert!(event["meta"].get("channel_name").is_none());
}

#[test]
pub(super) fn one_frame_names_the_room_and_the_inbox_both() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream();
    let mut ids = vec![
        stream.subscribes(&bob, &format!("/channels/{room}/messages")),
        stream.subscribes(&bob, "/channels"),
    ];
    let fence = Fence::on(&mut stream, &ada, &bob);
    ids.sort();
    build::says(&ada, &room, "hello");
    assert_eq!(Stream::named(&stream.hears_text("hello")), ids);
    stream.hears_nothing_more(&fence);
}

#[test]
pub(super) fn every_device_hears_and_the_author_too() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut streams = [ada.stream(), ada.stream(), bob.stream()];
    for (stream, person) in streams.iter().zip([&ada, &ada, &bob]) {
        stream.subscribes(person, &format!("/channels/{room}/messages"));
    }
    build::says(&ada, &room, "hello");
    for stream in &mut streams {
        stream.hears_text("hello");
    }
}

#[test]
pub(super) fn events_arrive_in_the_order_of_their_ids_over_all_channels() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let rooms: Vec<_> = (0..3).map(|n| build::room(&ada, &n.to_string())).collect();
    let mut stream = bob.stream();
    for room in &rooms {
        stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    }
    std::thread::scope(|scope| {
        for room in &rooms {
            let (ada, room) = (ada.clone(), room.clone());
            scope.spawn(move || {
                (0..20).for_each(|n| drop(build::says(&ada, &room, &n.to_string())));
            });
        }
    });
    let ids: Vec<u64> = (0..60)
        .map(|_| {
            text(&stream.hears("message")["data"][0]["id"])
                .parse()
                .expect("a number")
        })
        .collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
}

#[test]
fn making_a_message_sticky_and_moving_markers_say_nothing() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    let said = build::says(&ada, &room, "before");
    let mut stream = ada.stream();
    stream.subscribes(&ada, &format!("/channels/{room}/messages"));
    stream.subscribes(&ada, "/channels");
    let fence = Fence::on(&mut stream, &ada, &ada);
    ada.does(&format!("/channels/{room}/messages/{said}/sticky"))
        .is(200);
    ada.delete(&format!("/channels/{room}/messages/{said}/sticky"))
        .is(200);
    let name = format!("channel:{room}");
    ada.post("/markers", &serde_json::json!([{"name": name, "id": said}]))
        .is(200);
    ada.delete("/users/me/channels/num_unread").is(200);
    stream.hears_nothing_more(&fence);
}

#[test]
fn a_passivated_room_wakes_for_its_next_message() {
    let server = TestServer::with(&[("CHANNELS_IDLE_SECONDS", "1")]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/channels");
    stream.settles(&bob);
    build::says(&ada, &room, "one");
    stream.hears_text("one");
    crate::support::eventually("channels without listeners are passivated", || {
        let other = build::room(&ada, "passing");
        build::says(&ada, &other, "x");
        server.actors()["channels"]
            .as_u64()
            .is_some_and(|count| count <= 4)
    });
    build::says(&ada, &room, "two");
    stream.hears_text("two");
}
