//! `GET /users/me/channels/subscribed`, which `GET /channels` without ids is too.

use serde_json::json;

use crate::support::{TestServer, build, ids, text};

#[test]
fn the_inbox_holds_subscribed_channels_newest_activity_first() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let rooms: Vec<_> = (0..3).map(|n| build::room(&bob, &n.to_string())).collect();
    for room in &rooms {
        build::join(room, &[&ada]);
    }
    build::room(&bob, "not subscribed");
    let inbox = |query: &str| {
        ids(&ada
            .get(&format!("/users/me/channels/subscribed?{query}"))
            .data())
    };
    let order = |places: [usize; 3]| places.map(|n| rooms[n].clone()).to_vec();
    assert_eq!(inbox(""), order([2, 1, 0]), "without messages by creation");
    build::says(&bob, &rooms[0], "up");
    build::says(&bob, &rooms[1], "up");
    assert_eq!(inbox(""), order([1, 0, 2]));
    assert_eq!(ids(&ada.get("/channels").data()), order([1, 0, 2]));
    // The place in the list is not the id of the channel.
    let first = ada.get("/users/me/channels/subscribed?count=1");
    let next = format!("before_id={}", text(&first.meta()["min_id"]));
    assert_eq!(inbox(&next), order([1, 0, 2])[1..]);
    let since = format!(
        "since_id={}",
        text(&ada.get("/channels").data()[2]["pagination_id"])
    );
    assert_eq!(inbox(&since), order([1, 0, 2])[..2]);
}

#[test]
fn the_inbox_counts_what_is_unread_whatever_the_page_shows() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&bob, "Lounge");
    build::join(&room, &[&ada]);
    let counts = |query: &str| {
        ada.get(&format!("/users/me/channels/subscribed?{query}"))
            .meta()["unread_counts"]
            .clone()
    };
    assert_eq!(
        counts(""),
        json!({"io.pnut.core.chat": 0, "io.pnut.core.pm": 0})
    );
    build::says(&bob, &room, "one");
    build::says(&bob, &room, "two");
    build::whispers(&bob, &[&ada], "psst");
    assert_eq!(
        counts(""),
        json!({"io.pnut.core.chat": 1, "io.pnut.core.pm": 1}),
        "channels, not messages"
    );
    assert_eq!(counts("channel_types=org.example.x&count=1"), counts(""));
    assert_eq!(ada.get("/channels").meta()["unread_counts"], counts(""));
}

#[test]
fn the_inbox_keeps_to_what_is_asked_and_to_what_the_scopes_open() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&bob, "Lounge");
    let circle = build::circle(&bob, &[&ada]);
    build::join(&room, &[&ada]);
    build::join(&circle, &[&ada]);
    let pm = text(&build::whispers(&bob, &[&ada], "psst")["channel_id"]);
    let inbox = |person: &crate::support::Person, query: &str| {
        let mut found = ids(&person
            .get(&format!("/users/me/channels/subscribed?{query}"))
            .data());
        found.sort();
        found
    };
    assert_eq!(inbox(&ada, "include_read=0"), [pm.as_str()]);
    assert_eq!(
        inbox(&ada, "channel_types=io.pnut.core.chat"),
        [room.as_str()]
    );
    assert_eq!(
        inbox(&ada, "exclude_channel_types=io.pnut.core.pm").len(),
        2
    );
    let narrow = server.with_scopes(&ada, "basic,messages:io.pnut.core.pm");
    assert_eq!(inbox(&narrow, ""), [pm.as_str()]);
    let public = server.with_scopes(&ada, "basic,public_messages");
    assert_eq!(inbox(&public, ""), [room.as_str()]);
    let none = server.with_scopes(&ada, "basic");
    none.get("/users/me/channels/subscribed")
        .refused_as(403, "not-authorized");
}

#[test]
fn the_inbox_may_show_members_and_newest_messages() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    build::whispers(&bob, &[&ada], "psst");
    let query = "include_limited_users=1&include_recent_message=1";
    let shown = ada
        .get(&format!("/users/me/channels/subscribed?{query}"))
        .data();
    assert_eq!(shown[0]["recent_message"]["content"]["text"], "psst");
    assert_eq!(
        shown[0]["acl"]["write"]["users"].as_array().map(Vec::len),
        Some(2)
    );
}
