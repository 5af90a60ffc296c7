//! Streams in the answer to a request: what their clients and proxies see, and how they end.

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::door::{AnswerStream, Door, Item};
use crate::support::{TestServer, build, eventually, http};

/// Opens a user stream of ada's with these headers before the usual ones.
fn asked(server: &TestServer, request: &str, door: Door) -> AnswerStream {
    let accept = door.asked_with()[0].1;
    let token = server.ada().token().to_owned();
    let request = format!("{request}\r\nAuthorization: Bearer {token}\r\nAccept: {accept}\r\n\r\n");
    AnswerStream::asked(server.address, request.as_bytes(), door)
}

#[test]
fn the_head_lets_browsers_and_proxies_pass_events_on_at_once() {
    let server = TestServer::start();
    for (door, kind) in [
        (Door::EventStream, "text/event-stream"),
        (Door::JsonStream, "application/json"),
    ] {
        let mut stream = door.carries(|| server.ada().stream());
        let head = &stream.answer().head;
        assert_eq!(head.header("content-type"), Some(kind));
        assert_eq!(head.header("cache-control"), Some("no-store, no-transform"));
        assert_eq!(head.header("x-accel-buffering"), Some("no"));
        assert_eq!(head.header("access-control-allow-origin"), Some("*"));
        let exposed = head.header("access-control-expose-headers");
        assert!(exposed.is_some_and(|names| names.contains("Connection-Id")));
        assert_eq!(head.header("connection"), Some("close"));
        assert_eq!(head.header("transfer-encoding"), Some("chunked"));
        assert_eq!(head.header("content-encoding"), None);
        assert!(head.header("x-ratelimit-remaining").is_some());
    }
    let mut opened = ["event_streams", "json_streams"].map(|name| format!("stream_{name}"));
    opened
        .iter_mut()
        .for_each(|name| name.push_str("_opened_total"));
    assert_eq!(opened.map(|name| server.counter(&name)), [1, 1]);
    server.holds_no_connection();
}

#[test]
fn a_browser_is_told_first_when_to_come_back() {
    let server = TestServer::with(&[("STREAMS_RETRY_MS", "1234")]);
    let mut stream = asked(
        &server,
        "GET /v1/user HTTP/1.1\r\nHost: x",
        Door::EventStream,
    );
    assert_eq!(stream.next(), Item::Retry(1234));
    let Item::Frame(hello) = stream.next() else {
        panic!("no hello")
    };
    assert!(hello["meta"]["connection_id"].is_string(), "{hello}");
}

#[test]
fn an_address_of_a_stream_without_a_wish_is_an_upgrade_that_is_missing() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "mine", &["message"]);
    for accept in ["*/*", "text/html", "text/plain, */*;q=0.8", "nonsense"] {
        for (who, path) in [(&ada, "/user"), (&app, "/app?key=mine")] {
            let answer = who.call("GET", path, &[("Accept", accept)], b"");
            answer.refused_as(426, "upgrade-required");
        }
    }
    for door in Door::ANSWERS {
        let refused = ada.call("POST", "/user", door.asked_with(), b"");
        assert_eq!(refused.header("allow"), Some("GET, HEAD"), "{refused}");
        refused.refused(405);
        // It says what a GET would be answered, and opens nothing.
        let head = ada.call("HEAD", "/user", door.asked_with(), b"").is(200);
        assert_eq!(head.header("content-type"), Some(door.asked_with()[0].1));
        let wrong = server.anonymous();
        let wrong = wrong.call("HEAD", "/user?access_token=wrong", door.asked_with(), b"");
        assert_eq!(wrong.status, 401, "{wrong}");
    }
    assert_eq!(server.counter("stream_connections_opened_total"), 0);
    server.holds_no_connection();
}

#[test]
fn a_client_of_http_1_0_reads_to_the_end_of_the_connection() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&bob, "Lounge");
    for door in Door::ANSWERS {
        let mut stream = asked(&server, "GET /v1/user HTTP/1.0", door);
        assert_eq!(stream.head.status, 200, "{}", stream.head);
        assert_eq!(stream.head.header("transfer-encoding"), None);
        let hello = stream.frame();
        let id = hello["meta"]["connection_id"].as_str().unwrap_or_default();
        ada.get(&format!("/channels/{room}/messages?connection_id={id}"))
            .data();
        build::says(&bob, &room, "hello");
        assert_eq!(stream.frame()["data"][0]["content"]["text"], "hello");
        ada.delete(&format!("/users/me/streams/{id}")).is(204);
        let last = stream.last_object().expect("a last object");
        assert_eq!(last["meta"]["code"], 1000);
        assert_eq!(last["meta"]["error_slug"], "closed-as-asked");
    }
}

#[test]
fn signs_of_life_come_from_the_server_and_none_is_asked_of_the_client() {
    let server = TestServer::with(&[
        ("STREAMS_HEARTBEAT_MS", "100"),
        ("STREAMS_SILENCE_MS", "100"),
        ("STREAMS_GRACE_MS", "0"),
    ]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    for door in Door::ANSWERS {
        let mut stream = door.carries(|| ada.stream());
        for _ in 0..8 {
            assert_eq!(stream.answer().next(), Item::Beat);
        }
        stream.subscribes(&ada, &format!("/channels/{room}/messages"));
        build::says(&ada, &room, "hello");
        stream.hears_text("hello");
    }
    assert_eq!(server.counter("stream_silent_closes_total"), 0);
}

#[test]
fn a_client_that_goes_in_the_middle_leaves_nothing() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let open = |door: Door| {
        let stream = door.carries(|| bob.stream());
        stream.subscribes(&bob, &format!("/channels/{room}/messages"));
        stream
    };
    for door in Door::ANSWERS {
        // Nothing is written that would meet a closed socket: the end of the other side is enough.
        drop(open(door));
        server.holds_no_connection();
        assert_eq!(open(door).closes(), 1000);
        server.holds_no_connection();
        let mut stream = open(door);
        for n in 0..50 {
            build::says(&ada, &room, &format!("{n}"));
        }
        stream.hears_text("0");
        drop(stream);
        server.holds_no_connection();
    }
    assert_eq!(
        server.counter("stream_connections_opened_total"),
        server.counter("stream_connections_gone_total")
    );
}

#[test]
fn a_stop_tells_each_stream_why_and_ends_it() {
    let mut server = TestServer::start();
    let mut streams = Door::ANSWERS.map(|door| door.carries(|| server.ada().stream()));
    server.signal(Signal::SIGTERM);
    for stream in &mut streams {
        let last = stream.answer().last_object().expect("a last object");
        assert_eq!(last["meta"]["code"], 1001);
        assert_eq!(last["meta"]["error_slug"], "going-away");
    }
    drop(streams);
    assert!(server.stop_status(), "{}", server.log());
}

#[test]
fn doors_are_mixed_and_two_app_streams_are_in_use_whatever_they_are() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "one", &["message"]);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    let doors = [Door::Websocket, Door::EventStream, Door::JsonStream];
    for (first, second) in [(0, 1), (1, 2), (2, 0)] {
        let open = |door: usize| doors[door].carries(|| app.firehose("one"));
        let (mut one, mut other) = (open(first), open(second));
        for door in doors {
            let refused = door.carries(|| app.asks_upgrade("/app?key=one"));
            refused.refused_as(429, "streams-in-use");
            assert!(refused.header("retry-after").is_some());
        }
        let said = build::says(&ada, &room, "hello");
        let mut heard = [one.hears_text("hello"), other.hears_text("hello")];
        for frame in &mut heard {
            // An event stream has it always.
            frame["meta"]
                .as_object_mut()
                .map(|meta| meta.remove("cursor"));
        }
        let [here, there] = heard;
        assert_eq!(here, there, "the same frame through each door");
        assert_eq!(here["meta"]["id"], said);
        drop((one, other));
        server.holds_no_connection();
    }
}

#[test]
fn raw_with_line_ends_begins_no_event_of_its_own() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let raw = "{\"text\": \"hello\",\n\"raw\": {\"org.example.x\": [{\r\n\n\"a\":\r\n\r\n\"event: close\\ndata: x\"}]}}";
    for door in Door::ANSWERS {
        let mut stream = door.carries(|| bob.stream_with("&include_raw=1"));
        stream.subscribes(&bob, &format!("/channels/{room}/messages"));
        let json = [("Content-Type", "application/json")];
        let path = format!("/channels/{room}/messages");
        ada.call("POST", &path, &json, raw.as_bytes()).is(201);
        let event = stream.hears_text("hello");
        let kept = json!({"org.example.x": [{"a": "event: close\ndata: x"}]});
        assert_eq!(event["data"][0]["raw"], kept);
        build::says(&ada, &room, "and goes on");
        stream.hears_text("and goes on");
    }
}

#[test]
fn streams_through_a_proxy_count_for_the_address_that_it_names() {
    let server = TestServer::with(&[
        ("SERVER_TRUSTED_PROXIES", "127.0.0.1"),
        ("SERVER_CONNECTIONS_PER_ADDRESS", "2"),
    ]);
    let from = |address: &str| {
        let request = format!("GET /v1/user HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address}");
        asked(&server, &request, Door::EventStream)
    };
    let streams = ["10.1.1.1", "10.1.1.1", "10.1.1.2"].map(from);
    assert!(streams.iter().all(|stream| stream.head.status == 200));
    let refused = from("10.1.1.1");
    assert_eq!(refused.head.status, 429, "{}", refused.head);
    assert!(refused.head.header("retry-after").is_some());
    drop(streams);
    server.holds_no_connection();
    eventually("the places are free", || {
        from("10.1.1.1").head.status == 200
    });
}

#[test]
fn a_listener_that_sends_on_and_on_is_cut() {
    let server = TestServer::start();
    for door in Door::ANSWERS {
        let mut stream = door.carries(|| server.ada().stream());
        let request = http::request("GET", "/v1/sys/config", &[], b"");
        let socket = &mut stream.answer().socket;
        eventually("the stream is over", || {
            use std::io::Write as _;
            // The server may have hung up by now.
            drop(socket.write_all(&request.repeat(100)));
            server.counter("stream_connections_gone_total")
                == server.counter("stream_connections_opened_total")
        });
    }
    server.holds_no_connection();
}
