//! Requests that are no requests, and upgrades that are none.

use crate::support::http::{exchange, request};
use crate::support::raw_socket::RawSocket;
use crate::support::{TestServer, build};

#[test]
fn garbage_before_the_upgrade_is_refused_and_does_no_harm() {
    let server = TestServer::start();
    for garbage in [
        &b"\x00\x01\x02\x03\xff\xff\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/user HTTP/1.1\r\nHost: x\r\nUpgrade\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /v1/channels HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/channels HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    ] {
        let mut socket = RawSocket::connect(server.address);
        socket.write(garbage);
        socket.finish();
        drop(socket);
        assert_eq!(server.ada().get("/token").status, 200, "after {garbage:?}");
    }
}

#[test]
fn headers_without_end_are_refused() {
    let server = TestServer::start();
    let long = "x".repeat(1_000_000);
    let answer = exchange(
        server.address,
        &request("GET", "/v1/token", &[("X-Long", &long)], b""),
    );
    assert!(
        matches!(answer.status, 0 | 400 | 413 | 431),
        "{}",
        answer.status
    );
    let path = format!("/v1/token?{long}");
    let answer = exchange(server.address, &request("GET", &path, &[], b""));
    assert!(
        matches!(answer.status, 0 | 400 | 413 | 414 | 431),
        "{}",
        answer.status
    );
    assert_eq!(server.ada().get("/token").status, 200);
}

#[test]
fn a_handshake_that_is_not_one_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let path = format!("/v1/user?access_token={}", ada.token());
    let whole = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for missing in 1..whole.len() {
        let headers: Vec<_> = whole
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != missing)
            .map(|(_, h)| *h)
            .collect();
        let answer = exchange(server.address, &request("GET", &path, &headers, b""));
        assert!(
            (400..500).contains(&answer.status),
            "without {:?}: {answer}",
            whole[missing]
        );
    }
    let version = [whole[0], whole[1], ("Sec-WebSocket-Version", "8"), whole[3]];
    let answer = exchange(server.address, &request("GET", &path, &version, b""));
    assert!((400..500).contains(&answer.status), "{answer}");
    let answer = exchange(server.address, &request("POST", &path, &whole, b""));
    assert!((400..500).contains(&answer.status), "{answer}");
    server.holds_no_connection();
}

#[test]
fn odd_ids_and_queries_are_refused_and_never_trouble() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    for id in [
        "0",
        "-1",
        "1e3",
        "0x1",
        "1%20",
        "%00",
        "9223372036854775807",
        "9223372036854775808",
        "💬",
        "..",
        "1.5",
        "%2e%2e",
        "'",
    ] {
        for path in [
            format!("/channels/{id}"),
            format!("/channels/{id}/messages"),
            format!("/channels/{room}/messages/{id}"),
            format!("/users/{id}"),
            format!("/users/@{id}"),
            format!("/users/me/presence/channels/{id}"),
            format!("/users/{id}/presence"),
        ] {
            let path = path.replace('💬', "%F0%9F%92%AC");
            let answer = ada.call(
                if path.contains("presence/") {
                    "PUT"
                } else {
                    "GET"
                },
                &path,
                &[],
                b"",
            );
            assert!((400..500).contains(&answer.status), "{path}: {answer}");
            answer.refused(answer.status);
        }
    }
    let commas = ",".repeat(3000);
    for query in [
        "ids=",
        "ids=,,,",
        "ids=1,1,1",
        "ids=abc",
        "ids=%FF",
        "ids=-1",
        "&&&",
        "=",
        "%",
        "ids=1&ids=2",
        &format!("ids={commas}"),
    ] {
        for path in ["/channels", "/users", "/channels/messages"] {
            let answer = ada.get(&format!("{path}?{query}"));
            assert!(matches!(answer.status, 200 | 400), "{answer}");
        }
    }
}

#[test]
fn connections_that_say_nothing_do_not_keep_others_out() {
    let server = TestServer::start();
    let mut idle: Vec<_> = (0..200)
        .map(|_| RawSocket::connect(server.address))
        .collect();
    for socket in &mut idle {
        socket.write(b"GET /v1/token HT");
    }
    assert_eq!(server.ada().get("/token").status, 200);
}
