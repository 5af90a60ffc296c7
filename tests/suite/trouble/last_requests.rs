//! A stop closes the socket for clients at once, and serves the connections that are open to their last request.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::http::{Answer, read_answer, request};
use crate::support::raw_socket::{Heard, RawSocket};
use crate::support::{Person, TestServer, build, eventually};

/// Longer than any story waits.
const LONG: (&str, &str) = ("SERVER_NOTICE_MS", "60000");
const LONGER: (&str, &str) = ("SERVER_DRAIN_MS", "600000");
const KEPT: (&str, &str) = ("Connection", "keep-alive");

/// One request on a connection that stays open if the server leaves it so.
fn asks(
    socket: &mut RawSocket,
    person: &Person,
    (method, path): (&str, &str),
    body: &[u8],
) -> Answer {
    let bearer = format!("Bearer {}", person.token());
    let headers = [
        KEPT,
        ("Content-Type", "application/json"),
        ("Authorization", &bearer),
    ];
    assert!(socket.write(&request(method, path, &headers, body)));
    read_answer(socket.stream(), path)
}

/// A connection that has had a request.
fn kept(server: &TestServer) -> RawSocket {
    let mut socket = RawSocket::connect(server.address);
    let answer = asks(&mut socket, &server.ada(), ("GET", "/v1/token"), b"").is(200);
    assert_eq!(answer.header("connection"), None);
    socket
}

fn stops(server: &TestServer) {
    server.signal(Signal::SIGTERM);
    eventually("connections are refused", || {
        TcpStream::connect(server.address).is_err()
    });
}

#[test]
fn open_connections_are_answered_once_more_and_nothing_waits_for_the_time_behind_that() {
    let mut server = TestServer::with(&[LONG, LONGER]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let [mut one, mut other, mut last] = [(); 3].map(|()| kept(&server));
    // Made before the stop, and silent until then.
    let mut fresh = RawSocket::connect(server.address);
    stops(&server);
    let path = format!("/v1/channels/{room}/messages");
    let message = json!({"text": "written in the stop"}).to_string();
    let answer = asks(&mut one, &ada, ("POST", &path), message.as_bytes()).is(201);
    assert_eq!(answer.header("connection"), Some("close"));
    let answer = asks(&mut other, &ada, ("GET", "/readyz"), b"").is(503);
    assert_eq!(answer.json()["reasons"][0]["slug"], "stopping");
    assert_eq!(answer.header("connection"), Some("close"));
    let answer = asks(&mut fresh, &ada, ("GET", "/"), b"").is(200);
    assert_eq!(answer.header("connection"), Some("close"));
    for socket in [&mut one, &mut other, &mut fresh] {
        assert!(socket.is_over());
    }
    let answer = asks(&mut last, &ada, ("GET", &path), b"").is(200);
    assert_eq!(answer.data()[0]["content"]["text"], "written in the stop");
    assert!(server.stop_status(), "{}", server.log());
}

#[test]
fn a_stream_that_is_asked_for_in_a_stop_is_opened_and_sent_away() {
    let mut server = TestServer::with(&[LONG, LONGER]);
    let (ada, mut socket) = (server.ada(), kept(&server));
    let (mut answered, mut held) = (kept(&server), kept(&server));
    stops(&server);
    let path = format!("/v1/user?access_token={}", ada.token());
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    assert!(socket.write(&request("GET", &path, &upgrade, b"")));
    socket.upgraded();
    assert!(matches!(socket.hears(), Heard::Text(hello) if hello.contains("connection_id")));
    assert_eq!(socket.closed_with(), Some(1001));
    // An `EventSource` that is refused is over for good; one whose answer ends comes again.
    let headers = [KEPT, ("Accept", "text/event-stream")];
    assert!(answered.write(&request("GET", &path, &headers, b"")));
    let answer = read_answer(answered.stream(), "the stream").is(200);
    let told = String::from_utf8_lossy(&answer.body);
    assert!(told.contains("going-away"), "{told}");
    drop(socket);
    asks(&mut held, &ada, ("GET", "/v1/token"), b"").is(200);
    assert!(server.stop_status(), "{}", server.log());
}

#[test]
fn connections_without_a_request_are_closed_behind_the_notice_and_no_others() {
    let mut server = TestServer::with(&[("SERVER_NOTICE_MS", "50"), LONGER]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut idle = kept(&server);
    let mut slow = kept(&server);
    let message = json!({"text": "x".repeat(1000)}).to_string();
    let head = format!(
        "POST /v1/channels/{room}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        ada.token(),
        message.len()
    );
    let (mut begun, mut fresh) = (kept(&server), RawSocket::connect(server.address));
    let mut piped = RawSocket::connect(server.address);
    assert!(slow.write(head.as_bytes()));
    assert!(slow.line().starts_with("HTTP/1.1 100"));
    assert_eq!(slow.line(), "");
    let bearer = format!("Bearer {}", ada.token());
    let whole = request("GET", "/v1/token", &[KEPT, ("Authorization", &bearer)], b"");
    let (first, rest) = whole.split_at(20);
    assert!(begun.write(first));
    // A part of a request that comes along with the one before it.
    assert!(piped.write(&[&whole, first].concat()));
    read_answer(piped.stream(), "the request before").is(200);
    server.signal(Signal::SIGTERM);
    assert!(idle.is_over() && fresh.is_over());
    // As often as the server looks for idle ones in a while.
    let mut silence = [0];
    let waits = std::time::Duration::from_millis(200);
    for socket in [&mut slow, &mut begun, &mut piped] {
        let stream = socket.stream();
        let patience = stream.read_timeout().expect("a socket");
        stream.set_read_timeout(Some(waits)).expect("a socket");
        let nothing = stream.read(&mut silence).expect_err("it is silent");
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock, "{nothing}");
        stream.set_read_timeout(patience).expect("a socket");
    }
    for socket in [&mut begun, &mut piped] {
        socket.stream().write_all(rest).expect("it is open");
        read_answer(socket.stream(), "the request").is(200);
    }
    slow.stream()
        .write_all(message.as_bytes())
        .expect("it is open");
    read_answer(slow.stream(), "the message").is(201);
    assert!(server.stop_status(), "{}", server.log());
}

#[test]
fn a_request_that_does_not_arrive_does_not_make_a_stop_fail() {
    let mut server = TestServer::with(&[("SERVER_NOTICE_MS", "50"), ("SERVER_DRAIN_MS", "500")]);
    let mut half = kept(&server);
    assert!(half.write(b"GET /v1/token HT"));
    server.signal(Signal::SIGTERM);
    assert!(server.stop_status(), "{}", server.log());
    assert!(half.is_over());
}
