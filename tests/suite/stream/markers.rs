//! Moved markers on streams: on every device of the reader, and with the apps that the reader authorized.

use serde_json::json;

use crate::support::{Fence, Person, Stream, TestServer, build, text};

/// The next event is a marker of this name at this place.
fn moves(stream: &mut Stream, name: &str, id: &str) -> serde_json::Value {
    let event = stream.hears("stream_marker");
    assert_eq!(event["data"]["marker"]["name"], name, "{event}");
    assert_eq!(event["data"]["marker"]["id"], id, "{event}");
    event
}

fn mark(person: &Person, name: &str, id: &str) {
    person
        .post("/markers", &json!({"name": name, "id": id}))
        .is(200);
}

#[test]
fn a_moved_marker_reaches_every_device_of_its_reader_and_nobody_else() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "hello");
    let name = format!("channel:{room}");
    let (mut desk, mut phone, mut inbox, mut other) =
        (bob.stream(), bob.stream(), bob.stream(), ada.stream());
    let id = desk.subscribes(&bob, "/markers");
    phone.subscribes(&bob, "/markers");
    inbox.subscribes(&bob, "/channels");
    other.subscribes(&ada, "/markers");
    let inbox_fence = Fence::on(&mut inbox, &ada, &bob);
    let fence = Fence::on(&mut other, &ada, &ada);
    mark(&bob, &name, &said);
    let event = moves(&mut desk, &name, &said);
    assert_eq!(Stream::named(&event), [id]);
    let meta = &event["meta"];
    assert_eq!(meta["id"], format!("2:channel:{room}"));
    assert_eq!(meta["user_id"], "2");
    assert_eq!(meta["channel_id"], room.as_str());
    assert_eq!(meta["channel_type"], "io.pnut.core.chat");
    assert_eq!(event["data"]["user"]["username"], "bob");
    assert_eq!(event["data"]["marker"]["last_read_id"], said.as_str());
    moves(&mut phone, &name, &said);
    mark(&bob, "personal", "7");
    let event = moves(&mut desk, "personal", "7");
    assert_eq!(event["meta"]["id"], "2:personal");
    for absent in ["channel_id", "channel_type"] {
        assert!(event["meta"].get(absent).is_none(), "{event}");
    }
    inbox.hears_nothing_more(&inbox_fence);
    other.hears_nothing_more(&fence);
}

#[test]
fn a_marker_that_is_set_where_it_is_has_not_moved() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "hello");
    let name = format!("channel:{room}");
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/markers");
    mark(&bob, &name, &said);
    moves(&mut stream, &name, &said);
    mark(&bob, &name, &said);
    mark(&bob, "personal", "7");
    moves(&mut stream, "personal", "7");
}

#[test]
fn whatever_moves_a_marker_is_told() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/markers");
    let name = format!("channel:{room}");
    let path = format!("/channels/{room}/messages?update_marker=1");
    let said = bob.post(&path, &json!({"text": "mine"})).is(201).data();
    moves(&mut stream, &name, &text(&said["id"]));
    let body = json!({"text": "a post"});
    let post = bob.post("/posts?update_marker=1", &body).is(201).data();
    moves(&mut stream, "personal", &text(&post["id"]));
    let next = build::says(&ada, &room, "unread");
    bob.delete("/users/me/channels/num_unread?channel_types=io.pnut.core.chat")
        .is(200);
    moves(&mut stream, &name, &next);
    // What was read already is no news.
    bob.delete("/users/me/channels/num_unread?channel_types=io.pnut.core.chat")
        .is(200);
    bob.post("/posts/marker", &json!({"name": "global", "id": "3"}))
        .is(200);
    moves(&mut stream, "global", "3");
}

#[test]
fn a_narrow_token_hears_of_what_it_opens_only() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let narrow = server.with_scopes(&bob, "basic,messages:io.pnut.core.chat");
    let (room, circle) = (build::room(&ada, "Lounge"), build::circle(&ada, &[&bob]));
    let (in_room, in_circle) = (
        build::says(&ada, &room, "a"),
        build::says(&ada, &circle, "b"),
    );
    let mut stream = narrow.stream();
    stream.subscribes(&narrow, "/markers");
    mark(&bob, &format!("channel:{circle}"), &in_circle);
    mark(&bob, &format!("channel:{room}"), &in_room);
    moves(&mut stream, &format!("channel:{room}"), &in_room);
}

#[test]
fn apps_hear_of_markers_that_their_users_opened_to_them() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (client, other) = server.other_app("Other");
    let (room, circle) = (build::room(&ada, "Lounge"), build::circle(&ada, &[&bob]));
    let (in_room, in_circle) = (
        build::says(&ada, &room, "a"),
        build::says(&ada, &circle, "b"),
    );
    let later = build::says(&ada, &room, "c");
    build::app_stream(&other, "hose", &["stream_marker"]);
    let mut stream = other.firehose("hose");
    let (room, circle) = (format!("channel:{room}"), format!("channel:{circle}"));
    mark(&bob, &room, &in_room);
    let _chat = server.through(&client, &bob, "basic,public_messages");
    mark(&bob, &circle, &in_circle);
    mark(&bob, "personal", "1");
    mark(&bob, &room, &later);
    let event = moves(&mut stream, &room, &later);
    assert!(event["meta"].get("subscription_ids").is_none(), "{event}");
    assert_eq!(event["meta"]["user_id"], "2");
    assert_eq!(event["data"]["user"]["id"], "2");
    let _stream = server.through(&client, &bob, "basic,stream");
    mark(&bob, "personal", "2");
    moves(&mut stream, "personal", "2");
}

#[test]
fn markers_are_read_by_their_names() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "hello");
    let name = format!("channel:{room}");
    mark(&bob, &name, &said);
    mark(&bob, "mentions", "5");
    let of_posts = bob.get("/markers").data();
    assert_eq!(of_posts[0], json!({"name": "global"}), "never set");
    assert_eq!(of_posts[2]["id"], "5");
    let named = bob
        .get(&format!("/markers?names={name},channel:9999"))
        .data();
    assert_eq!(named[0]["id"], said.as_str());
    assert_eq!(named[1], json!({"name": "channel:9999"}));
    assert_eq!(
        ada.get(&format!("/markers?names={name}")).data(),
        json!([{"name": name}])
    );
    bob.get("/markers?names=inbox")
        .refused_as(400, "unknown-marker");
    server.anonymous().get("/markers").refused(401);
    server.app().get("/markers").refused(403);
}
