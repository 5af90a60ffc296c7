//! What one person does, on the streams of apps to which the person gave this or that: one row each.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Person, Stream, TestServer, build};

const TYPES: [&str; 15] = [
    "post",
    "bookmark",
    "follow",
    "mute",
    "block",
    "message",
    "channel",
    "channel_subscription",
    "token",
    "file",
    "poll",
    "user",
    "user_presence",
    "user_channel_presence",
    "stream_marker",
];

const ALWAYS: [&str; 4] = ["post", "bookmark", "follow", "user_presence"];
const OF_ANY_TOKEN: [&str; 4] = ["mute", "block", "user", "token"];
const IN_ROOM: [&str; 5] = [
    "message in the room",
    "channel",
    "channel_subscription",
    "user_channel_presence",
    "stream_marker of the room",
];

/// What is granted, and what is heard beyond [`ALWAYS`].
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let of = |more: &[&'static str]| [&OF_ANY_TOKEN, more].concat();
    vec![
        ("", vec![]),
        ("basic", of(&[])),
        ("basic,files", of(&["file"])),
        ("basic,files:org.example.file", of(&["file"])),
        ("basic,files:org.example.other", of(&[])),
        // For reading pictures: no news of them.
        ("basic,files:core_image", of(&[])),
        ("basic,polls", of(&["poll"])),
        ("basic,polls:org.example.lunch", of(&["poll"])),
        ("basic,polls:org.example.other", of(&[])),
        ("basic,public_messages", of(&IN_ROOM)),
        ("basic,messages:io.pnut.core.chat", of(&IN_ROOM)),
        (
            "basic,messages",
            of(&[&IN_ROOM[..], &["message elsewhere"]].concat()),
        ),
        ("basic,stream", of(&["stream_marker of posts"])),
    ]
}

/// Everything that bob can do.
fn acts(ada: &Person, bob: &Person, (room, circle): (&str, &str), post: &str) {
    build::join(room, &[bob]);
    build::join(circle, &[bob]);
    let renamed = json!({"raw": build::settings("New")});
    ada.put(&format!("/channels/{room}"), &renamed).is(200);
    let said = build::says(bob, room, "in the room");
    build::says(bob, circle, "elsewhere");
    bob.does(&format!("/users/me/presence/channels/{room}"))
        .is(200);
    for marker in [
        json!({"name": format!("channel:{room}"), "id": said}),
        json!({"name": "global", "id": 1}),
    ] {
        bob.post("/markers", &marker).is(200);
    }
    build::posts(bob, "words");
    for path in ["/users/3/follow", "/users/3/mute", "/users/4/block"] {
        bob.does(path).is(200);
    }
    bob.does(&format!("/posts/{post}/bookmark")).is(200);
    build::file(bob, "notes.txt", b"notes");
    let picture = json!({"type": "org.example.file", "kind": "image", "name": "picture.png"});
    bob.post("/files", &picture).is(201);
    build::poll(bob, &build::ballot("Lunch?", &["Yes", "No"]));
    bob.patch("/users/me", &json!({"name": "Bobby"})).is(200);
    let here = |text: &str| {
        let presence = json!({ "presence": text });
        bob.put("/users/me/presence", &presence).is(200);
    };
    here("here");
    // Presence has an order of its own, so both have to say that this is the end.
    here("the end");
    build::posts(bob, "the end");
}

/// An event as the rows name it.
fn named(event: &Value, room: &str) -> String {
    let kind = event["meta"]["type"].as_str().unwrap_or_default();
    let place = match kind {
        "message" if event["data"][0]["channel_id"] == room => " in the room",
        "message" => " elsewhere",
        "stream_marker" if event["meta"]["channel_id"] == room => " of the room",
        "stream_marker" => " of posts",
        _ => "",
    };
    format!("{kind}{place}")
}

/// All that a stream says until the end.
fn heard(stream: &mut Stream, room: &str) -> BTreeSet<String> {
    let mut heard = BTreeSet::new();
    let mut ends = 0;
    while ends < 2 {
        let event = stream.event();
        match event.to_string().contains("\"the end\"") {
            true => ends += 1,
            false => drop(heard.insert(named(&event, room))),
        }
    }
    heard
}

#[test]
fn an_app_hears_what_is_public_and_what_its_user_opened_to_it() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, circle) = (build::room(&ada, "Lounge"), build::circle(&ada, &[&bob]));
    let post = build::posts(&ada, "a post");
    let mut streams = Vec::new();
    for (number, (scopes, expected)) in rows().into_iter().enumerate() {
        let (client, app) = server.other_app(&format!("App {number}"));
        build::app_stream(&app, "all", &TYPES);
        streams.push((scopes, expected, app.firehose("all")));
        if !scopes.is_empty() {
            server.through(&client, &bob, scopes);
        }
    }
    acts(&ada, &bob, (&room, &circle), &post);
    for (scopes, expected, stream) in &mut streams {
        let expected = ALWAYS.iter().chain(expected.iter());
        let expected: BTreeSet<String> = expected.map(|one| (*one).to_owned()).collect();
        assert_eq!(heard(stream, &room), expected, "with {scopes:?}");
    }
}

#[test]
fn private_and_incomplete_files_are_left_out_by_the_address() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "all", &["file"]);
    let mut all = app.firehose("all");
    let mut some = app.firehose_with("all", "&include_private=0&include_incomplete=0");
    build::file(&ada, "private.txt", b"private");
    let empty = json!({"type": "org.example.file", "name": "empty.txt", "is_public": true, "kind": "other"});
    ada.post("/files", &empty).is(201);
    let public = build::file(&ada, "public.txt", b"public");
    ada.patch(&format!("/files/{public}"), &json!({"is_public": true}))
        .is(200);
    for name in ["private.txt", "empty.txt", "public.txt"] {
        assert_eq!(all.hears("file")["data"]["name"], name);
    }
    let event = some.hears("file");
    assert_eq!(event["data"]["id"], public.as_str(), "{event}");
    assert_eq!(event["data"]["is_public"], true);
}
