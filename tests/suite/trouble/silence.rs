//! A log that cannot be written, and threads that end: neither leaves a caller waiting.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::launch::Stderr;
use crate::support::{TestServer, build, eventually};

/// Longer than the time after which a commit is reported as slow.
const SLOW: Duration = Duration::from_millis(300);

/// More lines than may wait, and than the smallest pipe takes.
const MANY: usize = 1200;

/// Makes the write lane's own thread log a line: of a slow commit.
fn commits_slowly(server: &TestServer, room: &str) {
    let ada = server.ada();
    let held = server.fault("lane");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| build::says(&ada, room, "slow"));
        held.is_met();
        let begun = Instant::now();
        eventually("the commit is slow", || begun.elapsed() > SLOW);
        held.off();
        writer.join().expect("an answer");
    });
}

fn goes_on_without_its_log(end: Stderr) {
    let mut server = TestServer::with_stderr(&[("SERVER_LOG", "debug")], end);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    commits_slowly(&server, &room);
    for _ in 0..MANY {
        ada.get("/sys/config").is(200);
    }
    build::says(&ada, &room, "afterwards");
    stream.hears_text("slow");
    stream.hears_text("afterwards");
    eventually("lost lines are counted", || {
        server.counter("log_lines_lost_total") > 0
    });
    assert_eq!(ada.call_at("GET", "/readyz", &[], b"").status, 200);
    assert!(server.stop(), "the stop waits for no reader of the log");
}

#[test]
fn a_log_on_a_full_disk_stops_nothing() {
    goes_on_without_its_log(Stderr::Full);
}

#[test]
fn a_log_into_a_closed_pipe_stops_nothing() {
    goes_on_without_its_log(Stderr::Closed);
}

#[test]
fn a_log_into_a_pipe_that_is_not_read_stops_nothing() {
    goes_on_without_its_log(Stderr::Unread);
}

#[test]
fn a_lane_that_panics_without_a_log_answers_what_waits_and_ends_the_process() {
    for end in [Stderr::Full, Stderr::Unread] {
        let mut server = TestServer::with_stderr(&[("SERVER_DRAIN_MS", "1000")], end);
        let ada = server.ada();
        let room = build::room(&ada, "Lounge");
        let path = format!("/channels/{room}/messages");
        let held = server.fault("lane");
        std::thread::scope(|scope| {
            let first = scope.spawn(|| ada.post(&path, &json!({"text": "first"})));
            held.is_met();
            let panics = server.fault("lane-thread");
            let waits = scope.spawn(|| ada.post(&path, &json!({"text": "waits"})));
            eventually("one waits", || server.counter("store_lane_depth") == 1);
            held.off();
            // In its hands, and in its queue.
            first.join().expect("an answer").refused(503);
            waits.join().expect("an answer").refused(503);
            drop(panics);
        });
        assert_eq!(server.exit_code(), 70);
    }
}

#[test]
fn a_thread_that_ends_ends_the_process_and_its_callers_are_answered() {
    for (fault, name, panics) in [
        ("reader-thread", "ReaderThread", true),
        ("actor-thread", "ActorThread", false),
    ] {
        let settings = [("SERVER_DRAIN_MS", "1000"), ("SERVER_ACTOR_THREADS", "2")];
        let mut server = TestServer::with_faults(&settings);
        let ada = server.ada();
        let room = build::room(&ada, "Lounge");
        assert_eq!(room, "1", "an actor of the second thread");
        let path = format!("/channels/{room}/messages");
        let _fault = server.fault(fault);
        let answer = match panics {
            true => ada.get(&path),
            false => ada.post(&path, &json!({"text": "last words"})),
        };
        assert!([200, 201, 503].contains(&answer.status), "{answer}");
        assert_eq!(server.exit_code(), 70, "{fault}");
        if panics {
            server.panicked(name);
        }
        server.forgives("stopped working", 1);
        server.forgives("a part that cannot be replaced ended", 1);
    }
}
