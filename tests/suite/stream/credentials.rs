//! Opening a stream without a token in the address, and what the log says of it all.

use std::net::SocketAddr;

use serde_json::json;

use crate::support::http::Answer;
use crate::support::raw_socket::{Heard, RawSocket};
use crate::support::{Person, Stream, TestServer, build, eventually, text};

fn ticket(person: &Person) -> String {
    let given = person.post("/token/ticket", &json!({})).is(200).data();
    assert_eq!(given["expires_in"], 30);
    text(&given["ticket"])
}

/// The head of the answer to an upgrade, line by line.
fn head(socket: &mut RawSocket) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        match socket.line() {
            end if end.is_empty() => return lines,
            line => lines.push(line),
        }
    }
}

/// An upgrade with subprotocols: the head of the answer, and the socket behind it.
fn offering(address: SocketAddr, path: &str, protocols: &str) -> (Vec<String>, RawSocket) {
    let offered = [("Sec-WebSocket-Protocol", protocols)];
    let mut socket = RawSocket::asks(address, path, &offered);
    (head(&mut socket), socket)
}

/// Without a token in a header.
fn asks(server: &TestServer, path: &str) -> Answer {
    server.anonymous().asks_upgrade(path)
}

#[test]
fn a_ticket_opens_one_stream() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    let own = ticket(&ada);
    let mut stream = Stream::open(ada.address, &format!("/v1/user?ticket={own}"));
    stream.subscribes(&ada, "/users/me/following");
    ada.does("/users/2/follow").is(200);
    stream.hears("follow");
    asks(&server, &format!("/user?ticket={own}")).refused_as(401, "invalid-ticket");
    build::app_stream(&app, "hose", &["user_presence"]);
    let of_app = ticket(&app);
    let mut hose = Stream::open(ada.address, &format!("/v1/app?key=hose&ticket={of_app}"));
    ada.does("/users/me/presence").is(200);
    hose.hears("user_presence");
    asks(&server, &format!("/app?key=hose&ticket={of_app}")).refused_as(401, "invalid-ticket");
    asks(&server, "/user?ticket=never").refused_as(401, "invalid-ticket");
    // A user's does not open an app stream, and is used up by trying.
    let own = ticket(&ada);
    asks(&server, &format!("/app?key=hose&ticket={own}")).refused_as(403, "wrong-token-kind");
    asks(&server, &format!("/user?ticket={own}")).refused_as(401, "invalid-ticket");
    server
        .anonymous()
        .post("/token/ticket", &json!({}))
        .refused_as(401, "token-required");
}

#[test]
fn a_ticket_ends_with_its_token() {
    let server = TestServer::start();
    let ada = server.with_scopes(&server.ada(), "basic");
    let (first, second) = (ticket(&ada), ticket(&ada));
    let mut stream = Stream::open(ada.address, &format!("/v1/user?ticket={first}"));
    ada.delete("/token").is(200);
    assert_eq!(stream.closed_with(), 4001);
    asks(&server, &format!("/user?ticket={second}")).refused_as(401, "invalid-token");
}

#[test]
fn a_token_among_the_subprotocols_is_taken_and_never_named() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "hose", &["message"]);
    for (person, path) in [(&ada, "/v1/user"), (&app, "/v1/app?key=hose")] {
        let protocols = format!("groundnut, bearer.{}", person.token());
        let (lines, mut socket) = offering(ada.address, path, &protocols);
        assert!(lines[0].contains(" 101 "), "{lines:?}");
        let named: Vec<&String> = lines
            .iter()
            .filter(|line| line.to_lowercase().starts_with("sec-websocket-protocol"))
            .collect();
        assert_eq!(named, ["Sec-WebSocket-Protocol: groundnut"]);
        assert!(!lines.join(" ").contains(person.token()));
        assert!(matches!(socket.hears(), Heard::Text(hello) if hello.contains("connection_id")));
    }
    // Ours is named whenever it is offered, since a browser gives up otherwise; others never.
    for (protocols, expected) in [("groundnut", true), ("chat, other", false)] {
        let (lines, _socket) = offering(ada.address, "/v1/user", protocols);
        assert!(lines[0].contains(" 101 "), "{lines:?}");
        let is_named = lines
            .iter()
            .any(|line| line.starts_with("Sec-WebSocket-Protocol"));
        assert_eq!(is_named, expected, "{lines:?}");
    }
    let (lines, _socket) = offering(ada.address, "/v1/user", "groundnut, bearer.wrong");
    assert!(lines[0].contains(" 401 "), "{lines:?}");
}

#[test]
fn no_secret_is_in_a_line_of_the_log_whatever_was_asked_and_however_it_ended() {
    let server = TestServer::with(&[("SERVER_LOG", "debug")]);
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "hose", &["message"]);
    let mut secrets = vec![
        ada.token().to_owned(),
        app.token().to_owned(),
        "wrong-secret".to_owned(),
    ];
    let _held = (app.firehose("hose"), app.firehose("hose"));
    for token in secrets.clone() {
        let bearer = format!("Bearer {token}");
        for path in [
            "/v1/user",
            "/v1/app?key=hose",
            "/v1/app?key=nowhere",
            "/v1/app",
            "/v1/nowhere",
        ] {
            let sign = if path.contains('?') { '&' } else { '?' };
            let with_token = format!("{path}{sign}access_token={token}");
            let given = match token == "wrong-secret" {
                true => token.clone(),
                false => ticket(&server.holder("someone", &token)),
            };
            let with_ticket = format!("{path}{sign}ticket={given}");
            secrets.push(given);
            let protocols = format!("groundnut, bearer.{token}");
            for (path, more) in [
                (with_token.as_str(), None),
                (with_ticket.as_str(), None),
                (with_ticket.as_str(), None),
                (path, Some(("Authorization", bearer.as_str()))),
                (path, Some(("Sec-WebSocket-Protocol", protocols.as_str()))),
            ] {
                let more: Vec<_> = more.into_iter().collect();
                let mut socket = RawSocket::asks(ada.address, path, &more);
                let line = socket.line();
                assert!(line.starts_with("HTTP/1.1 "), "{line}");
            }
            // No upgrade at all, and a token in a body.
            let person = server.anonymous();
            person.call_at("GET", &with_token, &[("Authorization", &bearer)], b"");
            person.form("POST", "/token/ticket", &format!("access_token={token}"));
        }
    }
    // The lines are written in their order, by a thread of their own.
    server.anonymous().get("/sys/config").is(200);
    eventually("all lines are there", || {
        server.log().contains("/sys/config")
    });
    let log = server.log();
    for secret in &secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "a secret is in the log");
    }
}
