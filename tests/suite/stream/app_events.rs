//! What app streams say: every object type that flows, every field of `meta`.

use serde_json::{Value, json};

use crate::support::{Person, Stream, TestServer, build, cli, text};

/// A firehose of this app for these types.
fn firehose(app: &Person, types: &[&str]) -> Stream {
    build::app_stream(app, "hose", types);
    app.firehose_with("hose", "&include_raw=1")
}

/// Nothing personal, and no subscription ids, anywhere in an event.
fn is_impersonal(event: &Value) {
    let whole = event.to_string();
    for never in ["subscription_ids", "you_", "\"you\"", "has_unread"] {
        assert!(!whole.contains(never), "{never} in {event}");
    }
}

fn sorted(list: &Value) -> Vec<String> {
    let mut list: Vec<_> = list.as_array().expect("a list").iter().map(text).collect();
    list.sort();
    list
}

#[test]
pub(super) fn a_message_names_the_subscribed_users_and_those_not_to_notify() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada, &bob, &eve, &dan]);
    bob.does("/users/1/mute").is(200);
    eve.does("/users/1/block").is(200);
    let mut stream = firehose(&server.app(), &["message"]);
    let said = build::says(&ada, &room, "hello");
    let event = stream.hears_text("hello");
    is_impersonal(&event);
    let meta = &event["meta"];
    assert_eq!(meta["id"], said.as_str());
    assert_eq!(meta["channel_type"], "io.pnut.core.chat");
    assert_eq!(meta["channel_name"], "Lounge");
    assert_eq!(
        sorted(&meta["subscribed_user_ids"]),
        ["1", "2", "3", "4"],
        "the author too"
    );
    assert_eq!(sorted(&meta["suppress_notifications"]), ["2", "3"]);
    assert!(meta.get("is_deleted").is_none());
    ada.delete(&format!("/channels/{room}/messages/{said}"))
        .is(200);
    let event = stream.hears("message");
    is_impersonal(&event);
    let meta = &event["meta"];
    assert_eq!(meta["is_deleted"], true);
    assert_eq!(meta["channel_name"], "Lounge");
    assert!(
        meta.get("subscribed_user_ids").is_none(),
        "not on deletions: {event}"
    );
    assert!(meta["suppress_notifications"].is_array());
    assert!(event["data"][0].get("content").is_none());
}

#[test]
fn a_message_to_a_circle_has_no_name_and_an_empty_list_is_a_list() {
    let server = TestServer::start();
    let ada = server.ada();
    let circle = build::circle(&ada, &[]);
    build::join(&circle, &[&ada]);
    let mut stream = firehose(&server.app(), &["message"]);
    build::says(&ada, &circle, "hello");
    let event = stream.hears_text("hello");
    assert!(event["meta"].get("channel_name").is_none());
    assert_eq!(event["meta"]["suppress_notifications"], json!([]));
    assert_eq!(event["meta"]["subscribed_user_ids"], json!(["1"]));
}

#[test]
fn a_new_private_message_comes_with_its_channel_and_its_subscriptions() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let mut stream = firehose(
        &server.app(),
        &["message", "channel", "channel_subscription"],
    );
    let said = build::whispers(&ada, &[&bob], "psst");
    let channel = text(&said["channel_id"]);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let event = stream.event();
        is_impersonal(&event);
        let kind = text(&event["meta"]["type"]);
        match kind.as_str() {
            "channel" => assert_eq!(event["data"]["id"], channel.as_str()),
            "channel_subscription" => {
                assert_eq!(event["meta"]["id"], channel.as_str());
                assert_eq!(event["data"]["channel"]["id"], channel.as_str());
                seen.push(text(&event["data"]["user"]["username"]));
            }
            _ => assert_eq!(event["data"][0]["content"]["text"], "psst", "last of all"),
        }
        seen.push(kind);
    }
    assert_eq!(seen.last().map(String::as_str), Some("message"), "{seen:?}");
    for expected in ["channel", "ada", "bob"] {
        assert!(seen.iter().any(|it| it == expected), "{expected}: {seen:?}");
    }
}

#[test]
pub(super) fn channels_and_their_subscriptions_flow() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let mut stream = firehose(&server.app(), &["channel", "channel_subscription"]);
    let room = build::room(&ada, "Lounge");
    // No user is subscribed: the channel itself is no news for an app yet.
    build::join(&room, &[&bob]);
    let event = stream.hears("channel_subscription");
    is_impersonal(&event);
    assert_eq!(event["meta"]["id"], room.as_str());
    assert_eq!(event["data"]["user"]["username"], "bob");
    assert_eq!(event["data"]["channel"]["id"], room.as_str());
    ada.put(
        &format!("/channels/{room}"),
        &json!({"raw": build::settings("New")}),
    )
    .is(200);
    let event = stream.hears("channel");
    is_impersonal(&event);
    assert_eq!(event["meta"]["id"], room.as_str());
    assert_eq!(
        event["data"]["raw"]["io.pnut.core.chat-settings"][0]["name"],
        "New"
    );
    bob.delete(&format!("/channels/{room}/subscribe")).is(200);
    let event = stream.hears("channel_subscription");
    assert_eq!(event["meta"]["is_deleted"], true);
    build::join(&room, &[&bob]);
    stream.hears("channel_subscription");
    ada.delete(&format!("/channels/{room}")).is(200);
    let mut kinds = Vec::new();
    for _ in 0..2 {
        let event = stream.event();
        if event["meta"]["type"] == "channel" {
            assert_eq!(event["data"]["is_active"], false);
            assert!(event["meta"].get("is_deleted").is_none());
        } else {
            assert_eq!(event["meta"]["is_deleted"], true);
        }
        kinds.push(text(&event["meta"]["type"]));
    }
    kinds.sort();
    assert_eq!(kinds, ["channel", "channel_subscription"]);
}

#[test]
pub(super) fn mutes_and_blocks_flow_with_both_people() {
    let server = TestServer::start();
    let ada = server.ada();
    let mut stream = firehose(&server.app(), &["mute", "block"]);
    for (kind, other) in [("mute", "muted_user"), ("block", "blocked_user")] {
        ada.does(&format!("/users/2/{kind}")).is(200);
        let event = stream.hears(kind);
        is_impersonal(&event);
        assert_eq!(event["meta"]["id"], "2", "the user acted upon");
        assert_eq!(event["data"]["user"]["id"], "1");
        assert_eq!(event["data"][other]["id"], "2");
        assert!(event["meta"].get("is_deleted").is_none());
        ada.delete(&format!("/users/2/{kind}")).is(200);
        assert_eq!(stream.hears(kind)["meta"]["is_deleted"], true);
    }
}

#[test]
fn grants_and_revocations_flow_to_the_app_concerned() {
    let server = TestServer::start();
    let (client, other) = server.other_app("Other");
    let mut stream = firehose(&other, &["token"]);
    let first = server.through(&client, &server.ada(), "basic,messages");
    let event = stream.hears("token");
    is_impersonal(&event);
    assert_eq!(event["meta"]["id"], "1");
    assert_eq!(event["data"]["user"]["id"], "1");
    assert_eq!(event["data"]["scopes"], json!(["basic", "messages"]));
    assert!(!event.to_string().contains(first.token()));
    let second = server.through(&client, &server.ada(), "basic");
    stream.hears("token");
    server.with_scopes(&server.bob(), "basic");
    first.delete("/token").is(200);
    second.delete("/token").is(200);
    loop {
        let event = stream.hears("token");
        assert_eq!(
            event["meta"]["id"], "1",
            "bob granted to another app: {event}"
        );
        if event["meta"].get("is_deleted") == Some(&json!(true)) {
            break;
        }
    }
}

#[test]
fn changes_of_a_profile_flow_to_the_apps_that_the_user_authorized() {
    let server = TestServer::start();
    let (client, other) = server.other_app("Other");
    let mut stream = firehose(&other, &["user"]);
    server.through(&client, &server.bob(), "basic");
    let profile = json!({"name": "Ada", "content": {"text": "not of this app"}});
    server.ada().patch("/users/me", &profile).is(200);
    let bob = server.bob();
    bob.patch("/users/me", &json!({"name": "Bobby"})).is(200);
    let event = stream.hears("user");
    is_impersonal(&event);
    assert_eq!(
        event["meta"]["id"], "2",
        "ada did not authorize it: {event}"
    );
    assert_eq!(event["data"]["name"], "Bobby");
    // By the operator, in another process.
    let url = server.database_url();
    let rename = ["user", "rename", "bob", "robert", "--database-url", &url];
    assert!(cli::run(&rename).status.success());
    assert_eq!(stream.hears("user")["data"]["username"], "robert");
}

#[test]
fn presence_flows_everywhere_and_in_rooms() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = firehose(&server.app(), &["user_presence", "user_channel_presence"]);
    bob.put("/users/me/presence", &json!({"presence": "here"}))
        .is(200);
    let event = stream.hears("user_presence");
    is_impersonal(&event);
    assert_eq!(event["meta"]["id"], "2");
    assert_eq!(event["data"][0]["presence"], "here");
    bob.does(&format!("/users/me/presence/channels/{room}"))
        .is(200);
    let event = stream.hears("user_channel_presence");
    assert_eq!(event["meta"]["id"], room.as_str());
    assert_eq!(event["meta"]["user_id"], "2");
    assert_eq!(event["data"][0]["presence"], "online");
}

#[test]
fn types_without_writes_are_accepted_and_only_listed_ones_come() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    let types = [
        "post",
        "bookmark",
        "follow",
        "file",
        "poll",
        "user",
        "user_presence",
    ];
    let mut stream = firehose(&server.app(), &types);
    build::says(&ada, &room, "not listed");
    ada.does("/users/2/mute").is(200);
    ada.does("/users/me/presence").is(200);
    stream.hears("user_presence");
}

#[test]
pub(super) fn filters_and_display_parameters_are_in_the_query() {
    let server = TestServer::start();
    let ada = server.ada();
    let (room, circle) = (build::room(&ada, "Lounge"), build::circle(&ada, &[]));
    build::join(&room, &[&ada]);
    build::join(&circle, &[&ada]);
    build::app_stream(&server.app(), "narrow", &["message"]);
    let query = "&channel_types=io.pnut.core.chat&include_deleted=0&include_html=0";
    let mut stream = server.app().firehose_with("narrow", query);
    build::says(&ada, &circle, "another type");
    let gone = build::says(&ada, &room, "one");
    ada.delete(&format!("/channels/{room}/messages/{gone}"))
        .is(200);
    build::says(&ada, &room, "two");
    let event = stream.hears_text("one");
    assert!(!event.to_string().contains("\"html\""), "{event}");
    stream.hears_text("two");
}
