//! Answers that are asked for and not read, and connections without number.

use std::net::TcpStream;

use nix::sys::socket::{setsockopt, sockopt};

use crate::support::http::{read_answer, request};
use crate::support::raw_socket::RawSocket;
use crate::support::{Person, TestServer, build, eventually};

/// A room whose page of messages is larger than the kernel keeps for a reader with a small window.
fn long_page(ada: &Person) -> String {
    let room = build::room(ada, "Long");
    let text = "#a ".repeat(682);
    for _ in 0..120 {
        build::says(ada, &room, &text);
    }
    format!("/v1/channels/{room}/messages?count=200")
}

/// Asks for a page and reads nothing of it.
fn asks_and_does_not_read(ada: &Person, page: &str) -> TcpStream {
    let mut socket = RawSocket::connect(ada.address);
    setsockopt(socket.stream(), sockopt::RcvBuf, &4096).expect("a small window");
    let bearer = format!("Bearer {}", ada.token());
    let keep = ("Connection", "keep-alive");
    let asked = request("GET", page, &[("Authorization", &bearer), keep], b"");
    socket.write(&asked);
    socket.stream().try_clone().expect("a socket")
}

#[test]
fn an_answer_that_is_not_read_is_dropped_and_its_bytes_are_given_back() {
    let server = TestServer::with(&[("SERVER_ANSWER_STALLED_MS", "500")]);
    let ada = server.ada();
    let page = long_page(&ada);
    let mut idle: Vec<_> = (0..4)
        .map(|_| asks_and_does_not_read(&ada, &page))
        .collect();
    eventually("all are dropped", || {
        server.counter("http_answers_unread_total") == 4
    });
    assert_eq!(server.counter("http_unread_bytes"), 0);
    for socket in &mut idle {
        let answer = read_answer(socket, "GET a page");
        let length: usize = answer
            .header("content-length")
            .map_or(0, |n| n.parse().unwrap());
        assert!(
            answer.body.len() < length,
            "it was not read, and came whole"
        );
    }
    // Reading it takes a while too, but it makes progress.
    assert_eq!(
        ada.call_at("GET", &page, &[], b"").is(200).data()[119]["id"],
        "1"
    );
    assert_eq!(server.counter("http_answers_unread_total"), 4);
}

#[test]
fn one_address_cannot_have_more_waiting_than_its_bound() {
    let server = TestServer::with(&[("SERVER_UNREAD_BYTES_PER_ADDRESS", "12000000")]);
    let ada = server.ada();
    let page = long_page(&ada);
    let _idle: Vec<_> = (0..12)
        .map(|_| asks_and_does_not_read(&ada, &page))
        .collect();
    eventually("what is over the bound is dropped", || {
        server.counter("http_answers_unread_total") >= 8
    });
    assert!(server.counter("http_unread_bytes") <= 12_000_000);
    assert!(server.counter("http_unread_bytes") > 0, "what fits is kept");
}

#[test]
fn connections_of_one_address_are_bounded_streams_included() {
    let server = TestServer::with(&[("SERVER_CONNECTIONS_PER_ADDRESS", "6")]);
    let ada = server.ada();
    let mut streams: Vec<_> = (0..3).map(|_| RawSocket::open(&ada)).collect();
    let keep = request("GET", "/healthz", &[("Connection", "keep-alive")], b"");
    let asks = |socket: &mut RawSocket| {
        socket.write(&keep);
        read_answer(socket.stream(), "GET /healthz").status
    };
    let mut idle: Vec<_> = (0..3).map(|_| RawSocket::connect(server.address)).collect();
    for socket in &mut idle {
        assert_eq!(asks(socket), 200);
    }
    let mut one_more = RawSocket::connect(server.address);
    one_more.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = read_answer(one_more.stream(), "GET /healthz");
    answer.refused_as(429, "too-many-connections");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(one_more.is_over());
    // Each place is free again when its connection ends, a stream's too.
    drop((streams.pop(), idle.pop()));
    let mut places = Vec::new();
    eventually("two places are free", || {
        let mut socket = RawSocket::connect(server.address);
        if asks(&mut socket) == 200 {
            places.push(socket);
        }
        places.len() == 2
    });
    assert_eq!(asks(&mut RawSocket::connect(server.address)), 429);
    drop(places);
    drop((streams, idle));
    eventually("it was counted", || {
        server.counter("http_connections_refused_total") >= 1
    });
}

#[test]
fn streams_through_a_trusted_proxy_count_for_their_clients() {
    let server = TestServer::with(&[
        ("SERVER_CONNECTIONS_PER_ADDRESS", "2"),
        ("SERVER_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let bearer = format!("Bearer {}", server.ada().token());
    let opens = |client: &str| {
        let headers = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Authorization", bearer.as_str()),
            ("X-Forwarded-For", client),
        ];
        let mut socket = RawSocket::connect(server.address);
        socket.write(&request("GET", "/v1/user", &headers, b""));
        let status = read_answer(socket.stream(), "GET /v1/user").status;
        (socket, status)
    };
    let held: Vec<_> = [
        "203.0.113.7",
        "203.0.113.7:4711",
        "203.0.113.8",
        "203.0.113.7",
    ]
    .into_iter()
    .map(opens)
    .collect();
    let statuses: Vec<u16> = held.iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, [101, 101, 101, 429]);
    // Its other connections are as many as it likes.
    let plain: Vec<_> = (0..9).map(|_| server.ada().get("/token").status).collect();
    assert_eq!(plain, [200; 9]);
}
