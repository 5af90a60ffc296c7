//! Refusals that leave before the request was read whole: they arrive, and the client can send to its end.

use std::io::Write as _;
use std::net::TcpStream;

use crate::support::http::{Answer, read_answer, request};
use crate::support::raw_socket::RawSocket;
use crate::support::{DEADLINE, TestServer, build};

/// More than the buffers of a socket take, and more than a body may have.
const LONG: usize = 12_000_000;

/// Sends everything, as libraries do, and reads only then.
fn sends_all_first(server: &TestServer, bytes: &[u8]) -> Answer {
    let mut socket = TcpStream::connect(server.address).expect("a connection");
    socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    socket
        .set_write_timeout(Some(DEADLINE))
        .expect("a deadline");
    let first = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
    let sent = socket.write_all(bytes);
    assert!(sent.is_ok(), "{first}: {sent:?}");
    read_answer(&mut socket, &first)
}

#[test]
fn a_body_that_is_too_large_is_refused_where_its_sender_can_read_it() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/v1/channels/{room}/messages");
    let bearer = format!("Bearer {}", ada.token());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let body = vec![b'x'; 3_000_000];
    for _ in 0..30 {
        let answer = sends_all_first(&server, &request("POST", &path, &headers, &body));
        answer.refused_as(413, "body-too-large");
    }
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let chunked = format!("{}0\r\n\r\n", chunk.repeat(LONG / 0x10000));
    let headers = [headers[0], headers[1], ("Transfer-Encoding", "chunked")];
    let answer = sends_all_first(
        &server,
        &request("POST", &path, &headers, chunked.as_bytes()),
    );
    answer.refused_as(413, "body-too-large");
}

#[test]
fn every_refusal_before_the_body_arrives() {
    let server = TestServer::with(&[("RATE_LIMITS_ENABLED", "true"), ("RATE_LIMITS_WRITES", "2")]);
    let bearer = format!("Bearer {}", server.ada().token());
    let token = ("Authorization", bearer.as_str());
    let json = ("Content-Type", "application/json");
    let body = vec![b'x'; LONG];
    let refused = |method: &str, path: &str, headers: &[(&str, &str)], code: u16| {
        let answer = sends_all_first(&server, &request(method, path, headers, &body));
        answer.refused(code);
    };
    refused("POST", "/v1/channels", &[json], 401);
    refused(
        "POST",
        "/v1/channels",
        &[("Authorization", "Bearer wrong"), json],
        401,
    );
    // Two writes without a token were counted.
    refused("POST", "/v1/channels", &[json], 429);
    refused("PUT", "/v1/token", &[token, json], 405);
    refused("POST", "/v1/nowhere", &[token, json], 404);
    refused("POST", "/v1/channels", &[token, json], 429);
    refused("GET", "/v1/user", &[token, json], 426);
}

#[test]
fn an_upgrade_is_refused_where_its_sender_can_read_it() {
    let server = TestServer::start();
    let headers = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Authorization", "Bearer wrong"),
    ];
    let early = vec![b'x'; LONG];
    for path in ["/v1/user", "/v1/app", "/v1/nowhere"] {
        let answer = sends_all_first(&server, &request("GET", path, &headers, &early));
        assert!(matches!(answer.status, 401 | 404), "{answer}");
    }
}

#[test]
fn what_is_no_request_is_refused_where_its_sender_can_read_it() {
    let server = TestServer::start();
    let mut long_head = b"GET /v1/token HTTP/1.1\r\nHost: x\r\nX-Long: ".to_vec();
    long_head.extend(vec![b'x'; LONG]);
    assert_eq!(sends_all_first(&server, &long_head).status, 431);
    let mut garbage = b"GET\r\n\r\n".to_vec();
    garbage.extend(vec![b'x'; LONG]);
    assert_eq!(sends_all_first(&server, &garbage).status, 400);
}

#[test]
fn a_request_that_never_ends_is_given_up() {
    let server = TestServer::with(&[("SERVER_REQUEST_MS", "1000")]);
    // The second head of a connection.
    let mut socket = RawSocket::connect(server.address);
    socket.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(read_answer(socket.stream(), "GET /healthz").status, 200);
    socket.write(b"GET /healthz HTTP/1.1\r\nHost");
    assert!(socket.is_over());
    // A body that goes on behind its refusal.
    let ada = server.ada();
    let mut socket = RawSocket::connect(server.address);
    socket.write(
        format!(
            "POST /v1/markers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
            ada.token()
        )
        .as_bytes(),
    );
    let chunk = [b"10000\r\n".to_vec(), vec![b'x'; 0x10000], b"\r\n".to_vec()].concat();
    let begun = std::time::Instant::now();
    while socket.write(&chunk) {
        assert!(begun.elapsed() < DEADLINE, "it is read for ever");
    }
    assert!(server.counter("http_requests_overdue_total") >= 2);
    assert_eq!(ada.get("/token").status, 200);
}
