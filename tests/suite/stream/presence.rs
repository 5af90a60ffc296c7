//! `/presence` and `/channels/{id}/presence` as subscriptions.

use serde_json::json;

use crate::support::{TestServer, build};

#[test]
pub(super) fn presence_of_anyone_is_heard_when_asked_for_and_ones_own_always() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let mut open = ada.stream();
    open.subscribes(&ada, "/presence?include_not_followed=1");
    let mut own = ada.stream();
    own.subscribes(&ada, "/presence");
    bob.put("/users/me/presence", &json!({"presence": "here"}))
        .is(200);
    let event = open.hears("user_presence");
    assert_eq!(event["meta"]["id"], "2");
    assert_eq!(event["data"][0]["presence"], "here");
    assert_eq!(event["data"][0]["username"], "bob");
    ada.put("/users/me/presence", &json!({"presence": "me"}))
        .is(200);
    assert_eq!(open.hears("user_presence")["data"][0]["presence"], "me");
    assert_eq!(
        own.hears("user_presence")["data"][0]["presence"],
        "me",
        "bob is not followed"
    );
}

#[test]
fn going_offline_says_nothing_and_saying_the_same_again_does() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let mut stream = ada.stream();
    stream.subscribes(&ada, "/presence?include_not_followed=1");
    let says = |what: &str| {
        bob.put("/users/me/presence", &json!({"presence": what}))
            .is(200)
    };
    for what in ["one", "offline", "one", "one", "0", "two"] {
        says(what);
    }
    for heard in ["one", "one", "one", "two"] {
        assert_eq!(stream.hears("user_presence")["data"][0]["presence"], heard);
    }
    // On the way of another call only a change is told.
    bob.get("/token?update_presence=three").is(200);
    bob.get("/token?update_presence=three").is(200);
    says("four");
    for heard in ["three", "four"] {
        assert_eq!(stream.hears("user_presence")["data"][0]["presence"], heard);
    }
}

#[test]
fn typing_in_a_room_is_heard_by_subscribers_of_its_presence() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, other) = (build::room(&ada, "Lounge"), build::room(&ada, "Other"));
    let mut stream = ada.stream();
    // Users that do not follow each other meet in a room; a subscription that wants to hear them says so.
    stream.subscribes(
        &ada,
        &format!("/channels/{room}/presence?include_not_followed=1"),
    );
    let here = |room: &str, what: &str| {
        let path = format!("/users/me/presence/channels/{room}");
        bob.put(&path, &json!({"presence": what})).is(200);
    };
    here(&other, "elsewhere");
    here(&room, "typing");
    let event = stream.hears("user_channel_presence");
    assert_eq!(event["data"][0]["presence"], "typing", "{event}");
    assert_eq!(event["meta"]["id"], room.as_str());
    assert_eq!(event["meta"]["channel_id"], room.as_str());
    assert_eq!(event["meta"]["user_id"], "2");
    bob.put("/users/me/presence", &json!({"presence": "global"}))
        .is(200);
    here(&room, "offline");
    here(&room, "back");
    assert_eq!(
        stream.hears("user_channel_presence")["data"][0]["presence"],
        "back"
    );
}

#[test]
fn presence_of_a_user_that_blocks_the_listener_is_not_heard() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let mut stream = ada.stream();
    stream.subscribes(&ada, "/presence?include_not_followed=1");
    bob.does("/users/1/block").is(200);
    bob.does("/users/me/presence").is(200);
    // Both are heard of by the order in which they were answered.
    eve.does("/users/me/presence").is(200);
    assert_eq!(stream.hears("user_presence")["meta"]["id"], "3");
    bob.delete("/users/1/block").is(200);
    bob.does("/users/me/presence").is(200);
    assert_eq!(stream.hears("user_presence")["meta"]["id"], "2");
}

#[test]
fn a_followed_user_is_heard_without_asking_and_no_longer_after_unfollowing() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    ada.does("/users/2/follow").is(200);
    let mut stream = ada.stream();
    stream.subscribes(&ada, "/presence");
    bob.put("/users/me/presence", &json!({"presence": "here"}))
        .is(200);
    assert_eq!(stream.hears("user_presence")["data"][0]["presence"], "here");
    ada.delete("/users/2/follow").is(200);
    bob.put("/users/me/presence", &json!({"presence": "unheard"}))
        .is(200);
    ada.put("/users/me/presence", &json!({"presence": "me"}))
        .is(200);
    assert_eq!(stream.hears("user_presence")["data"][0]["presence"], "me");
}

#[test]
fn each_socket_of_a_user_hears_of_those_that_are_followed_since() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let (mut first, mut second) = (ada.stream(), ada.stream());
    first.subscribes(&ada, "/presence");
    let in_room = second.subscribes(&ada, &format!("/channels/{room}/presence"));
    let posts = second.subscribes(&ada, "/posts/streams/me");
    ada.does("/users/2/follow").is(200);
    // The first subscription of the two ends; what it shared with the others stays.
    ada.delete(&format!("/users/me/streams/{}/{posts}", second.id))
        .is(204);
    bob.put("/users/me/presence", &json!({"presence": "here"}))
        .is(200);
    assert_eq!(first.hears("user_presence")["data"][0]["presence"], "here");
    let path = format!("/users/me/presence/channels/{room}");
    bob.put(&path, &json!({"presence": "typing"})).is(200);
    let event = second.hears("user_channel_presence");
    assert_eq!(event["meta"]["subscription_ids"], json!([in_room]));
}
