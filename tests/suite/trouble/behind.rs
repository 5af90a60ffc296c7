//! The reader of the log is stalled while others write: delivery is late then, and still complete and in order.

use std::io::Write as _;

use serde_json::json;

use crate::support::faults::Switch;
use crate::support::http::{read_answer, request};
use crate::support::raw_socket::RawSocket;
use crate::support::{Person, Stream, TestServer, build, eventually};

/// Far more than what may wait between the lane and the reader of the log.
const MOST: usize = 5000;

/// One large message with a number in it.
fn says_numbered(person: &Person, room: &str, number: usize) {
    let body = json!({
        "text": format!("{number} {}", "x".repeat(2000)),
        "raw": {"org.example.filler": [{"t": "y".repeat(8000)}]},
    });
    let path = format!("/channels/{room}/messages");
    person.post(&path, &body).is(201);
}

/// The number of the next message.
fn hears_numbered(stream: &mut Stream) -> usize {
    let event = stream.hears("message");
    let text = event["data"][0]["content"]["text"].as_str();
    let first = text.and_then(|text| text.split(' ').next());
    let number = first.and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("not one of ours: {event}"))
}

/// Writes until so many commits found the way to the stalled reader full. The first message meets the fault. Gives
/// how many were written.
fn fills_the_outlet(
    server: &TestServer,
    person: &Person,
    room: &str,
    stalls: &Switch,
    dropped: u64,
) -> usize {
    says_numbered(person, room, 0);
    stalls.is_met();
    for number in 1..MOST {
        says_numbered(person, room, number);
        if server.counter("store_dropped_batches_total") >= dropped {
            return number + 1;
        }
    }
    panic!("the outlet has no bound that {MOST} commits would reach");
}

#[test]
fn a_full_outlet_makes_delivery_late_and_nothing_else() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    build::app_stream(&app, "hose", &["message"]);
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    let mut firehose = app.firehose("hose");
    let stalls = server.fault("log-tail");
    let written = fills_the_outlet(&server, &ada, &room, &stalls, 10);
    stalls.off();
    for number in 0..written {
        assert_eq!(hears_numbered(&mut stream), number);
        assert_eq!(hears_numbered(&mut firehose), number);
    }
    assert!(server.counter("log_catch_ups_total") > 0);
    assert_eq!(server.counter("stream_slow_closes_total"), 0, "both read");
    // It has caught up: what comes now comes live.
    build::says(&ada, &room, "now");
    stream.hears_text("now");
    firehose.hears_text("now");
}

#[test]
fn what_is_decided_behind_a_stalled_reader_takes_nothing_away_that_was_said_before() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&ada, "Lounge");
    ada.does("/users/2/follow").is(200);
    ada.does("/users/3/follow").is(200);
    let (mut rooms, mut posts) = (ada.stream(), ada.stream());
    rooms.subscribes(&ada, &format!("/channels/{room}/messages"));
    posts.subscribes(&ada, "/posts/streams/me");
    let stalls = server.fault("log-tail");
    build::says(&bob, &room, "before");
    stalls.is_met();
    let before = build::posts(&bob, "before");
    let followed = build::posts(&eve, "followed");
    // The tables are ahead of the reader, which has not asked for bob yet.
    ada.does("/users/2/mute").is(200);
    ada.delete("/users/3/follow").is(200);
    build::says(&bob, &room, "muted");
    build::posts(&bob, "muted");
    build::posts(&eve, "not followed");
    ada.does("/users/3/follow").is(200);
    let again = build::posts(&eve, "followed again");
    stalls.off();
    rooms.hears_text("before");
    for id in [before, followed, again] {
        assert_eq!(posts.hears("post")["meta"]["id"], id.as_str());
    }
    ada.delete("/users/2/mute").is(200);
    build::says(&bob, &room, "after");
    rooms.hears_text("after");
}

#[test]
fn streams_are_closed_when_events_were_trimmed_behind_a_stalled_reader() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &path);
    let stalls = server.fault("log-tail");
    fills_the_outlet(&server, &ada, &room, &stalls, 20);
    // As the sweep of another process would: all is gone but the last five, and with them most of what the outlet
    // had no room for.
    server.sql(
        "DELETE FROM log_events WHERE pos <= (SELECT pos FROM log_head) - 5;
         UPDATE log_head SET bytes = (SELECT sum(bytes) FROM log_events);",
    );
    stalls.off();
    assert_eq!(
        stream.closed_with(),
        4009,
        "it lacks events that cannot be sent any more"
    );
    server.forgives("events were trimmed before they were read", 1);
    assert!(server.counter("log_events_missed_total") > 0);
    let mut stream = bob.stream();
    stream.subscribes(&bob, &path);
    build::says(&ada, &room, "now");
    stream.hears_text("now");
}

/// Presence that may wait on its way down (`actors/mod.rs`).
const EPHEMERAL: usize = 4096;

/// Sets a presence so many times over one connection, each as soon as the last was answered.
fn sets_presence(person: &Person, times: usize) {
    let bearer = format!("Bearer {}", person.token());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Connection", "keep-alive"),
    ];
    let body = json!({"presence": "here"}).to_string();
    let one = request("PUT", "/v1/users/me/presence", &headers, body.as_bytes());
    let mut socket = RawSocket::connect(person.address);
    for _ in 0..times {
        let stream = socket.stream();
        stream.write_all(&one).expect("an open connection");
        let answer = read_answer(stream, "PUT /v1/users/me/presence");
        assert_eq!(answer.status, 200, "{answer}");
    }
}

#[test]
fn presence_is_dropped_and_counted_when_its_way_is_full() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/presence?include_not_followed=1");
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    let stalls = server.fault("log-tail");
    build::says(&ada, &room, "before");
    stalls.is_met();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| sets_presence(&ada, EPHEMERAL / 4 + 5));
        }
    });
    assert_eq!(server.counter("log_ephemeral_dropped_total"), 20);
    build::says(&ada, &room, "meanwhile");
    stalls.off();
    // A message is never dropped, and is not behind what is ephemeral.
    stream.hears_text("before");
    stream.hears_text("meanwhile");
    for _ in 0..EPHEMERAL {
        stream.hears("user_presence");
    }
    // The board itself lost nothing, and the next one is heard again.
    assert_eq!(bob.get("/users/1/presence").data()["presence"], "here");
    ada.put("/users/me/presence", &json!({"presence": "back"}))
        .is(200);
    let event = stream.hears("user_presence");
    assert_eq!(event["data"][0]["presence"], "back");
    eventually("no more was dropped", || {
        server.counter("log_ephemeral_dropped_total") == 20
    });
}
