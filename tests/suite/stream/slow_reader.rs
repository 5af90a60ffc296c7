//! Whoever does not read is gone in time, and nobody waits for them.

use serde_json::json;

use crate::support::{Person, TestServer, build, eventually};

/// Says large things until the counter of connections falls, or as often as would fill any buffer.
fn floods_until(server: &TestServer, ada: &Person, room: &str, left: u64) {
    let path = format!("/channels/{room}/messages");
    let large = "x".repeat(2000);
    let raw = json!({"org.example.filler": [{"t": "y".repeat(8000)}]});
    for _ in 0..3000 {
        ada.post(&path, &json!({"text": large, "raw": raw})).is(201);
        if server.actors()["connections"] == left {
            return;
        }
    }
    panic!(
        "a reader that does not read is still there: {}",
        server.actors()
    );
}

#[test]
fn a_reader_that_stands_still_is_closed_with_4008_and_others_hear_everything() {
    let server = TestServer::with(&[
        ("STREAMS_QUEUE_BYTES", "65536"),
        ("STREAMS_STALLED_MS", "60000"),
    ]);
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut slow = bob.stream_with("&include_raw=1");
    slow.follows(&bob, &path);
    let mut quick = eve.stream();
    quick.follows(&eve, &path);
    let reader = std::thread::spawn(move || {
        let mut heard = 0;
        while quick.hears("message")["data"][0]["content"]["text"] != "the end" {
            heard += 1;
        }
        drop(quick);
        heard
    });
    floods_until(&server, &ada, &room, 1);
    build::says(&ada, &room, "the end");
    assert!(reader.join().expect("the quick one heard all") > 0);
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
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let slow = bob.stream_with("&include_raw=1");
    slow.follows(&bob, &format!("/channels/{room}/messages"));
    floods_until(&server, &ada, &room, 0);
    drop(slow);
}

#[test]
fn silence_ends_a_connection_that_does_not_read_either() {
    let server = TestServer::with(&[
        ("STREAMS_SILENCE_MS", "500"),
        ("STREAMS_GRACE_MS", "100"),
        ("STREAMS_QUEUE_BYTES", "500000000"),
    ]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let slow = bob.stream_with("&include_raw=1");
    slow.follows(&bob, &format!("/channels/{room}/messages"));
    floods_until(&server, &ada, &room, 0);
    drop(slow);
}

#[test]
fn the_socket_of_a_reader_that_never_reads_is_closed_too() {
    let server = TestServer::with(&[
        ("STREAMS_QUEUE_BYTES", "65536"),
        ("STREAMS_STALLED_MS", "300"),
        ("STREAMS_LINGER_MS", "100"),
    ]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let before = server.sockets();
    let slow = bob.stream_with("&include_raw=1");
    slow.follows(&bob, &format!("/channels/{room}/messages"));
    floods_until(&server, &ada, &room, 0);
    // The client holds its end and reads nothing: only the server can let go.
    eventually("the socket is closed", || server.sockets() <= before);
    drop(slow);
}
