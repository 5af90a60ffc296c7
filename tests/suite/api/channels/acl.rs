//! Users that may read, write and manage; and that `you` says so.

use serde_json::json;

use crate::support::{Person, TestServer, build, ids, text};

#[test]
fn each_level_holds_the_ones_below_it() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    let channel = build::channel(
        &ada,
        &json!({"type": "org.example.x", "acl": {
            "full": {"user_ids": ["2"]}, "write": {"user_ids": ["3"]}, "read": {"user_ids": ["4"]},
        }}),
    );
    let path = format!("/channels/{channel}");
    let you = |person: &Person| {
        let acl = person.get(&path).data()["acl"].clone();
        ["full", "write", "read"].map(|group| acl[group]["you"] == true)
    };
    assert_eq!(you(&ada), [true, true, true]);
    assert_eq!(you(&bob), [true, true, true]);
    assert_eq!(you(&eve), [false, true, true]);
    assert_eq!(you(&dan), [false, false, true]);
    let messages = format!("{path}/messages");
    for writer in [&ada, &bob, &eve] {
        writer.post(&messages, &json!({"text": "I may"})).is(201);
    }
    dan.post(&messages, &json!({"text": "I may not"}))
        .refused_as(403, "no-access");
    assert_eq!(dan.get(&messages).data().as_array().map(Vec::len), Some(3));
    // Subscribers are counted for managers only.
    assert!(bob.get(&path).data()["counts"].get("subscribers").is_some());
    assert!(eve.get(&path).data()["counts"].get("subscribers").is_none());
}

#[test]
fn strangers_are_refused_everywhere() {
    let server = TestServer::start();
    let (ada, eve, anonymous) = (server.ada(), server.eve(), server.anonymous());
    let circle = build::circle(&ada, &[]);
    let said = build::says(&ada, &circle, "secret");
    let path = format!("/channels/{circle}");
    for address in [
        path.clone(),
        format!("{path}/messages"),
        format!("{path}/messages/{said}"),
        format!("{path}/subscribers"),
        format!("{path}/sticky_messages"),
    ] {
        eve.get(&address).refused(403);
        anonymous.get(&address).refused(401);
    }
    for (method, address) in [
        ("GET", format!("{path}/messages/{said}/thread")),
        ("GET", format!("{path}/presence")),
        ("PUT", format!("{path}/subscribe")),
        ("PUT", format!("{path}/messages/{said}/sticky")),
        ("DELETE", format!("{path}/messages/{said}")),
        ("DELETE", path.clone()),
    ] {
        eve.call(method, &address, &[], b"").refused(403);
        anonymous.call(method, &address, &[], b"").refused(401);
    }
    assert_eq!(
        eve.get(&format!("/channels?ids={circle}")).data(),
        json!([])
    );
    assert_eq!(
        eve.get(&format!("/channels/messages?ids={said}")).data(),
        json!([])
    );
    eve.put(&path, &json!({"acl": {"read": {"public": true}}}))
        .refused(403);
}

#[test]
fn a_public_channel_is_read_without_a_token_and_written_with_one() {
    let server = TestServer::start();
    let (ada, anonymous) = (server.ada(), server.anonymous());
    let room = build::room(&ada, "Square");
    build::says(&server.bob(), &room, "hello");
    let channel = anonymous.get(&format!("/channels/{room}")).data();
    for group in ["full", "write", "read"] {
        assert!(channel["acl"][group].get("you").is_none(), "{channel}");
    }
    for name in ["has_unread", "you_subscribed", "you_muted"] {
        assert!(channel.get(name).is_none(), "{name}: {channel}");
    }
    let list = anonymous.get(&format!("/channels/{room}/messages"));
    assert_eq!(list.data()[0]["content"]["text"], "hello");
    anonymous
        .get(&format!("/channels/{room}/subscribers"))
        .is(200);
    anonymous
        .get(&format!("/channels/{room}/sticky_messages"))
        .is(200);
    let path = format!("/channels/{room}/messages");
    anonymous
        .post(&path, &json!({"text": "hello"}))
        .refused_as(401, "token-required");
    // Open to users is not open to anonymous callers.
    let closed = build::channel(
        &ada,
        &json!({"type": "x.y", "acl": {"read": {"any_user": true}}}),
    );
    anonymous.get(&format!("/channels/{closed}")).refused(401);
    server.eve().get(&format!("/channels/{closed}")).is(200);
}

#[test]
fn what_is_unknown_is_not_found_and_what_is_no_id_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let other = build::room(&ada, "Other");
    let said = build::says(&ada, &other, "elsewhere");
    ada.get("/channels/9999")
        .refused_as(404, "channel-not-found");
    ada.get("/channels/abc").refused(400);
    ada.get("/channels/99999999999999999999999").refused(400);
    ada.get("/channels/9999/messages").refused(404);
    ada.get(&format!("/channels/{room}/messages/99999"))
        .refused_as(404, "message-not-found");
    ada.get(&format!("/channels/{room}/messages/abc"))
        .refused(400);
    ada.get(&format!("/channels/{room}/messages/{said}"))
        .refused_as(404, "message-not-found");
    ada.delete(&format!("/channels/{room}/messages/{said}"))
        .refused(404);
    ada.does(&format!("/channels/{room}/messages/{said}/sticky"))
        .refused(404);
    ada.post("/channels/9999/messages", &json!({"text": "x"}))
        .refused(404);
    ada.does("/channels/9999/subscribe").refused(404);
    ada.does("/channels/9999/mute").refused(404);
    ada.delete("/channels/9999").refused(404);
    ada.put("/channels/9999", &json!({})).refused(404);
}

#[test]
fn private_message_channels_belong_to_all_their_people_equally() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let message = build::whispers(&ada, &[&bob, &ada], "between us");
    let id = text(&message["channel_id"]);
    let path = format!("/channels/{id}");
    let channel = bob.get(&path).data();
    assert_eq!(channel["type"], "io.pnut.core.pm");
    assert_eq!(
        channel["acl"],
        json!({
            "full": {"immutable": true, "you": false, "user_ids": []},
            "write": {"any_user": false, "immutable": true, "you": true, "user_ids": ["1", "2"]},
            "read": {"any_user": false, "public": false, "immutable": true, "you": true, "user_ids": []},
        })
    );
    assert!(
        channel.get("user").is_none() && channel.get("user_id").is_none(),
        "{channel}"
    );
    assert_eq!(channel["you_subscribed"], true);
    eve.get(&path).refused(403);
    // The same users meet in the same channel, whichever of them writes.
    assert_eq!(
        build::whispers(&bob, &[&ada], "again")["channel_id"],
        id.as_str()
    );
    assert_ne!(
        build::whispers(&bob, &[&ada, &eve], "more")["channel_id"],
        id.as_str()
    );
    // No user edits, hands over or deactivates it or deletes what others wrote; all may stick.
    ada.put(&path, &json!({"raw": {"org.example.a": [{"n": 1}]}}))
        .refused(403);
    ada.put(&format!("{path}/owner"), &json!({"owner_id": "2"}))
        .refused(403);
    ada.delete(&path).refused(403);
    let said = text(&message["id"]);
    bob.delete(&format!("{path}/messages/{said}")).refused(403);
    assert_eq!(
        bob.does(&format!("{path}/messages/{said}/sticky")).data()["is_sticky"],
        true
    );
    ada.delete(&format!("{path}/messages/{said}")).is(200);
    assert!(
        ids(&ada.get("/users/me/channels").data()).is_empty(),
        "a private channel has no owner"
    );
}

#[test]
fn bad_private_messages_are_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let path = "/channels/pm/messages";
    ada.post(path, &json!({"text": "x"}))
        .refused_at(400, "destinations");
    ada.post(path, &json!({"text": "x", "destinations": []}))
        .refused_at(400, "destinations");
    ada.post(path, &json!({"text": "x", "destinations": ["999"]}))
        .refused_at(400, "destinations");
    ada.post(path, &json!({"text": "x", "destinations": ["@nobody"]}))
        .refused_at(400, "destinations");
    ada.post(path, &json!({"text": "x", "destinations": ["1"]}))
        .refused_as(400, "only-yourself");
    ada.post(path, &json!({"text": "", "destinations": ["2"]}))
        .refused(400);
    let narrow = server.with_scopes(&ada, "basic,messages:io.pnut.core.chat");
    narrow
        .post(path, &json!({"text": "x", "destinations": ["2"]}))
        .refused(403);
    ada.post(path, &json!({"text": "x", "destinations": [2]}))
        .is(201);
    ada.post(path, &json!({"text": "x", "destinations": ["@BOB"]}))
        .is(201);
    // Nothing was made by the refused ones.
    let pms = ada.get("/users/me/channels/subscribed").data();
    assert_eq!(pms.as_array().map(Vec::len), Some(1), "{pms}");
}

#[test]
fn lists_of_people_are_bounded_before_they_are_looked_up() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let many: Vec<String> = (1..=33_000).map(|id| id.to_string()).collect();
    let acl = json!({"acl": {"read": {"user_ids": many}}});
    let named: Vec<String> = many.iter().map(|id| format!("@user{id}")).collect();
    let names = json!({"acl": {"read": {"user_ids": named}}});
    for body in [&acl, &names] {
        ada.put(&format!("/channels/{room}"), body)
            .refused_as(400, "too-many-members");
        let mut new = body.clone();
        new["type"] = json!("org.example.x");
        ada.post("/channels", &new)
            .refused_as(400, "too-many-members");
    }
    let whisper = json!({"text": "psst", "destinations": many});
    ada.post("/channels/pm/messages", &whisper)
        .refused_as(400, "too-many-members");
    // One person many times is one.
    let same = vec![bob.id.clone(); 33_000];
    ada.put(
        &format!("/channels/{room}"),
        &json!({"acl": {"write": {"user_ids": same}}}),
    )
    .is(200);
}
