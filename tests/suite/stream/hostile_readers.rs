//! Clients that ask for frames about their streams and do not read them, or come and go all the time.

use super::slow_reader::{MESSAGES_THAT_FILL_THE_KERNEL, never_read_with, says_much};
use crate::support::{Stream, TestServer, build, eventually};

#[test]
fn stalled_readers_that_asked_are_cut_one_by_one_and_the_log_says_what_they_left() {
    const STALLED: u64 = 12;
    let server = TestServer::with(&[
        ("STREAMS_QUEUE_BYTES", "65536"),
        ("STREAMS_STALLED_MS", "60000"),
        ("STREAMS_LINGER_MS", "100"),
    ]);
    let (ada, eve) = (server.ada(), server.eve());
    let room = build::room(&ada, "Lounge");
    let mut stalled: Vec<Stream> = (0..STALLED)
        .map(|_| never_read_with(&server, &room, "&control=1"))
        .collect();
    let mut quick = eve.stream_with("&control=1");
    quick.subscribes(&eve, &format!("/channels/{room}/messages"));
    let mut said = 0;
    while server.counter("stream_slow_closes_total") < STALLED {
        says_much(&ada, &room);
        for stream in &mut stalled {
            stream.signals();
        }
        // In step with the writer, so it is never behind and never warned.
        quick.hears("message");
        said += 1;
        assert!(said < MESSAGES_THAT_FILL_THE_KERNEL, "{}", server.actors());
    }
    eventually("only the quick one is left", || {
        server.actors()["connections"] == 1
    });
    let log = server.bob().get("/users/me/streams/log").data();
    let log = log.as_array().expect("a list");
    assert_eq!(log.len() as u64, STALLED);
    for one in log {
        assert_eq!(one["code"], 4008, "{one}");
        let waiting = one["bytes_waiting"].as_u64().expect("a number");
        assert!((1..=8 * 65_536).contains(&waiting), "{one}");
    }
    drop(stalled);
}

#[test]
fn thousands_of_ends_leave_a_short_log_and_no_connection() {
    const ROUNDS: usize = 250;
    let server = TestServer::start();
    let bob = server.bob();
    std::thread::scope(|scope| {
        for lane in 0..8 {
            let bob = bob.clone();
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let mut stream = bob.stream_with("&control=1");
                    match (lane + round) % 3 {
                        0 => drop(stream),
                        1 => drop(stream.closes()),
                        _ => stream.says(&"x".repeat(5000)),
                    }
                }
            });
        }
    });
    server.holds_no_connection();
    let log = bob.get("/users/me/streams/log").data();
    assert_eq!(log.as_array().map(Vec::len), Some(32));
    let open = bob.get("/users/me/streams").data();
    assert_eq!(open.as_array().map(Vec::len), Some(0));
}
