//! Silence ends a connection; anything at all keeps it.

use tokio_tungstenite::tungstenite::Message;

use crate::support::{TestServer, build};

/// Real milliseconds: what is tested here is a clock.
const QUICK: &[(&str, &str)] = &[("STREAMS_SILENCE_MS", "600"), ("STREAMS_GRACE_MS", "200")];

#[test]
fn every_text_is_answered_by_a_pong_object() {
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
    let server = TestServer::with(QUICK);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = bob.stream();
    stream.follows(&bob, &format!("/channels/{room}/messages"));
    // What it is sent does not keep it alive.
    build::says(&ada, &room, "hello");
    assert_eq!(stream.closed_with(), 4000);
    server.holds_no_connection();
}

#[test]
fn an_app_stream_falls_silent_too() {
    let server = TestServer::with(QUICK);
    build::app_stream(&server.app(), "mine", &["message"]);
    assert_eq!(server.app().firehose("mine").closed_with(), 4000);
}

#[test]
fn texts_pings_and_pongs_each_keep_a_connection() {
    let server = TestServer::with(QUICK);
    let ada = server.ada();
    type Sign = fn() -> Message;
    let signs: [Sign; 3] = [
        || Message::text("."),
        || Message::Ping("p".into()),
        || Message::Pong("p".into()),
    ];
    for sign in signs {
        let (mut kept, mut silent) = (ada.stream(), ada.stream());
        // Beats until the silent one is gone, twice over: its end is the clock.
        for _ in 0..2 {
            std::thread::scope(|scope| {
                let clock = scope.spawn(|| silent.closed_with());
                while !clock.is_finished() {
                    kept.sends(sign());
                    std::thread::park_timeout(std::time::Duration::from_millis(50));
                }
                assert_eq!(clock.join().expect("a code"), 4000);
            });
            silent = ada.stream();
        }
        kept.says("still here?");
        while kept.frame()["meta"].get("pong").is_none() {}
        drop(silent);
    }
}
