//! What clients of older versions of the API say in their words: the type of private channels, annotations, the groups of
//! an ACL.

use serde_json::{Value, json};

use crate::support::{Person, TestServer, build, ids, text};

const OLD_PM: &str = "net.app.core.pm";

fn private(people: &Value) -> Value {
    json!({"type": OLD_PM, "writers": {"user_ids": people}})
}

#[test]
fn a_private_channel_is_found_or_made_by_its_older_name() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let made = ada
        .post("/channels", &private(&json!(["@bob", "3"])))
        .is(201)
        .data();
    let id = text(&made["id"]);
    assert_eq!(made["type"], "io.pnut.core.pm");
    assert!(made.get("user").is_none());
    assert_eq!(made["acl"]["write"]["immutable"], true);
    for person in [&ada, &bob, &eve] {
        let seen = person.get(&format!("/channels/{id}")).data();
        assert_eq!(seen["you_subscribed"], true, "{seen}");
    }
    // The same people, in whatever way they are named, have one channel.
    let by_acl = json!({"type": OLD_PM, "acl": {"write": {"user_ids": [1, 3]}}});
    assert_eq!(
        bob.post("/channels", &by_acl).is(200).data()["id"],
        id.as_str()
    );
    let by_destinations = json!({"type": OLD_PM, "destinations": ["1", "@bob"]});
    assert_eq!(
        eve.post("/channels", &by_destinations).is(200).data()["id"],
        id.as_str()
    );
    let told = build::whispers(&ada, &[&bob, &eve], "psst");
    assert_eq!(told["channel_id"], id.as_str());
    let body = json!({"text": "psst again", "destinations": ["2", "3"]});
    let told = ada
        .post(&format!("/channels/{OLD_PM}/messages"), &body)
        .is(201)
        .data();
    assert_eq!(told["channel_id"], id.as_str());
    let pair = ada
        .post("/channels", &private(&json!(["2"])))
        .is(201)
        .data();
    assert_ne!(pair["id"], id.as_str());
}

#[test]
fn what_a_private_channel_is_refused_for() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    ada.post("/channels", &private(&json!([])))
        .refused_as(400, "only-yourself");
    ada.post("/channels", &private(&json!(["1"])))
        .refused_as(400, "only-yourself");
    ada.post("/channels", &private(&json!(["99"])))
        .refused_as(400, "unknown-user");
    let mut open = private(&json!(["2"]));
    open["readers"] = json!({"public": true});
    ada.post("/channels", &open).refused_at(400, "acl");
    let mut raw = private(&json!(["2"]));
    raw["annotations"] = json!([{"type": "org.example.x", "value": {}}]);
    ada.post("/channels", &raw)
        .refused_as(403, "channel-immutable");
    let narrow = server.with_scopes(&ada, "basic,public_messages");
    narrow
        .post("/channels", &private(&json!(["2"])))
        .refused_as(403, "not-authorized");
    bob.does(&format!("/users/{}/block", ada.id)).is(200);
    ada.post("/channels", &private(&json!(["2"])))
        .refused_as(403, "blocked");
    let new_name = json!({"type": "io.pnut.core.pm", "acl": {"write": {"user_ids": ["3"]}}});
    ada.post("/channels", &new_name)
        .refused_as(400, "invalid-value");
    assert_eq!(server.count("SELECT count(*) FROM channels"), 0);
}

#[test]
fn types_and_scopes_may_have_the_older_name() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let pm = text(&build::whispers(&ada, &[&bob], "psst")["channel_id"]);
    let inbox = |query: &str| {
        ids(&bob
            .get(&format!("/users/me/channels/subscribed?{query}"))
            .data())
    };
    assert_eq!(inbox(&format!("channel_types={OLD_PM}")), [&*pm]);
    assert_eq!(inbox(&format!("exclude_channel_types={OLD_PM}")), [&*room]);
    let path = format!("/users/me/channels/num_unread?channel_types={OLD_PM}");
    assert_eq!(bob.get(&path).data()["io.pnut.core.pm"], 1);
    let narrow = server.with_scopes(&bob, &format!("basic,messages:{OLD_PM}"));
    narrow.get(&format!("/channels/{pm}")).is(200);
    narrow.get(&format!("/channels/{room}")).is(403);
    assert_eq!(
        narrow.get("/token").data()["scopes"],
        json!(["basic", format!("messages:{OLD_PM}")]),
        "as they were granted"
    );
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels?channel_types={OLD_PM}"));
    build::says(&ada, &room, "not heard");
    build::whispers(&ada, &[&bob], "heard");
    assert_eq!(
        stream.hears("message")["data"][0]["content"]["text"],
        "heard"
    );
}

/// What is shown of an object by this call.
fn annotations(person: &Person, path: &str) -> Value {
    person.get(path).is(200).data()["annotations"].clone()
}

#[test]
fn annotations_are_raw_by_another_name() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let one = json!([{"type": "org.example.a", "value": {"n": 1}}]);
    let body = json!({"type": "org.example.room", "annotations": one,
        "readers": {"any_user": true}, "writers": {"user_ids": ["2"]}});
    let room = format!(
        "/channels/{}",
        text(&ada.post("/channels", &body).is(201).data()["id"])
    );
    let said = json!({"text": "hi", "annotations": one});
    let message = ada.post(&format!("{room}/messages"), &said).is(201).data();
    let post = ada
        .post("/posts?include_post_annotations=1", &said)
        .is(201)
        .data();
    assert_eq!(post["annotations"], one);
    ada.patch("/users/me", &json!({"annotations": one})).is(200);
    let message = format!("{room}/messages/{}", text(&message["id"]));
    let post = format!("/posts/{}", text(&post["id"]));
    for (path, switch) in [
        (&room, "include_channel_annotations"),
        (&message, "include_message_annotations"),
        (&post, "include_post_annotations"),
        (&String::from("/users/1"), "include_user_annotations"),
    ] {
        assert_eq!(
            annotations(&bob, &format!("{path}?{switch}=1")),
            one,
            "{path}"
        );
        assert_eq!(
            annotations(&bob, &format!("{path}?include_annotations=1")),
            one
        );
        let plain = bob.get(&format!("{path}?include_raw=1")).data();
        assert!(plain.get("annotations").is_none(), "{plain}");
        assert_eq!(plain["raw"]["org.example.a"][0]["n"], 1);
        let narrow = bob.get(&format!("{path}?{switch}=1")).data();
        assert!(narrow.get("raw").is_none(), "{narrow}");
    }
    // Those around an object are asked for by themselves.
    let seen = bob
        .get(&format!("{post}?include_user_annotations=1"))
        .data();
    assert!(seen.get("annotations").is_none());
    assert_eq!(seen["user"]["annotations"], one);
}

#[test]
fn annotations_of_a_channel_are_unique_by_type_and_those_of_a_message_stay() {
    let server = TestServer::start();
    let ada = server.ada();
    let entry = |n: i64| json!({"type": "org.example.a", "value": {"n": n}});
    let two = json!([entry(1), entry(2)]);
    let room = json!({"type": "org.example.room", "annotations": two});
    ada.post("/channels", &room).refused_as(400, "raw-invalid");
    let room = json!({"type": "org.example.room", "annotations": [entry(1)]});
    let room = format!(
        "/channels/{}",
        text(&ada.post("/channels", &room).data()["id"])
    );
    let shown = format!("{room}?include_annotations=1");
    ada.put(&room, &json!({"annotations": [entry(2)]})).is(200);
    assert_eq!(annotations(&ada, &shown), json!([entry(2)]));
    ada.put(&room, &json!({"annotations": [{"type": "org.example.a"}]}))
        .is(200);
    assert_eq!(annotations(&ada, &shown), Value::Null);
    let said = ada
        .post(
            &format!("{room}/messages?include_annotations=1"),
            &json!({"text": "hi", "annotations": two}),
        )
        .is(201);
    assert_eq!(said.data()["annotations"], two);
    ada.post(
        &format!("{room}/messages"),
        &json!({"text": "hi", "annotations": 5}),
    )
    .refused_at(400, "annotations");
    let long = json!([{"type": "org.example.a", "value": {"a": "x".repeat(8192)}}]);
    ada.put(&room, &json!({ "annotations": long }))
        .refused_as(400, "raw-too-large");
}

#[test]
fn annotations_are_shown_on_streams_that_ask_for_them() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut asked = ada.stream_with("&include_message_annotations=1");
    asked.subscribes(&ada, &path);
    let mut by_subscription = ada.stream();
    by_subscription.subscribes(&ada, &format!("{path}?include_annotations=1"));
    let mut plain = ada.stream();
    plain.subscribes(&ada, &path);
    let one = json!([{"type": "org.example.a", "value": {"n": 1}}]);
    ada.post(&path, &json!({"text": "hi", "annotations": one}))
        .is(201);
    for stream in [&mut asked, &mut by_subscription] {
        let event = stream.hears_text("hi");
        assert_eq!(event["data"][0]["annotations"], one, "{event}");
        assert!(event["data"][0].get("raw").is_none());
    }
    assert!(
        plain.hears_text("hi")["data"][0]
            .get("annotations")
            .is_none()
    );
}

#[test]
fn the_groups_of_an_acl_have_older_names_and_an_unknown_one_is_refused() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let body = json!({"type": "org.example.room", "editors": {"user_ids": ["@bob"]},
        "writers": {"any_user": true}, "readers": {"public": true}});
    let made = ada.post("/channels", &body).is(201).data();
    let acl = &made["acl"];
    assert_eq!(acl["full"]["user_ids"], json!([bob.id]));
    assert_eq!(
        (&acl["write"]["any_user"], &acl["read"]["public"]),
        (&json!(true), &json!(true))
    );
    let path = format!("/channels/{}", text(&made["id"]));
    let closed = json!({"acl": {"readers": {"public": false}}});
    let changed = bob.put(&path, &closed).is(200).data();
    assert_eq!(changed["acl"]["read"]["public"], false);
    for (acl, at) in [
        (json!({"reader": {"public": true}}), "acl.reader"),
        (json!({"read": {"anyone": true}}), "acl.read.anyone"),
        (json!({"public": true}), "acl.public"),
    ] {
        let answer = ada.put(&path, &json!({ "acl": acl }));
        answer.refused_as(400, "unknown-acl-key");
        answer.refused_at(400, at);
        let new = json!({"type": "org.example.room", "acl": acl});
        ada.post("/channels", &new)
            .refused_as(400, "unknown-acl-key");
    }
    // What a client was shown it may send back.
    let seen = ada.get(&format!("{path}?include_limited_users=1")).data();
    ada.put(&path, &json!({"acl": seen["acl"]})).is(200);
}
