//! `/users/me/channels/num_unread`

use serde_json::json;

use crate::support::{TestServer, build, text};

#[test]
fn unread_channels_are_counted_by_type_and_marked_read_at_once() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    build::whispers(&bob, &[&ada], "one");
    build::whispers(&bob, &[&ada], "two");
    let second = build::whispers(&eve, &[&ada], "three");
    let room = build::room(&bob, "Lounge");
    build::join(&room, &[&ada]);
    build::says(&bob, &room, "four");
    let path = "/users/me/channels/num_unread";
    assert_eq!(ada.get(path).data(), json!({"io.pnut.core.pm": 2}));
    let types = "channel_types=io.pnut.core.chat,io.pnut.core.pm,org.example.x";
    let all = ada.get(&format!("{path}?{types}")).data();
    assert_eq!(
        all,
        json!({"io.pnut.core.chat": 1, "io.pnut.core.pm": 2, "org.example.x": 0})
    );
    assert_eq!(
        ada.get(&format!("{path}/pm")).data(),
        json!(2),
        "as old clients ask"
    );
    assert_eq!(
        ada.delete(path).is(200).data(),
        json!({"io.pnut.core.pm": 0})
    );
    assert_eq!(ada.get(path).data(), json!({"io.pnut.core.pm": 0}));
    assert_eq!(
        ada.get(&format!("{path}?channel_types=io.pnut.core.chat"))
            .data(),
        json!({"io.pnut.core.chat": 1})
    );
    let pm = ada.get(&format!(
        "/channels/{}/messages",
        text(&second["channel_id"])
    ));
    assert_eq!(pm.meta()["marker"]["id"], second["id"]);
    build::whispers(&bob, &[&ada], "five");
    assert_eq!(ada.delete(&format!("{path}/pm")).is(200).data(), json!(0));
    server
        .anonymous()
        .get(path)
        .refused_as(401, "token-required");
}

#[test]
fn only_subscribed_channels_count() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let pm = text(&build::whispers(&bob, &[&ada], "one")["channel_id"]);
    ada.does(&format!("/channels/{pm}/mute")).is(200);
    assert_eq!(
        ada.get("/users/me/channels/num_unread").data(),
        json!({"io.pnut.core.pm": 0})
    );
}

#[test]
fn a_token_counts_and_marks_only_what_it_opens() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    build::whispers(&bob, &[&ada], "one");
    let circle = build::channel(
        &bob,
        &json!({
            "type": "io.pnut.core.chat",
            "acl": {"write": {"user_ids": [ada.id]}},
            "raw": build::settings("Inner circle"),
        }),
    );
    let room = build::room(&bob, "Lounge");
    build::join(&circle, &[&ada]);
    build::join(&room, &[&ada]);
    build::says(&bob, &circle, "two");
    build::says(&bob, &room, "three");
    let narrow = server.with_scopes(&ada, "basic,public_messages");
    let path = "/users/me/channels/num_unread";
    let both = "channel_types=io.pnut.core.chat,io.pnut.core.pm";
    let seen = json!({"io.pnut.core.chat": 1, "io.pnut.core.pm": 0});
    assert_eq!(narrow.get(path).data(), json!({"io.pnut.core.pm": 0}));
    assert_eq!(narrow.get(&format!("{path}?{both}")).data(), seen);
    let inbox = narrow.get("/users/me/channels/subscribed");
    assert_eq!(inbox.meta()["unread_counts"], seen);
    narrow.delete(&format!("{path}?{both}")).is(200);
    let left = json!({"io.pnut.core.chat": 1, "io.pnut.core.pm": 1});
    assert_eq!(ada.get(&format!("{path}?{both}")).data(), left);
    let inbox = ada.get("/users/me/channels/subscribed");
    assert_eq!(inbox.meta()["unread_counts"], left);
}

#[test]
fn what_the_reader_does_not_see_keeps_no_light_on() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&eve, "Lounge");
    build::join(&room, &[&ada]);
    let said = build::says(&eve, &room, "seen");
    build::says(&bob, &room, "hidden");
    let types = "channel_types=io.pnut.core.chat";
    let count = || {
        let counts = ada.get(&format!("/users/me/channels/num_unread?{types}"));
        counts.data()["io.pnut.core.chat"].clone()
    };
    let light = || ada.get(&format!("/channels/{room}")).data()["has_unread"].clone();
    ada.does(&format!("/users/{}/mute", bob.id)).is(200);
    assert_eq!((count(), light()), (json!(1), json!(true)));
    // The newest message that the page has.
    ada.post(
        "/markers",
        &json!({"name": format!("channel:{room}"), "id": said}),
    )
    .is(200);
    assert_eq!((count(), light()), (json!(0), json!(false)));
    let unread = "/users/me/channels/subscribed?include_read=0";
    assert_eq!(ada.get(unread).data(), json!([]));
    let found = ada.get("/channels/search?include_read=0");
    assert_eq!(found.data(), json!([]));
    build::says(&bob, &room, "hidden too");
    assert_eq!((count(), light()), (json!(0), json!(false)));
    ada.delete(&format!("/users/{}/mute", bob.id)).is(200);
    assert_eq!((count(), light()), (json!(1), json!(true)));
}

#[test]
fn types_that_the_token_does_not_open_are_left_out_of_the_count() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let narrow = server.with_scopes(&ada, "messages:io.pnut.core.chat");
    build::whispers(&bob, &[&ada], "one");
    let room = build::room(&bob, "Lounge");
    build::join(&room, &[&ada]);
    build::says(&bob, &room, "two");
    let path = "/users/me/channels/num_unread";
    let both = format!("{path}?channel_types=io.pnut.core.chat,io.pnut.core.pm");
    let chat = |count: i64| json!({"io.pnut.core.chat": count});
    assert_eq!(narrow.get(&both).is(200).data(), chat(1));
    assert_eq!(narrow.delete(&both).is(200).data(), chat(0));
    assert_eq!(ada.get(path).data(), json!({"io.pnut.core.pm": 1}));
    for none in [
        path.to_owned(),
        format!("{path}?channel_types=io.pnut.core.pm"),
    ] {
        narrow.get(&none).refused_as(403, "not-authorized");
        narrow.delete(&none).refused_as(403, "not-authorized");
    }
}
