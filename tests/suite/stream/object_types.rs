//! Every object type that an app stream may list: the shape of its data and exactly the fields of its meta, when it is made
//! and when it is undone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Fence, Stream, TestServer, build, text};

/// The shape of `data`.
#[derive(Clone, Copy, Debug)]
enum Data {
    /// A list of one object.
    List,
    /// The object itself.
    Object,
    /// The acting user, and another object beside.
    Pair(&'static str),
}

/// An object type: its data, the fields of meta that it always has beside those of all events, those that it has only when
/// it is made, and those that it has only when it is undone. `None`: it is never undone.
type Row = (
    &'static str,
    Data,
    &'static [&'static str],
    &'static [&'static str],
    Option<&'static [&'static str]>,
);

#[rustfmt::skip]
const TYPES: [Row; 14] = [
    ("post",                  Data::List,                  &["suppress_notifications"], &[], Some(&[])),
    ("bookmark",              Data::Pair("post"),          &[], &[], Some(&[])),
    ("follow",                Data::Pair("followed_user"), &[], &[], Some(&[])),
    ("mute",                  Data::Pair("muted_user"),    &[], &[], Some(&[])),
    ("block",                 Data::Pair("blocked_user"),  &[], &[], Some(&[])),
    ("message",               Data::List,                  &["channel_name", "channel_type", "suppress_notifications"], &["subscribed_user_ids"], Some(&[])),
    ("channel",               Data::Object,                &[], &[], None),
    ("channel_subscription",  Data::Pair("channel"),       &[], &[], Some(&[])),
    ("token",                 Data::Object,                &[], &[], Some(&[])),
    ("file",                  Data::Object,                &[], &[], Some(&[])),
    ("poll",                  Data::Pair("poll"),          &[], &[], Some(&["subscribed_user_ids", "suppress_notifications"])),
    ("user",                  Data::Object,                &[], &[], None),
    ("user_presence",         Data::List,                  &[], &[], None),
    ("user_channel_presence", Data::List,                  &["channel_id", "user_id"], &[], None),
];

/// Makes something of each type, and undoes what can be undone.
fn acts(server: &TestServer) {
    let (ada, bob) = (server.ada(), server.bob());
    let there = |person: &crate::support::Person, path: &str| {
        assert!(person.does(path).status < 300, "{path}");
    };
    let post = build::posts(&ada, "hello @bob");
    let revised = json!({"text": "hello there @bob"});
    ada.put(&format!("/posts/{post}"), &revised).is(201);
    for verb in ["repost", "bookmark"] {
        there(&bob, &format!("/posts/{post}/{verb}"));
        bob.delete(&format!("/posts/{post}/{verb}")).is(200);
    }
    ada.delete(&format!("/posts/{post}")).is(200);
    for verb in ["follow", "mute", "block"] {
        there(&ada, &format!("/users/2/{verb}"));
        ada.delete(&format!("/users/2/{verb}")).is(200);
    }
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada, &bob]);
    let said = build::says(&ada, &room, "hello");
    ada.delete(&format!("/channels/{room}/messages/{said}"))
        .is(200);
    let settings = json!({"raw": build::settings("New")});
    ada.put(&format!("/channels/{room}"), &settings).is(200);
    there(&bob, &format!("/users/me/presence/channels/{room}"));
    bob.delete(&format!("/channels/{room}/subscribe")).is(200);
    there(&bob, "/users/me/presence");
    let file = build::file(&ada, "a.txt", b"words");
    ada.delete(&format!("/files/{file}")).is(200);
    let (poll, token) = build::poll(&ada, &build::ballot("Where to?", &["Here", "There"]));
    let answer = json!({"positions": [1], "poll_token": token});
    bob.put(&format!("/polls/{poll}/response"), &answer).is(200);
    ada.delete(&format!("/polls/{poll}")).is(200);
    ada.patch("/users/me", &json!({"name": "Ada"})).is(200);
}

#[test]
fn each_object_type_has_its_shape_and_exactly_its_fields_of_meta() {
    let server = TestServer::start();
    let fence = Fence::of_app(&server.ada());
    let types = TYPES.map(|row| row.0);
    build::app_stream(&server.app(), "all", &types);
    let mut stream = server.app().firehose("all");
    acts(&server);
    let mut events = stream.heard_before(&fence);
    events.extend(tokens(&server));
    let mut undone = BTreeSet::new();
    let mut made = BTreeSet::new();
    for event in &events {
        let kind = text(&event["meta"]["type"]);
        let row = TYPES.iter().find(|row| row.0 == kind).expect("a row");
        fits(event, row);
        match event["meta"].get("is_deleted") {
            Some(_) => undone.insert(row.0),
            None => made.insert(row.0),
        };
    }
    assert_eq!(made, BTreeSet::from(types), "each type was made");
    let expected = TYPES.iter().filter(|row| row.4.is_some());
    let expected: BTreeSet<&str> = expected.map(|row| row.0).collect();
    assert_eq!(undone, expected, "each of these was undone");
}

/// Tokens are told to their own app, whose last one ends the authorization.
fn tokens(server: &TestServer) -> Vec<Value> {
    let (client, app) = server.other_app("Other");
    build::app_stream(&app, "tokens", &["token"]);
    let mut stream: Stream = app.firehose("tokens");
    let token = server.through(&client, &server.dan(), "basic");
    token.delete("/token").is(200);
    vec![stream.hears("token"), stream.hears("token")]
}

fn fits(event: &Value, (kind, data, always, made, undone): &Row) {
    let (meta, shown) = (&event["meta"], &event["data"]);
    let is_undone = meta.get("is_deleted").is_some();
    let mut expected = BTreeSet::from(["timestamp", "id", "type"]);
    expected.extend(*always);
    match is_undone {
        true => {
            expected.insert("is_deleted");
            expected.extend(undone.expect("a type that can be undone"));
        }
        false => expected.extend(*made),
    }
    if meta.get("revision").is_some() {
        assert_eq!((*kind, &meta["revision"]), ("post", &json!(1)));
        expected.insert("revision");
    }
    let fields = meta.as_object().expect("an object");
    let fields: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!(fields, expected, "meta of {event}");
    let has_id = |object: &Value| object["id"].is_string();
    match data {
        Data::List => {
            let list = shown.as_array().expect("a list");
            assert!(list.len() == 1 && has_id(&list[0]), "{event}");
        }
        Data::Object if *kind == "token" => {
            assert!(
                has_id(&shown["user"]) && shown["scopes"].is_array(),
                "{event}"
            );
        }
        Data::Object => assert!(has_id(shown), "{event}"),
        Data::Pair(name) => {
            // Nothing says who answered an anonymous poll.
            let is_secret = *kind == "poll" && shown.get("user").is_none();
            assert!(is_secret || has_id(&shown["user"]), "{event}");
            assert!(has_id(&shown[*name]), "{event}");
            let fields = shown.as_object().expect("an object").len();
            assert_eq!(fields, if is_secret { 1 } else { 2 }, "{event}");
        }
    }
}
