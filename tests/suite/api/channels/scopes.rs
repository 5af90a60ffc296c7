//! Which scopes open which channels, for people and for apps.

use serde_json::json;

use crate::support::{TestServer, build, ids, text};

#[test]
fn narrow_scopes_open_their_types_only() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let circle = build::circle(&ada, &[]);
    let chat = server.with_scopes(&ada, "basic,messages:io.pnut.core.chat");
    chat.get(&format!("/channels/{room}")).is(200);
    chat.post(&format!("/channels/{room}/messages"), &json!({"text": "x"}))
        .is(201);
    chat.get(&format!("/channels/{circle}"))
        .refused_as(403, "not-authorized");
    chat.post(
        &format!("/channels/{circle}/messages"),
        &json!({"text": "x"}),
    )
    .refused(403);
    chat.post("/channels", &json!({"type": "org.example.x"}))
        .refused(403);
    let found = chat.get(&format!("/channels?ids={room},{circle}")).data();
    assert_eq!(ids(&found), [room.as_str()]);
    let public = server.with_scopes(&ada, "basic,public_messages");
    public.get(&format!("/channels/{room}")).is(200);
    public.get(&format!("/channels/{circle}")).refused(403);
    let none = server.with_scopes(&ada, "basic,public_messages:org.example.x");
    none.post(&format!("/channels/{room}/messages"), &json!({"text": "x"}))
        .refused(403);
}

#[test]
fn own_messages_are_listed_as_far_as_the_scopes_go() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&bob, "Lounge");
    let circle = build::circle(&ada, &[]);
    let (there, here) = (
        build::says(&ada, &room, "there"),
        build::says(&ada, &circle, "here"),
    );
    build::says(&bob, &room, "not mine");
    assert_eq!(
        ids(&ada.get("/users/me/messages").data()),
        [here.as_str(), there.as_str()]
    );
    let chat = server.with_scopes(&ada, "basic,messages:io.pnut.core.chat");
    assert_eq!(ids(&chat.get("/users/me/messages").data()), [there]);
    server
        .with_scopes(&ada, "basic")
        .get("/users/me/messages")
        .refused(403);
}

#[test]
fn an_app_reads_what_is_public_and_what_a_reader_opened_to_it() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    let (client, other) = server.other_app("Other");
    let room = build::room(&ada, "Lounge");
    let circle = build::circle(&ada, &[&server.bob()]);
    let said = build::says(&ada, &circle, "inside");
    for path in [
        format!("/channels/{room}"),
        format!("/channels/{circle}"),
        format!("/channels/{circle}/messages"),
        format!("/channels/{circle}/messages/{said}"),
        format!("/channels/{circle}/subscribers"),
    ] {
        assert_eq!(app.get(&path).status, 200, "{path}");
    }
    let channel = app.get(&format!("/channels/{circle}")).data();
    assert!(channel.get("you_subscribed").is_none() && channel.get("has_unread").is_none());
    assert!(channel["acl"]["read"].get("you").is_none());
    // No user that may read it uses the other app.
    other.get(&format!("/channels/{room}")).is(200);
    other.get(&format!("/channels/{circle}")).refused(403);
    assert_eq!(
        other.get(&format!("/channels/messages?ids={said}")).data(),
        json!([])
    );
    // The wrong scope opens nothing, the right one does.
    server.through(&client, &server.bob(), "basic,messages:io.pnut.core.chat");
    other.get(&format!("/channels/{circle}")).refused(403);
    let bob = server.through(&client, &server.bob(), "basic,messages");
    other.get(&format!("/channels/{circle}")).is(200);
    assert_eq!(
        ids(&other.get(&format!("/channels/messages?ids={said}")).data()),
        [said.as_str()]
    );
    bob.delete("/token").is(200);
    other.get(&format!("/channels/{circle}")).refused(403);
    // Apps read; they do not write.
    app.post(&format!("/channels/{room}/messages"), &json!({"text": "x"}))
        .refused_as(403, "wrong-token-kind");
    app.does(&format!("/channels/{room}/subscribe"))
        .refused(403);
    text(&channel["type"]);
}
