//! Bodies that are not what they should be.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::json;

use crate::support::http::{read_answer, request};
use crate::support::{DEADLINE, Person, TestServer, build, http};

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

/// Everything that takes a body, with a method.
fn takers(room: &str) -> Vec<(&'static str, String)> {
    vec![
        ("POST", "/channels".into()),
        ("PUT", format!("/channels/{room}")),
        ("PATCH", format!("/channels/{room}")),
        ("PUT", format!("/channels/{room}/owner")),
        ("POST", format!("/channels/{room}/messages")),
        ("POST", "/channels/pm/messages".into()),
        ("POST", "/markers".into()),
    ]
}

#[test]
fn malformed_json_is_refused_everywhere() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    for (method, path) in takers(&room) {
        for body in [
            &b"{"[..],
            b"{\"text\":\"x\"",
            b"[1,",
            b"nonsense",
            b"{\"a\":1}{",
            b"\xff\xfe",
            b"{\"text\":\"\xc3\x28\"}",
        ] {
            let answer = ada.call(method, &path, JSON, body);
            assert_eq!(answer.status, 400, "{body:?}: {answer}");
            answer.refused(400);
        }
        for body in ["", "null", "7", "\"text\"", "[]", "[[[]]]", "{}"] {
            let answer = ada.call(method, &path, JSON, body.as_bytes());
            assert!(matches!(answer.status, 200 | 400), "{body}: {answer}");
        }
    }
    server
        .app()
        .call("POST", "/streams", JSON, b"{")
        .refused(400);
}

#[test]
fn nesting_without_end_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    for (method, path) in takers(&room) {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let body = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            let answer = ada.call(method, &path, JSON, body.as_bytes());
            assert!(
                matches!(answer.status, 400 | 413),
                "{path}: {}",
                answer.status
            );
        }
    }
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let body = format!("{{\"text\":\"x\",\"raw\":{{\"org.example.a\":[{{\"deep\":{deep}}}]}}}}");
    let answer = ada.call(
        "POST",
        &format!("/channels/{room}/messages"),
        JSON,
        body.as_bytes(),
    );
    assert!(matches!(answer.status, 201 | 400), "{answer}");
}

#[test]
fn what_is_accepted_can_be_read_back_and_heard() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    // Lists around a number: with the object, the type and its list they are `depth` in all, and `raw` itself.
    let raw = |depth: usize| {
        let deep = (0..depth - 4).fold(json!(1), |inner, _| json!([inner]));
        json!({"org.example.a": [{"deep": deep}]})
    };
    for depth in [33, 64, 100, 123] {
        ada.post(&path, &json!({"text": "x", "raw": raw(depth)}))
            .refused_as(400, "too-deep");
        ada.put(&format!("/channels/{room}"), &json!({"raw": raw(depth)}))
            .refused_as(400, "too-deep");
        ada.patch("/users/me", &json!({"raw": raw(depth)}))
            .refused_as(400, "too-deep");
        // A form sends it as a text.
        let form = format!("text=x&raw={}", raw(depth + 1));
        ada.form("POST", &path, &form).refused_as(400, "too-deep");
    }
    let mut stream = bob.stream_with("&include_raw=1");
    stream.subscribes(&bob, &path);
    let deepest = raw(32);
    ada.post(&path, &json!({"text": "deepest", "raw": deepest}))
        .is(201);
    let frame = stream.hears_text("deepest");
    assert_eq!(frame["data"][0]["raw"], deepest);
    let read = bob.get(&format!("{path}?include_raw=1")).data();
    assert_eq!(read[0]["raw"], deepest);
}

#[test]
fn a_body_over_the_limit_is_refused_by_its_declared_length_and_by_its_bytes() {
    let server = TestServer::with(&[("SERVER_BODY_BYTES", "65536")]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/v1/channels/{room}/messages");
    let bearer = format!("Bearer {}", ada.token());
    for length in ["65537", "10000000000", "18446744073709551615"] {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Content-Length", length),
        ];
        // Nothing of the body is sent: the declared length is enough.
        let answer = http::exchange(server.address, &request("POST", &path, &headers, b""));
        answer.refused_as(413, "body-too-large");
    }
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(65536));
    let body = format!("{}0\r\n\r\n", chunk.repeat(3));
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Transfer-Encoding", "chunked"),
    ];
    let answer = http::exchange(
        server.address,
        &request("POST", &path, &headers, body.as_bytes()),
    );
    assert!(matches!(answer.status, 413 | 0), "{answer}");
    ada.get("/token").is(200);
}

#[test]
fn without_a_token_no_body_is_read() {
    let server = TestServer::start();
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", "1000"),
    ];
    let request = request("POST", "/v1/channels", &headers, b"");
    http::exchange(server.address, &request).refused_as(401, "token-required");
}

#[test]
fn forms_that_are_broken_are_refused_or_read_as_far_as_they_go() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for body in [
        &b"text"[..],
        b"=&=&&",
        b"%",
        b"text=%zz",
        b"text=%ff%fe",
        b"\xff",
        b"text[]=x",
        b"a.b.c.d=1",
        b"entities=1&entities.x=2",
    ] {
        let answer = ada.call("POST", &path, &form, body);
        assert!(matches!(answer.status, 201 | 400), "{body:?}: {answer}");
    }
    for (kind, body) in [
        ("multipart/form-data", "x"),
        ("multipart/form-data; boundary=", "x"),
        ("multipart/form-data; boundary=edge", ""),
        ("multipart/form-data; boundary=edge", "--edge"),
        (
            "multipart/form-data; boundary=edge",
            "--edge\r\n\r\nno name\r\n--edge--\r\n",
        ),
        (
            "multipart/form-data; boundary=edge",
            "--edge\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nnever ends",
        ),
        ("text/plain", "text=x"),
        ("application/json; charset=utf-16", "{\"text\":\"x\"}"),
        ("nonsense", "{\"text\":\"x\"}"),
        ("", "text=x"),
    ] {
        let answer = ada.call("POST", &path, &[("Content-Type", kind)], body.as_bytes());
        assert!(matches!(answer.status, 201 | 400 | 415), "{kind}: {answer}");
        if answer.status >= 400 {
            answer.refused(answer.status);
        }
    }
}

#[test]
fn refused_bodies_leave_no_trace() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let bad: Vec<_> = (0..30).map(|n| json!({"text": n})).collect();
    for body in &bad {
        refused(&ada, &room, body);
    }
    let channel = ada.get(&format!("/channels/{room}")).data();
    assert_eq!(channel["counts"]["messages"], 0);
    assert!(channel.get("recent_message_id").is_none());
}

fn refused(person: &Person, room: &str, body: &serde_json::Value) {
    person
        .post(&format!("/channels/{room}/messages"), body)
        .refused_at(400, "text");
}

#[test]
fn a_body_that_is_not_asked_for_does_not_end_the_connection() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let bearer = format!("Bearer {}", ada.token());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Connection", "keep-alive"),
    ];
    let subscribe = format!("/v1/channels/{room}/subscribe");
    let mut socket = TcpStream::connect(server.address).expect("a connection");
    socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    for (method, path, headers, status) in [
        ("POST", "/v1/posts", &headers[1..], 401),
        ("PUT", subscribe.as_str(), &headers[..], 200),
        ("DELETE", subscribe.as_str(), &headers[..], 200),
        ("POST", "/v1/nothing", &headers[..], 404),
        ("PUT", "/v1/channels/x/subscribe", &headers[..], 400),
    ] {
        for _ in 0..20 {
            let sent = socket.write_all(&request(method, path, headers, b"{}"));
            assert!(sent.is_ok(), "{method} {path}: {sent:?}");
            let answer = read_answer(&mut socket, path).is(status);
            assert_eq!(answer.header("connection"), None, "{method} {path}");
        }
    }
}
