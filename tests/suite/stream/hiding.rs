//! Mutes and blocks take effect on a live stream exactly where they were decided.

use serde_json::json;

use crate::support::{Fence, TestServer, build};

#[test]
fn a_mute_silences_its_author_at_once_and_only_for_the_muter() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&eve, "Lounge");
    let path = format!("/channels/{room}/messages");
    let (mut adas, mut eves) = (ada.stream(), eve.stream());
    adas.subscribes(&ada, &path);
    eves.subscribes(&eve, &path);
    let fence = Fence::on(&mut adas, &eve, &ada);
    build::says(&bob, &room, "one");
    ada.does("/users/2/mute").is(200);
    build::says(&bob, &room, "two");
    adas.hears_text("one");
    adas.hears_nothing_more(&fence);
    eves.hears_text("one");
    eves.hears_text("two");
    ada.delete("/users/2/mute").is(200);
    build::says(&bob, &room, "three");
    adas.hears_text("three");
}

#[test]
pub(super) fn a_block_silences_both_ways() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&eve, "Lounge");
    let path = format!("/channels/{room}/messages");
    let (mut adas, mut bobs) = (ada.stream(), bob.stream());
    adas.subscribes(&ada, &path);
    bobs.subscribes(&bob, &path);
    let (fence_of_ada, fence_of_bob) = (
        Fence::on(&mut adas, &eve, &ada),
        Fence::on(&mut bobs, &eve, &bob),
    );
    ada.does("/users/2/block").is(200);
    build::says(&bob, &room, "from bob");
    bobs.hears_text("from bob");
    adas.hears_nothing_more(&fence_of_ada);
    build::says(&ada, &room, "from ada");
    adas.hears_text("from ada");
    bobs.hears_nothing_more(&fence_of_bob);
    build::says(&eve, &room, "from eve");
    adas.hears_text("from eve");
    bobs.hears_text("from eve");
}

#[test]
fn a_connection_opened_after_the_decision_keeps_to_it() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&eve, "Lounge");
    build::join(&room, &[&ada]);
    bob.does("/users/1/block").is(200);
    let mut stream = ada.stream();
    stream.subscribes(&ada, "/channels");
    stream.subscribes(&ada, &format!("/channels/{room}/subscribers"));
    let fence = Fence::on(&mut stream, &eve, &ada);
    build::says(&bob, &room, "hidden");
    build::join(&room, &[&bob]);
    stream.hears_nothing_more(&fence);
}

#[test]
fn what_an_event_embeds_is_kept_from_those_who_may_not_see_it() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    let room = build::channel(
        &ada,
        &json!({
            "type": "org.example.room",
            "acl": {"full": {"user_ids": [dan.id]}, "read": {"public": true}, "write": {"any_user": true}},
        }),
    );
    build::join(&room, &[&bob, &eve, &dan]);
    ada.does(&format!("/users/{}/block", bob.id)).is(200);
    dan.does(&format!("/users/{}/mute", ada.id)).is(200);
    let with_newest = "&include_recent_message=1&include_raw=1";
    let mut streams = [&bob, &eve, &dan].map(|person| person.stream_with(with_newest));
    for (stream, person) in streams.iter_mut().zip([&bob, &eve, &dan]) {
        stream.subscribes(person, "/channels?include_muted=1");
        stream.settles(person);
    }
    build::says(&ada, &room, "words");
    // A third person changes the channel of one that blocks the listener.
    let change = json!({"raw": {"org.example.note": [{"changed": "yes"}]}});
    dan.put(&format!("/channels/{room}"), &change).is(200);
    let [bobs, eves, dans] = streams.each_mut().map(|stream| {
        loop {
            let event = stream.event();
            if event["meta"]["type"] == "channel" {
                return event["data"].clone();
            }
        }
    });
    assert_eq!(eves["user"]["username"], "ada");
    assert_eq!(eves["recent_message"]["content"]["text"], "words");
    assert_eq!(bobs["user_id"], ada.id.as_str(), "{bobs}");
    assert!(!bobs.to_string().contains("words"), "{bobs}");
    assert!(!bobs.to_string().contains("\"ada\""), "{bobs}");
    assert_eq!(bobs["recent_message_id"], eves["recent_message_id"]);
    // Muted: the profile stays, the words go, whatever the subscription asked for.
    assert_eq!(dans["user"]["username"], "ada");
    assert!(dans.get("recent_message").is_none(), "{dans}");
}
