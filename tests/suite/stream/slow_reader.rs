//! A reader that does not read is gone in time, and no other reader waits for it.

use serde_json::json;

use crate::support::{Person, Stream, TestServer, build, eventually, text};

/// One large message; with its raw it is ten kilobytes on the wire. Gives its id.
pub(super) fn says_much(person: &Person, room: &str) -> String {
    let body = json!({
        "text": "x".repeat(2000),
        "raw": {"org.example.filler": [{"t": "y".repeat(8000)}]},
    });
    let path = format!("/channels/{room}/messages");
    text(&person.post(&path, &body).is(201).data()["id"])
}

/// What the kernel keeps for a connection whose reader does not read, at most: a send buffer of 4 MiB (`tcp_wmem`),
/// far rounded up.
pub(super) const MESSAGES_THAT_FILL_THE_KERNEL: usize = 3000;

/// Says large things until the kernel takes no more for the one slow connection. It gives signs of life
/// meanwhile, so that whatever ends it is counted from here.
fn fills_the_kernel(server: &TestServer, person: &Person, room: &str, slow: &mut Stream) {
    for _ in 0..MESSAGES_THAT_FILL_THE_KERNEL {
        slow.signals();
        says_much(person, room);
        if server.counter("stream_sockets_behind_total") > 0 {
            return;
        }
    }
    panic!("the kernel took everything: {}", server.actors());
}

/// Bob's stream that hears the room with everything, and is never read.
fn never_read(server: &TestServer, room: &str) -> Stream {
    never_read_with(server, room, "")
}

/// The same, with parameters.
pub(super) fn never_read_with(server: &TestServer, room: &str, parameters: &str) -> Stream {
    let slow = server
        .bob()
        .stream_with(&format!("&include_raw=1{parameters}"));
    slow.keeps_unread(128 * 1024);
    slow.subscribes(&server.bob(), &format!("/channels/{room}/messages"));
    slow
}

#[test]
pub(super) fn a_reader_that_does_not_read_is_closed_with_4008_and_others_hear_everything() {
    let server = TestServer::with(&[
        ("STREAMS_QUEUE_BYTES", "65536"),
        ("STREAMS_STALLED_MS", "60000"),
    ]);
    let (ada, eve) = (server.ada(), server.eve());
    let room = build::room(&ada, "Lounge");
    let mut slow = never_read(&server, &room);
    let mut quick = eve.stream();
    quick.subscribes(&eve, &format!("/channels/{room}/messages"));
    let mut said = 0;
    while server.counter("stream_slow_closes_total") == 0 {
        says_much(&ada, &room);
        // In step with the writer: this one is never behind, however busy the machine is.
        quick.hears("message");
        said += 1;
        assert!(said < MESSAGES_THAT_FILL_THE_KERNEL, "{}", server.actors());
    }
    build::says(&ada, &room, "the end");
    quick.hears_text("the end");
    // What was queued in the kernel may still be read; then the reason, or just the end.
    let code = slow.closed_with();
    assert!(matches!(code, 4008 | 1006), "{code}");
    let path = "/v1/sys/actors?kind=channel&order=slow_closes";
    let rows = server.anonymous().call_at("GET", path, &[], b"").data();
    assert_eq!(
        (&rows[0]["id"], &rows[0]["slow_closes"]),
        (&room.into(), &1.into())
    );
}

#[test]
fn a_reader_without_progress_is_closed_though_its_queue_is_not_full() {
    let server = TestServer::with(&[
        ("STREAMS_QUEUE_BYTES", "500000000"),
        ("STREAMS_STALLED_MS", "300"),
    ]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut slow = never_read(&server, &room);
    fills_the_kernel(&server, &ada, &room, &mut slow);
    eventually("it is closed as slow", || {
        server.counter("stream_slow_closes_total") == 1
    });
    server.holds_no_connection();
    drop(slow);
}

#[test]
fn silence_ends_a_connection_that_does_not_read_either() {
    let server = TestServer::with(&[
        ("STREAMS_SILENCE_MS", "2000"),
        ("STREAMS_GRACE_MS", "0"),
        ("STREAMS_QUEUE_BYTES", "500000000"),
        ("STREAMS_STALLED_MS", "600000"),
    ]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut slow = never_read(&server, &room);
    fills_the_kernel(&server, &ada, &room, &mut slow);
    eventually("it is closed as silent", || {
        server.counter("stream_silent_closes_total") == 1
    });
    server.holds_no_connection();
    drop(slow);
}

#[test]
fn the_socket_of_a_reader_that_never_reads_is_closed_too() {
    let server = TestServer::with(&[
        ("STREAMS_QUEUE_BYTES", "65536"),
        ("STREAMS_STALLED_MS", "300"),
        ("STREAMS_LINGER_MS", "100"),
    ]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let before = server.sockets();
    let mut slow = never_read(&server, &room);
    fills_the_kernel(&server, &ada, &room, &mut slow);
    // The client holds its end and reads nothing: only the server can let go.
    eventually("the socket is closed", || server.sockets() <= before);
    server.holds_no_connection();
    drop(slow);
}
