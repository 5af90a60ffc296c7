//! Webhooks: what they deliver, in which order, and who may see it.

use serde_json::json;

use crate::support::receiver::{Answer, Received, Receiver, SECRET};
use crate::support::{TestServer, build, eventually, text};

/// Receivers of these stories are on this machine; a failed attempt is repeated at once.
pub(super) const LOCAL: &[(&str, &str)] = &[
    ("WEBHOOKS_ALLOW_PRIVATE", "true"),
    ("WEBHOOKS_RETRY_MS", "20,20,20"),
];

pub(super) fn said(all: &[Received]) -> Vec<String> {
    all.iter().map(Received::said).collect()
}

#[test]
fn a_hook_is_posted_what_a_socket_with_cursors_is_sent_and_signed() {
    let server = TestServer::with(LOCAL);
    let (ada, app, receiver) = (server.ada(), server.app(), Receiver::start());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    build::says(&ada, &room, "before it was made");
    receiver.is_hooked(&app, "hook", &["message"]);
    let mut socket = app.firehose_with("hook", "&include_cursor=1");
    build::says(&ada, &room, "hello");
    let event = socket.hears_text("hello");
    let received = receiver.waits_for(1);
    assert_eq!(received[0].body, event);
    assert_eq!(received[0].id, text(&event["meta"]["cursor"]));
    assert_eq!((received[0].attempt, &*received[0].path), (1, "/in"));
    assert!(received[0].is_signed(SECRET));
    assert!(!received[0].is_signed("another-secret-of-it"));
    app.delete("/streams/hook").is(200);
}

#[test]
fn the_key_of_a_hook_opens_a_live_stream_which_goes_on_behind_a_delivery() {
    let server = TestServer::with(LOCAL);
    let (ada, app, receiver) = (server.ada(), server.app(), Receiver::start());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    receiver.is_hooked(&app, "hook", &["message"]);
    build::says(&ada, &room, "delivered");
    let delivered = receiver.waits_for(1)[0].id.clone();
    app.put("/streams/hook", &json!({"is_enabled": false}))
        .is(200);
    build::says(&ada, &room, "while it is off");
    let behind = format!("&include_cursor=1&cursor={delivered}");
    let mut socket = app.firehose_with("hook", &behind);
    socket.hears_text("while it is off");
    build::says(&ada, &room, "live");
    socket.hears_text("live");
    assert_eq!(receiver.all().len(), 1);
    app.delete("/streams/hook").is(200);
    assert_eq!(socket.closed_with(), 4004);
}

#[test]
fn each_channel_keeps_its_order_and_waits_for_no_other() {
    let server = TestServer::with(LOCAL);
    let (ada, app, receiver) = (server.ada(), server.app(), Receiver::start());
    let rooms: Vec<String> = (0..3)
        .map(|n| build::room(&ada, &format!("Room {n}")))
        .collect();
    for room in &rooms {
        build::join(room, &[&ada]);
    }
    // The first room's deliveries fail until the others have all of theirs.
    let slow = rooms[0].clone();
    receiver.answers(move |received| {
        match received.body["data"][0]["channel_id"] == slow.as_str() {
            true => Answer::Hangs,
            false => Answer::Status(204),
        }
    });
    receiver.is_hooked(&app, "hook", &["message"]);
    for n in 0..20 {
        for (index, room) in rooms.iter().enumerate() {
            build::says(&ada, room, &format!("{index} {n}"));
        }
    }
    let of_room = |all: &[Received], index: usize| {
        let mut seen = said(all);
        seen.retain(|text| text.starts_with(&format!("{index} ")));
        seen
    };
    let all: Vec<Vec<String>> = (0..3)
        .map(|index| (0..20).map(|n| format!("{index} {n}")).collect())
        .collect();
    let received = receiver.until("those of the other rooms", |known| {
        of_room(known, 1).len() == 20 && of_room(known, 2).len() == 20
    });
    assert_eq!(
        [of_room(&received, 1), of_room(&received, 2)],
        [&*all[1], &*all[2]]
    );
    assert_eq!(of_room(&received, 0), ["0 0"], "one at a time");
    app.delete("/streams/hook").is(200);
}

#[test]
fn what_fails_is_tried_again_and_nothing_overtakes_it() {
    let server = TestServer::with(&[LOCAL, &[("WEBHOOKS_TIMEOUT_MS", "300")]].concat());
    let (ada, app, receiver) = (server.ada(), server.app(), Receiver::start());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    receiver.answers(|received| match (&*received.said(), received.attempt) {
        ("one", 1) => Answer::Status(500),
        ("one", 2) => Answer::Hangs,
        ("two", 1) => Answer::With(429, "Retry-After: 1000"),
        ("two", 2) => Answer::With(302, "Location: /elsewhere"),
        ("three", 1) => Answer::Endless,
        _ => Answer::Status(200),
    });
    receiver.is_hooked(&app, "hook", &["message"]);
    for said in ["one", "two", "three", "four"] {
        build::says(&ada, &room, said);
    }
    let received = receiver.until("the last one", |all| said(all).contains(&"four".to_owned()));
    let expected = ["one", "one", "one", "two", "two", "two", "three", "four"];
    assert_eq!(said(&received), expected);
    assert!(
        received
            .iter()
            .all(|one| one.path == "/in" && one.is_signed(SECRET))
    );
    let ids: Vec<&str> = received.iter().map(|one| one.id.as_str()).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3]);
    assert_eq!(server.counter("webhook_failures_total"), 4);
    eventually("all four are counted", || {
        server.counter("webhook_deliveries_total") == 4
    });
    app.delete("/streams/hook").is(200);
}

#[test]
fn parameters_and_filters_narrow_a_hook_as_they_narrow_a_stream() {
    let server = TestServer::with(LOCAL);
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    let receiver = Receiver::start();
    let filter = json!({"name": "hello", "match_policy": "include_all", "clauses": [
        {"object_type": "post", "operator": "matches", "field": "/data/content/text", "value": "hello"}]});
    let filter = text(&app.post("/filters", &filter).is(200).data()["id"]);
    let mut hook = receiver.hook("hook", &["post"]);
    hook["filter_id"] = json!(filter);
    hook["parameters"] = json!(format!("user_ids={}&include_html=0", ada.id));
    let made = app.post("/streams", &hook).is(200).data();
    assert_eq!(made["type"], "webhook");
    assert_eq!(made["is_enabled"], true);
    build::posts(&bob, "hello from bob");
    build::posts(&ada, "something else");
    build::posts(&ada, "hello from ada");
    build::posts(&ada, "hello again");
    let received = receiver.waits_for(2);
    assert_eq!(said(&received), ["hello from ada", "hello again"]);
    assert!(received[0].body["data"][0]["content"].get("html").is_none());
    let open = app.get("/apps/me/streams").is(200).data();
    assert_eq!(open[0]["key"], "hook", "{open}");
    assert_eq!(open[0]["parameters"]["user_ids"], ada.id.as_str());
    app.delete(&format!("/filters/{filter}"))
        .refused_as(409, "filter-in-use");
    app.delete("/streams/hook").is(200);
    assert_eq!(app.get("/apps/me/streams").is(200).data(), json!([]));
}

#[test]
fn a_hook_sees_what_the_app_may_see_now_and_no_more() {
    let server = TestServer::with(LOCAL);
    let (ada, bob, receiver) = (server.ada(), server.bob(), Receiver::start());
    let (client, other) = server.other_app("Other");
    let rooms = [build::room(&ada, "One"), build::room(&ada, "Two")];
    for room in &rooms {
        build::join(room, &[&ada, &bob]);
    }
    receiver.answers(|received| match &*received.said() {
        "within" => Answer::Hangs,
        _ => Answer::Status(200),
    });
    receiver.is_hooked(&other, "hook", &["message"]);
    build::says(&ada, &rooms[0], "not yet");
    let granted = server.through(&client, &bob, "messages");
    build::says(&ada, &rooms[0], "within");
    receiver.waits_for(1);
    // It waits behind the first, and is no longer the app's when its turn comes.
    build::says(&ada, &rooms[0], "waiting");
    granted.delete("/token").is(200);
    build::says(&ada, &rooms[1], "behind");
    let again = server.through(&client, &bob, "messages");
    receiver.answers(|_| Answer::Status(200));
    build::says(&ada, &rooms[1], "again");
    let received = receiver.until("the last one", |all| {
        said(all).contains(&"again".to_owned())
    });
    assert_eq!(said(&received), ["within", "again"]);
    drop(again);
    other.delete("/streams/hook").is(200);
}
