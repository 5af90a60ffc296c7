//! `include_timing=1`: each event says when it passed the stations of its way.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::{TestServer, build};

#[expect(
    clippy::disallowed_methods,
    reason = "what the server says is held against the wall clock"
)]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.expect("after 1970").as_micros();
    u64::try_from(micros).expect("before the year 586000")
}

/// The moments of an event, in the order in which they must lie.
fn moments(event: &Value, names: &[&str]) -> Vec<u64> {
    let timing = &event["meta"]["timing"];
    let known = timing.as_object().map_or(0, serde_json::Map::len);
    assert_eq!(known, names.len(), "{event}");
    let moment = |name: &&str| {
        let moment = timing[*name].as_u64();
        moment.unwrap_or_else(|| panic!("no {name}: {event}"))
    };
    names.iter().map(moment).collect()
}

const ALL: [&str; 4] = ["accepted", "committed", "fanned_out", "written"];

#[test]
pub(super) fn the_stations_of_a_message_lie_in_their_order_between_its_call_and_its_arrival() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut timed = ada.stream_with("&include_timing=1");
    let mut plain = ada.stream();
    timed.subscribes(&ada, &path);
    plain.subscribes(&ada, &path);
    for text in ["first", "second"] {
        let before = now();
        build::says(&ada, &room, text);
        let event = timed.hears_text(text);
        let mut moments = moments(&event, &ALL);
        moments.insert(0, before);
        moments.push(now());
        assert!(moments.is_sorted(), "{moments:?} in {event}");
        assert!(plain.hears_text(text)["meta"].get("timing").is_none());
    }
}

#[test]
pub(super) fn listeners_on_the_slow_path_get_it_too() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut twice = ada.stream_with("&include_timing=1");
    twice.subscribes(&ada, &format!("/channels/{room}/messages"));
    twice.subscribes(&ada, "/channels?include_deleted=0");
    twice.subscribes(&ada, "/presence");
    ada.does(&format!("/channels/{room}/subscribe")).is(200);
    let event = twice.hears("channel_subscription");
    assert!(moments(&event, &ALL).is_sorted(), "{event}");
    build::says(&ada, &room, "hello");
    let event = twice.hears_text("hello");
    assert!(moments(&event, &ALL).is_sorted(), "{event}");
    // Nothing is committed for presence, so nothing is said of it.
    let presence = json!({"presence": "here"});
    ada.put("/users/me/presence", &presence).is(200);
    let event = twice.hears("user_presence");
    let moments = moments(&event, &["fanned_out", "written"]);
    assert!(moments.is_sorted(), "{event}");
}

#[test]
pub(super) fn app_streams_say_it_beside_the_users_to_notify() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    build::app_stream(&app, "hose", &["message"]);
    let mut stream = app.firehose_with("hose", "&include_timing=1");
    build::says(&ada, &room, "hello");
    let event = stream.hears_text("hello");
    assert!(moments(&event, &ALL).is_sorted(), "{event}");
    assert!(event["meta"]["subscribed_user_ids"].is_array(), "{event}");
}
