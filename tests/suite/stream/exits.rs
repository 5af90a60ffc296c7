//! The eight exits. Each must leave nothing behind: no connection, no subscription, no slot. The
//! server itself checks the counts again when a test ends.

use nix::sys::signal::Signal;
use tokio_tungstenite::tungstenite::Message;

use crate::support::raw_socket::RawSocket;
use crate::support::{Person, SHORT_SILENCE, Stream, TestServer, build};

fn listener(person: &Person, room: &str) -> Stream {
    let mut stream = person.stream();
    let messages = format!("/channels/{room}/messages");
    for path in [&messages, "/channels", "/token", "/presence"] {
        // Where the limit of silence is short, each call starts it again.
        stream.beats();
        stream.subscribes(person, path);
    }
    stream
}

#[test]
pub(super) fn the_client_closes() {
    let server = TestServer::start();
    let room = build::room(&server.ada(), "Lounge");
    let mut stream = listener(&server.bob(), &room);
    assert_eq!(server.actors()["subscriptions"], 4);
    assert_eq!(stream.closes(), 1000);
    server.holds_no_connection();
}

#[test]
fn the_client_closes_with_a_code_of_its_own() {
    let server = TestServer::start();
    let mut stream = server.ada().stream();
    let frame = tokio_tungstenite::tungstenite::protocol::CloseFrame {
        code: 3000.into(),
        reason: "enough".into(),
    };
    stream.sends(Message::Close(Some(frame)));
    let code = stream.closed_with();
    assert!(matches!(code, 1000 | 3000), "{code}");
    server.holds_no_connection();
}

#[test]
pub(super) fn the_server_closes_when_told_by_rest() {
    let server = TestServer::start();
    let bob = server.bob();
    let room = build::room(&server.ada(), "Lounge");
    let mut stream = listener(&bob, &room);
    bob.delete(&format!("/users/me/streams/{}", stream.id))
        .is(204);
    assert_eq!(stream.closed_with(), 1000);
    server.holds_no_connection();
}

#[test]
pub(super) fn the_network_dies() {
    let server = TestServer::start();
    let room = build::room(&server.ada(), "Lounge");
    drop(listener(&server.bob(), &room));
    server.holds_no_connection();
    // In the middle of a frame, too.
    let mut raw = RawSocket::open(&server.bob());
    raw.write(&[0x81, 0xfe, 0x01]);
    drop(raw);
    server.holds_no_connection();
}

#[test]
fn the_client_says_nothing() {
    let server = TestServer::with(SHORT_SILENCE);
    let room = build::room(&server.ada(), "Lounge");
    let mut stream = listener(&server.bob(), &room);
    assert_eq!(stream.closed_with(), 4000);
    server.holds_no_connection();
}

#[test]
pub(super) fn the_token_is_revoked() {
    let server = TestServer::start();
    let room = build::room(&server.ada(), "Lounge");
    let bob = server.with_scopes(&server.bob(), "basic,messages,presence");
    let mut stream = listener(&bob, &room);
    bob.delete("/token").is(200);
    assert_eq!(stream.closed_with(), 4001);
    server.holds_no_connection();
}

#[test]
fn the_app_stream_is_deleted() {
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "mine", &["message"]);
    build::app_stream(&app, "other", &["message"]);
    let (mut gone, mut kept) = (app.firehose("mine"), app.firehose("other"));
    app.delete("/streams/mine").is(200);
    assert_eq!(gone.closed_with(), 4004);
    kept.says(".");
    assert_eq!(kept.frame()["meta"]["pong"], 1);
    app.delete("/streams").is(200);
    assert_eq!(kept.closed_with(), 4004);
    server.holds_no_connection();
}

#[test]
pub(super) fn the_process_stops() {
    let mut server = TestServer::start();
    let room = build::room(&server.ada(), "Lounge");
    let mut stream = listener(&server.bob(), &room);
    build::app_stream(&server.app(), "mine", &["message"]);
    let mut firehose = server.app().firehose("mine");
    server.signal(Signal::SIGTERM);
    assert_eq!(stream.closed_with(), 1001);
    assert_eq!(firehose.closed_with(), 1001);
    drop((stream, firehose));
    assert!(server.stop_status(), "{}", server.log());
}

#[test]
fn coming_and_going_all_at_once_leaves_nothing() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut random = crate::support::random::Random::seeded(20_261_122);
    let rounds: Vec<u64> = (0..24).map(|_| random.below(4)).collect();
    std::thread::scope(|scope| {
        for (lane, rounds) in rounds.chunks(6).enumerate() {
            let (ada, bob, room) = (ada.clone(), bob.clone(), room.clone());
            scope.spawn(move || {
                for how in rounds {
                    let mut stream = listener(&bob, &room);
                    build::says(&ada, &room, &format!("lane {lane}"));
                    match how {
                        0 => drop(stream),
                        1 => drop(stream.closes()),
                        2 => drop(bob.delete(&format!("/users/me/streams/{}", stream.id))),
                        _ => drop(stream.hears("message")),
                    }
                }
            });
        }
    });
    server.holds_no_connection();
}
