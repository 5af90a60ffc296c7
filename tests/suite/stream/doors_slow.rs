//! Answers whose clients read nothing: the bounds of the shard end them as they end websockets.

use serde_json::json;

use crate::support::door::{Door, Item};
use crate::support::{Person, Stream, TestServer, build, eventually};

/// Ten kilobytes on the wire.
fn says_much(person: &Person, room: &str, text: &str) {
    let body = json!({
        "text": text,
        "raw": {"org.example.filler": [{"t": "y".repeat(8000)}]},
    });
    person
        .post(&format!("/channels/{room}/messages"), &body)
        .is(201);
}

/// More than the kernel keeps for a connection and the server for its answer.
const MORE_THAN_WAITS: usize = 3000;

fn never_read(server: &TestServer, room: &str, door: Door) -> Stream {
    let slow = door.carries(|| server.bob().stream_with("&include_raw=1"));
    slow.keeps_unread(128 * 1024);
    slow.subscribes(&server.bob(), &format!("/channels/{room}/messages"));
    slow
}

/// Says large things until the server has closed one as slow.
fn says_until_closed(server: &TestServer, room: &str) {
    let ada = server.ada();
    for _ in 0..MORE_THAN_WAITS {
        says_much(&ada, room, "much");
        if server.counter("stream_slow_closes_total") > 0 {
            return;
        }
    }
    panic!("never closed: {}", server.actors());
}

fn is_cut_for_time(door: Door) {
    let server = TestServer::with(&[
        ("STREAMS_QUEUE_BYTES", "500000000"),
        ("STREAMS_STALLED_MS", "300"),
        ("STREAMS_LINGER_MS", "100"),
    ]);
    let room = build::room(&server.ada(), "Lounge");
    let before = server.sockets();
    let mut slow = never_read(&server, &room, door);
    says_until_closed(&server, &room);
    server.holds_no_connection();
    // The client holds its end and reads nothing: only the server can let go.
    eventually("the socket is closed", || server.sockets() <= before);
    assert_eq!(server.counter("http_answers_unread_total"), 0);
    while let Item::Frame(_) | Item::Beat | Item::Retry(_) | Item::Close(_) = slow.answer().next() {
    }
}

#[test]
fn an_event_stream_without_progress_is_closed_and_its_socket_too() {
    is_cut_for_time(Door::EventStream);
}

#[test]
fn a_json_stream_without_progress_is_closed_and_its_socket_too() {
    is_cut_for_time(Door::JsonStream);
}

#[test]
fn what_waited_for_a_slow_reader_arrives_whole_and_in_order() {
    let server = TestServer::with(&[("STREAMS_QUEUE_BYTES", "500000000")]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    for door in Door::ANSWERS {
        let mut slow = never_read(&server, &room, door);
        for n in 0..400 {
            says_much(&ada, &room, &n.to_string());
        }
        for n in 0..400 {
            slow.hears_text(&n.to_string());
        }
    }
}
