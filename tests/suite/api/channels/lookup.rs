//! `GET /channels/{id}` and `GET /channels?ids=`

use serde_json::json;

use crate::support::{TestServer, build, ids, text};

#[test]
fn several_channels_come_in_the_order_asked_and_unreadable_ones_not_at_all() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (first, second) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    let hidden = build::circle(&ada, &[]);
    let path = format!("/channels?ids={second},%20{first},{hidden},9999");
    let answer = bob.get(&path);
    assert_eq!(ids(&answer.data()), [second.as_str(), first.as_str()]);
    assert!(answer.meta().get("more").is_none());
    assert_eq!(
        ids(&server.anonymous().get(&path).data()),
        [second.as_str(), first.as_str()]
    );
    assert_eq!(ids(&ada.get(&path).data()), [second, first, hidden]);
    assert_eq!(bob.get("/channels?ids=9999").data(), json!([]));
}

#[test]
fn the_newest_messages_are_embedded_on_request() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}");
    assert!(
        ada.get(&format!("{path}?include_recent_message=1"))
            .data()
            .get("recent_message")
            .is_none()
    );
    let first = build::says(&bob, &room, "first");
    let second = build::says(&bob, &room, "second");
    let channel = ada.get(&format!("{path}?include_recent_message=1")).data();
    assert_eq!(channel["recent_message_id"], second.as_str());
    assert_eq!(channel["recent_message"]["content"]["text"], "second");
    assert!(channel.get("recent_deleted_message_id").is_none());
    assert!(ada.get(&path).data().get("recent_message").is_none());
    bob.delete(&format!("{path}/messages/{second}")).is(200);
    let channel = ada.get(&format!("{path}?include_recent_message=1")).data();
    assert_eq!(channel["recent_message_id"], first.as_str());
    assert_eq!(channel["recent_deleted_message_id"], second.as_str());
    assert_eq!(channel["recent_deleted_message"]["is_deleted"], true);
    assert_eq!(channel["counts"]["messages"], 1);
    bob.delete(&format!("{path}/messages/{first}")).is(200);
    let channel = ada.get(&path).data();
    assert!(channel.get("recent_message_id").is_none(), "{channel}");
    assert_eq!(
        channel["recent_deleted_message_id"],
        second.as_str(),
        "the newest of all"
    );
    build::says(&bob, &room, "third");
    assert!(
        ada.get(&path)
            .data()
            .get("recent_deleted_message_id")
            .is_none()
    );
}

#[test]
fn members_are_shown_beside_their_ids_on_request() {
    let server = TestServer::start();
    let ada = server.ada();
    let circle = build::circle(&ada, &[&server.bob()]);
    server.bob().does("/users/me/presence").is(200);
    let channel = ada
        .get(&format!("/channels/{circle}?include_limited_users=1"))
        .data();
    let write = &channel["acl"]["write"];
    assert_eq!(write["user_ids"], json!(["2"]));
    assert_eq!(write["users"][0]["id"], "2");
    assert_eq!(write["users"][0]["username"], "bob");
    assert!(text(&write["users"][0]["avatar_image"]).starts_with("http"));
    assert_eq!(write["users"][0]["presence"], "online");
    let plain = ada.get(&format!("/channels/{circle}")).data();
    assert!(plain["acl"]["write"].get("users").is_none());
}

#[test]
fn the_owner_may_be_left_out() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let channel = ada.get(&format!("/channels/{room}?include_user=0")).data();
    assert_eq!(channel["user_id"], "1");
    assert!(channel.get("user").is_none());
    server.bob().does("/users/1/block").is(200);
    let channel = server.bob().get(&format!("/channels/{room}")).data();
    assert_eq!(channel["user_id"], "1", "a blocked owner is an id");
}

#[test]
fn several_channels_are_kept_by_type_and_by_what_is_unread() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, read) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    let circle = build::circle(&ada, &[]);
    build::says(&bob, &room, "unread");
    ada.delete(&format!("/channels/{read}")).is(200);
    let found = |filter: &str| {
        let path = format!("/channels?ids={circle},{read},{room}&{filter}");
        ids(&ada.get(&path).is(200).data())
    };
    assert_eq!(found(""), [&*circle, &*read, &*room], "deactivated or not");
    assert_eq!(found("channel_types=io.pnut.core.chat"), [&*read, &*room]);
    assert_eq!(found("exclude_channel_types=io.pnut.core.chat"), [&*circle]);
    assert_eq!(found("include_read=0"), [&*room]);
    assert_eq!(
        found("include_read=0&channel_types=org.example.circle"),
        [""; 0]
    );
}
