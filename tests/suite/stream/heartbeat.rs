//! Silence ends a connection; anything at all keeps it.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{SHORT_SILENCE, TestServer, build, eventually};

#[test]
pub(super) fn every_text_is_answered_by_a_pong_object() {
    let server = TestServer::start();
    let mut stream = server.ada().stream();
    for text in [
        ".",
        "ping",
        "🥜",
        "{}",
        "",
        "{\"meta\":{\"connection_id\":\"x\"}}",
    ] {
        stream.says(text);
        let frame = stream.frame();
        let meta = &frame["meta"];
        assert_eq!(meta["pong"], 1, "{frame}");
        assert!(frame.get("data").is_none());
        for never in ["connection_id", "subscription_ids", "type"] {
            assert!(meta.get(never).is_none(), "{frame}");
        }
    }
    stream.sends(Message::binary(vec![0xff, 0x00]));
    assert_eq!(stream.frame()["meta"]["pong"], 1);
}

#[test]
fn protocol_pings_get_protocol_pongs() {
    let server = TestServer::start();
    let mut stream = server.ada().stream();
    stream.sends(Message::Ping("abc".into()));
    assert_eq!(stream.raw(), Message::Pong("abc".into()));
}

#[test]
fn silence_closes_with_4000() {
    let server = TestServer::with(SHORT_SILENCE);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    // What it is sent does not keep it alive.
    build::says(&ada, &room, "hello");
    assert_eq!(stream.closed_with(), 4000);
    server.holds_no_connection();
}

#[test]
fn an_app_stream_falls_silent_too() {
    // Nothing is called while the stream is open, so this may be as short as it likes.
    let server = TestServer::with(&[("STREAMS_SILENCE_MS", "100"), ("STREAMS_GRACE_MS", "0")]);
    build::app_stream(&server.app(), "mine", &["message"]);
    assert_eq!(server.app().firehose("mine").closed_with(), 4000);
}

#[test]
fn texts_pings_and_pongs_each_keep_a_connection() {
    type Sign = fn() -> Message;
    let signs: [Sign; 3] = [
        || Message::text("."),
        || Message::Ping("p".into()),
        || Message::Pong("p".into()),
    ];
    let server = TestServer::with(SHORT_SILENCE);
    let ada = server.ada();
    let mut kept = signs.map(|sign| (sign, ada.stream()));
    // The end of a silent connection is the clock. Two of them, one after the other: then each kept one has
    // outlived the silence that was counted from its first sign of life, too.
    for _ in 0..2 {
        let mut silent = ada.stream();
        std::thread::scope(|scope| {
            let clock = scope.spawn(|| silent.closed_with());
            while !clock.is_finished() {
                for (sign, stream) in &mut kept {
                    stream.sends(sign());
                }
                // Twenty signs in the time in which one is needed.
                std::thread::park_timeout(Duration::from_millis(100));
            }
            assert_eq!(clock.join().expect("a code"), 4000);
        });
    }
    for (_, stream) in &mut kept {
        stream.says("still here?");
        while stream.frame()["meta"].get("pong").is_none() {}
    }
}

#[test]
fn a_server_that_stood_still_reads_its_sockets_before_it_calls_one_silent() {
    let server = TestServer::with(SHORT_SILENCE);
    let (mut heard, mut silent) = (server.ada().stream(), server.bob().stream());
    server.signal(Signal::SIGSTOP);
    heard.says(".");
    // Twice the silence that is allowed.
    let begun = Instant::now();
    eventually("the stall is long", || {
        begun.elapsed() > Duration::from_secs(4)
    });
    server.signal(Signal::SIGCONT);
    assert_eq!(heard.frame()["meta"]["pong"], 1);
    std::thread::scope(|scope| {
        let clock = scope.spawn(|| silent.closed_with());
        while !clock.is_finished() {
            heard.says(".");
            std::thread::park_timeout(Duration::from_millis(100));
            assert_eq!(heard.frame()["meta"]["pong"], 1);
        }
        assert_eq!(clock.join().expect("a code"), 4000);
    });
}
