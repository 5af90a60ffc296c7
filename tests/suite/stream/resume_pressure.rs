//! Streams that go on under pressure: taken over, slow, in the middle of a flood, behind what memory holds.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::resume::Left;
use crate::support::{Person, Stream, TestServer, build, eventually, text};

fn session(person: &Person, path: &str) -> (Stream, Left) {
    let stream = person.stream_with("&include_cursor=1&auto_delete=0");
    stream.subscribes(person, path);
    let left = Left::of(&stream);
    (stream, left)
}

fn room_of(ada: &Person, bob: &Person) -> (String, String) {
    let room = build::room(ada, "Lounge");
    build::join(&room, &[bob]);
    let path = format!("/channels/{room}/messages");
    (room, path)
}

#[test]
fn the_newest_connection_of_a_session_wins() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let (mut old, mut left) = session(&bob, &path);
    build::says(&ada, &room, "one");
    left.behind(&old.hears_text("one"));
    let mut new = left.continues(&bob);
    assert_eq!(old.closed_with(), 4006);
    build::says(&ada, &room, "two");
    left.behind(&new.hears_text("two"));
    // The end of the old one took nothing from the new one.
    drop(old);
    build::says(&ada, &room, "three");
    left.behind(&new.hears_text("three"));
    drop(new);
    build::says(&ada, &room, "four");
    left.continues(&bob).hears_text("four");
}

#[test]
fn of_two_that_come_back_at_once_one_goes_on() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let (stream, left) = session(&bob, &path);
    drop(stream);
    build::says(&ada, &room, "missed");
    for round in 0..4 {
        let mut both: Vec<Stream> = std::thread::scope(|scope| {
            let opens = || bob.stream_with(&left.address());
            let threads = [scope.spawn(opens), scope.spawn(opens)];
            let streams = threads.into_iter();
            streams
                .map(|thread| thread.join().expect("a stream"))
                .collect()
        });
        assert!(both.iter().all(|stream| stream.id == left.id));
        let said = format!("live {round}");
        build::says(&ada, &room, &said);
        let went_on = both.iter_mut().map(|stream| hears_it(stream, &said));
        let went_on = went_on.filter(|heard| *heard);
        assert_eq!(went_on.count(), 1);
    }
}

/// Whether a stream hears this before it ends.
fn hears_it(stream: &mut Stream, said: &str) -> bool {
    while let Some(event) = stream.event_or_end() {
        if event["data"][0]["content"]["text"] == said {
            return true;
        }
    }
    false
}

#[test]
fn sixteen_subscriptions_come_back_and_the_seventeenth_is_refused() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let (stream, left) = session(&bob, &path);
    for _ in 1..16 {
        stream.subscribes(&bob, &path);
    }
    drop(stream);
    build::says(&ada, &room, "missed");
    let mut stream = left.continues(&bob);
    assert_eq!(Stream::named(&stream.hears_text("missed")).len(), 16);
    let one_more = stream.calls(&bob, &path);
    one_more.refused_as(400, "subscription-limit");
    build::says(&ada, &room, "live");
    assert_eq!(Stream::named(&stream.hears_text("live")).len(), 16);
}

#[test]
fn what_left_the_memory_is_read_from_the_table() {
    let server = TestServer::with(&[("STREAMS_RING_BYTES", "65536")]);
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let (stream, left) = session(&bob, &path);
    drop(stream);
    let said: Vec<String> = (0..300).map(|n| format!("number {n}")).collect();
    for text in &said {
        build::says(&ada, &room, text);
    }
    let mut stream = left.continues(&bob);
    assert_eq!(stream.hello["meta"]["stream"]["replayed"], 300);
    for text in &said {
        stream.hears_text(text);
    }
    build::says(&ada, &room, "live");
    stream.hears_text("live");
    assert!(server.counter("log_replay_reads_total") > 0);
}

#[test]
fn a_hole_in_memory_needs_no_table() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let (stream, left) = session(&bob, &path);
    drop(stream);
    for n in 0..50 {
        build::says(&ada, &room, &n.to_string());
    }
    let mut stream = left.continues(&bob);
    for n in 0..50 {
        stream.hears_text(&n.to_string());
    }
    assert_eq!(server.counter("log_replay_reads_total"), 0);
    assert_eq!(server.counter("stream_resumes_total"), 1);
    assert_eq!(server.counter("stream_replayed_events_total"), 50);
}

#[test]
fn a_reader_that_stalls_in_the_middle_of_a_replay_is_waited_for() {
    let server = TestServer::with(&[
        ("STREAMS_QUEUE_BYTES", "16384"),
        ("STREAMS_STALLED_MS", "200"),
    ]);
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let (stream, left) = session(&bob, &path);
    drop(stream);
    let long = "x".repeat(2000);
    for n in 0..300 {
        build::says(&ada, &room, &format!("{n} {long}"));
    }
    let mut stream = left.continues(&bob);
    stream.keeps_unread(4096);
    // Another one, which stalls from its first event on, while the first reads.
    let (mut other, _) = session(&bob, &path);
    for n in 0..300 {
        stream.signals();
        let event = stream.hears("message");
        let said = text(&event["data"][0]["content"]["text"]);
        assert!(said.starts_with(&format!("{n} ")), "{n}: {said}");
        if n == 100 {
            // More than a stalled reader would be given: many turns of the checks.
            for _ in 0..20 {
                other.beats();
                stream.signals();
                build::says(&ada, &room, "meanwhile");
                other.hears_text("meanwhile");
            }
            std::thread::park_timeout(std::time::Duration::from_millis(600));
        }
    }
    for _ in 0..20 {
        stream.hears_text("meanwhile");
    }
    build::says(&ada, &room, "live");
    stream.hears_text("live");
}

#[test]
fn a_stream_that_is_cut_again_and_again_in_a_flood_misses_nothing() {
    let server = TestServer::with(&[("STREAMS_RING_BYTES", "65536")]);
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let other = build::room(&ada, "Other");
    let (mut stream, mut left) = session(&bob, &path);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = || {
            let mut said: Vec<u64> = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                said.push(number(&Value::from(build::says(&ada, &room, "x"))));
                build::says(&ada, &other, "y");
            }
            said
        };
        let writers = [
            scope.spawn(writer),
            scope.spawn(writer),
            scope.spawn(writer),
        ];
        // Also if the reader fails: the writers would be waited for.
        let ends = Ends(&stop);
        let mut heard: Vec<u64> = Vec::new();
        for round in 0..25 {
            for _ in 0..round % 7 {
                let event = stream.hears("message");
                heard.push(number(&event["data"][0]["id"]));
                left.behind(&event);
            }
            drop(stream);
            stream = left.continues(&bob);
        }
        drop(ends);
        let said: BTreeSet<u64> = writers
            .into_iter()
            .flat_map(|writer| writer.join().expect("a writer"))
            .collect();
        let last = said.last().copied();
        while heard.last().copied() != last {
            heard.push(number(&stream.hears("message")["data"][0]["id"]));
        }
        assert!(heard.windows(2).all(|pair| pair[0] < pair[1]), "in order");
        assert_eq!(heard.into_iter().collect::<BTreeSet<u64>>(), said);
    });
}

/// Ends the writers of a story.
struct Ends<'s>(&'s AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn number(id: &Value) -> u64 {
    text(id).parse().expect("a number")
}

#[test]
fn what_the_log_no_longer_holds_is_said() {
    let mut server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let (stream, left) = session(&bob, &path);
    drop(stream);
    build::says(&ada, &room, "to be lost");
    build::says(&ada, &room, "to be kept");
    server.kill();
    server.sql("DELETE FROM log_events WHERE pos < (SELECT MAX(pos) FROM log_events)");
    server.start_again();
    let (ada, bob) = (server.ada(), server.bob());
    let mut stream = left.continues(&bob);
    let frame = stream.frame();
    let gap = &frame["meta"]["gap"];
    assert_eq!(gap["reason"], "trimmed", "{frame}");
    assert_eq!(text(&gap["from"]), left.cursor);
    assert_eq!(frame["meta"]["cursor"], gap["to"]);
    assert_eq!(gap["backfill"][0]["path"], path.as_str());
    stream.hears_text("to be kept");
    build::says(&ada, &room, "live");
    stream.hears_text("live");
    assert_eq!(server.counter("stream_gaps_total"), 1);
    eventually("the stream is counted", || {
        server.counter("stream_resumes_total") == 1
    });
}

#[test]
fn a_restarted_server_has_the_newest_events_in_memory() {
    let mut server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let (stream, left) = session(&bob, &path);
    drop(stream);
    for n in 0..20 {
        build::says(&ada, &room, &n.to_string());
    }
    server.kill();
    server.start_again();
    let mut stream = left.continues(&server.bob());
    for n in 0..20 {
        stream.hears_text(&n.to_string());
    }
    assert_eq!(server.counter("log_replay_reads_total"), 0);
}

#[test]
fn a_stream_that_reads_no_replay_is_not_answered_without_a_bound() {
    let server = TestServer::with(&[("STREAMS_QUEUE_BYTES", "16384")]);
    let (ada, bob) = (server.ada(), server.bob());
    let (room, path) = room_of(&ada, &bob);
    let (stream, left) = session(&bob, &path);
    drop(stream);
    let long = "x".repeat(2000);
    for _ in 0..1500 {
        build::says(&ada, &room, &long);
    }
    let mut stream = left.continues(&bob);
    // With room for less than a segment of the loopback the kernel drops acknowledgements too: both ends wait for ever longer
    // timers, and no ping arrives any more.
    stream.keeps_unread(128 * 1024);
    // It reads nothing, and asks for answers for as long as it is listened to.
    while stream.offers(Message::Ping(vec![b'x'; 125].into())) {}
    let ended = bob.get("/users/me/streams/log").data();
    assert_eq!(server.counter("stream_slow_closes_total"), 1, "{ended}");
}
