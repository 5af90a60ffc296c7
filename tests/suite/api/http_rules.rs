//! What HTTP itself asks of answers: challenges, methods, encodings, upgrades, what may be kept.

use std::io::Read as _;

use groundnut::http::routes::ROUTES;

use crate::support::http::{Answer, exchange, request};
use crate::support::raw_socket::RawSocket;
use crate::support::{TestServer, build};

/// Pages beside the API.
const PAGES: &[&str] = &[
    "/",
    "/assets/room.js",
    "/demo.json",
    "/images/avatar/1",
    "/images/cover",
    "/healthz",
    "/readyz",
    "/metrics",
];

#[test]
fn every_401_says_which_credentials_would_be_taken() {
    let server = TestServer::start();
    let none = server.anonymous().get("/token");
    none.refused_as(401, "token-required");
    assert_eq!(
        none.header("www-authenticate"),
        Some("Bearer realm=\"groundnut\"")
    );
    let wrong = server.holder("nobody", "wrong");
    let invalid = "Bearer realm=\"groundnut\", error=\"invalid_token\"";
    for answer in [wrong.get("/token"), wrong.asks_upgrade("/user")] {
        answer.refused_as(401, "invalid-token");
        assert_eq!(answer.header("www-authenticate"), Some(invalid), "{answer}");
        assert_eq!(answer.header("x-api-version"), Some("1.4.0"), "{answer}");
    }
    let client = "grant_type=client_credentials&client_id=none&client_secret=wrong";
    let answer = server
        .anonymous()
        .form("POST", "/oauth/access_token", client);
    assert_eq!(answer.status, 401, "{answer}");
    assert!(answer.header("www-authenticate").is_some(), "{answer}");
}

#[test]
fn pages_take_get_and_head_and_name_them_to_all_else() {
    let server = TestServer::with(&[("DEMO", "false")]);
    let anonymous = server.anonymous();
    for path in PAGES {
        let got = anonymous.call_at("GET", path, &[], b"");
        let head = anonymous.call_at("HEAD", path, &[], b"");
        assert_eq!(head.status, got.status, "{path}");
        assert_eq!(head.header("content-type"), got.header("content-type"));
        assert!(head.body.is_empty(), "{path}");
        let posted = anonymous.call_at("POST", path, &[], b"");
        assert_eq!(posted.status, 405, "{path}: {posted}");
        assert_eq!(posted.header("allow"), Some("GET, HEAD"), "{path}");
    }
}

#[test]
fn a_stream_address_without_a_right_upgrade_says_which_one_it_takes() {
    let server = TestServer::start();
    let ada = server.ada();
    let whole = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let says = |answer: &Answer| {
        answer.refused_as(426, "upgrade-required");
        assert_eq!(answer.header("upgrade"), Some("websocket"), "{answer}");
        assert_eq!(answer.header("sec-websocket-version"), Some("13"));
        let connection = answer.header("connection").unwrap_or_default();
        assert!(connection.contains("upgrade"), "{connection}");
    };
    for path in ["/v1/user", "/v1/app", "/user", "/app", "/v1/user/"] {
        says(&ada.call_at("GET", path, &[], b""));
        assert_eq!(ada.call_at("HEAD", path, &[], b"").status, 426, "{path}");
        let posted = ada.call_at("POST", path, &[], b"");
        posted.refused_as(405, "method-not-allowed");
        assert_eq!(posted.header("allow"), Some("GET, HEAD"));
        let posted = ada.call_at("POST", path, &whole, b"");
        posted.refused_as(405, "method-not-allowed");
        assert_eq!(posted.header("allow"), Some("GET, HEAD"));
        for version in ["8", "14", "13, 8", ""] {
            let headers = [
                whole[0],
                whole[1],
                ("Sec-WebSocket-Version", version),
                whole[3],
            ];
            says(&ada.call_at("GET", path, &headers, b""));
        }
        says(&ada.call_at("GET", path, &[whole[0], whole[1], whole[3]], b""));
        says(&ada.call_at("GET", path, &whole[1..], b""));
        says(&ada.call_at("GET", path, &[whole[0], ("Upgrade", "h2c")], b""));
        let keyless = ada.call_at("GET", path, &whole[..3], b"");
        keyless.refused_at(400, "Sec-WebSocket-Key");
    }
}

#[test]
fn a_body_in_an_encoding_that_is_not_taken_is_refused_by_it() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let kind = ("Content-Type", "application/json");
    let body = br#"{"text":"hello"}"#;
    for coding in [
        "gzip",
        "br",
        "deflate",
        "zstd",
        "x-gzip",
        "identity, gzip",
        "nonsense",
    ] {
        let answer = ada.call("POST", &path, &[kind, ("Content-Encoding", coding)], body);
        answer.refused_as(415, "unsupported-encoding");
        assert_eq!(answer.header("accept-encoding"), Some("identity"));
    }
    for coding in ["identity", "Identity"] {
        let answer = ada.call("POST", &path, &[kind, ("Content-Encoding", coding)], body);
        assert_eq!(answer.status, 201, "{coding}: {answer}");
    }
    // A form is read before its sender is known.
    let form = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Encoding", "gzip"),
    ];
    let anonymous = server.anonymous();
    let answer = anonymous.call("POST", &path, &form, b"access_token=x");
    answer.refused_as(415, "unsupported-encoding");
}

#[test]
fn answers_of_the_api_are_neither_kept_nor_guessed_at() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let answers = [
        ada.get("/token"),
        ada.get("/nowhere"),
        server.anonymous().get("/token"),
        ada.get(&format!("/channels/{room}")),
        ada.call("OPTIONS", "/token", &[], b""),
        ada.form("POST", "/oauth/access_token", "grant_type=nonsense"),
        ada.call("GET", "/user", &[], b""),
        ada.asks_upgrade("/nowhere"),
        server.anonymous().call_at("GET", "/healthz", &[], b""),
        server.anonymous().call_at("GET", "/readyz", &[], b""),
        server.anonymous().call_at("GET", "/metrics", &[], b""),
    ];
    for answer in answers {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{answer}"
        );
    }
    // Browsers ask for pages again, with their tags.
    let page = server.anonymous().call_at("GET", "/", &[], b"");
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("connect-src 'self';"), "{policy}");
}

/// Java's client offers HTTP/2 with every first request, and some proxies pass it on.
#[test]
fn an_offer_of_another_protocol_is_passed_over() {
    let server = TestServer::start();
    let bearer = format!("Bearer {}", server.ada().token());
    let headers = [
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"),
        ("Authorization", bearer.as_str()),
    ];
    let answer = exchange(server.address, &request("GET", "/v1/token", &headers, b""));
    assert_eq!(answer.data()["user"]["username"], "ada");
    let connection = answer.header("connection").unwrap_or_default();
    assert!(
        !connection.to_ascii_lowercase().contains("upgrade"),
        "{connection}"
    );
}

#[test]
fn a_stream_is_no_row_of_the_table() {
    for path in ["/user", "/app"] {
        assert!(ROUTES.iter().all(|route| route.path != path), "{path}");
    }
}

#[test]
fn a_head_leaves_the_letter_case_of_later_answers_as_it_is() {
    let server = TestServer::start();
    let mut socket = RawSocket::connect(server.address);
    // As a balancer does that checks its server on the connection of a client.
    for (method, more, bodies) in [("HEAD", "", 0), ("GET", "Connection: close\r\n", 1)] {
        let asked = format!("{method} /v1/sys/config HTTP/1.1\r\nHost: x\r\n{more}\r\n");
        socket.write(asked.as_bytes());
        let mut answer = String::new();
        match bodies {
            0 => {
                while answer.lines().last() != Some("") {
                    answer.push_str(&socket.line());
                    answer.push_str("\r\n");
                }
            }
            _ => drop(socket.stream().read_to_string(&mut answer)),
        }
        assert!(
            answer.contains("\r\nX-RateLimit-Remaining: "),
            "{method}: {answer}"
        );
        assert_eq!(answer.matches("{\"meta\"").count(), bodies, "{answer}");
    }
}
