//! Long polls: what an answer has, where the next one goes on, and what is refused.

use std::thread;

use serde_json::Value;

use crate::support::http::{self, Answer};
use crate::support::{Person, TestServer, build, eventually, text};

/// Longer than a test takes, shorter than a client waits.
const LONG: &str = "wait=25";

fn polls(app: &Person, with: &str) -> Answer {
    app.get(&format!("/app?key=hose&{with}"))
}

fn cursor(answer: &Answer) -> String {
    text(&answer.meta()["cursor"])
}

/// The texts of the messages of an answer.
fn said(answer: &Answer) -> Vec<String> {
    let data = answer.data();
    let frames = data.as_array().expect("a list").iter();
    frames
        .map(|frame| text(&frame["data"][0]["content"]["text"]))
        .collect()
}

/// A stream of messages, and a room that its app hears.
fn room_and_stream(server: &TestServer) -> (Person, String) {
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "hose", &["message"]);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    (app, room)
}

#[test]
fn a_request_that_waits_is_answered_with_the_frame_of_a_websocket() {
    let server = TestServer::start();
    let (ada, (app, room)) = (server.ada(), room_and_stream(&server));
    let mut stream = app.firehose_with("hose", "&include_cursor=1&include_raw=1");
    let (answer, frame) = thread::scope(|scope| {
        let waiting = scope.spawn(|| polls(&app, &format!("{LONG}&include_raw=1")));
        eventually("it waits", || server.actors()["streams_in_use"] == 2);
        build::says(&ada, &room, "hello");
        let frame = stream.hears_text("hello");
        (waiting.join().expect("an answer"), frame)
    });
    assert_eq!(server.actors()["streams_in_use"], 1, "its place is free");
    assert_eq!(answer.data(), Value::from(vec![frame.clone()]));
    assert_eq!(answer.meta()["cursor"], frame["meta"]["cursor"]);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(server.counter("stream_long_polls_total"), 1);
    drop(stream);
    server.holds_no_connection();
}

#[test]
fn what_comes_between_two_requests_is_in_the_next_answer_once_and_in_order() {
    let server = TestServer::start();
    let (ada, (app, room)) = (server.ada(), room_and_stream(&server));
    let mut at = cursor(&polls(&app, "wait=0"));
    let mut sent = Vec::new();
    let mut heard = Vec::new();
    for round in 0..5 {
        for n in 0..round {
            sent.push(format!("{round}.{n}"));
            build::says(&ada, &room, &format!("{round}.{n}"));
        }
        let answer = polls(&app, &format!("wait=0&cursor={at}"));
        at = cursor(&answer);
        heard.extend(said(&answer));
    }
    assert_eq!(heard, sent);
    let none = polls(&app, &format!("wait=0&cursor={at}"));
    assert_eq!((said(&none), cursor(&none)), (vec![], at));
    let again = polls(&app, "wait=0&backfill=600");
    assert_eq!(said(&again), sent);
}

#[test]
fn an_answer_is_bounded_and_the_rest_is_in_the_next_ones() {
    let server = TestServer::start();
    let (ada, (app, room)) = (server.ada(), room_and_stream(&server));
    let mut at = cursor(&polls(&app, "wait=0"));
    let sent: Vec<String> = (0..60)
        .map(|n| format!("{n} {}", "x".repeat(2000)))
        .collect();
    for text in &sent {
        build::says(&ada, &room, text);
    }
    let (mut heard, mut answers) = (Vec::new(), 0);
    while heard.len() < sent.len() {
        let answer = polls(&app, &format!("wait=0&cursor={at}"));
        assert!(
            answer.body.len() < 300 * 1024,
            "{} bytes",
            answer.body.len()
        );
        at = cursor(&answer);
        heard.extend(said(&answer));
        answers += 1;
        assert!(answers < 20, "{} of {}", heard.len(), sent.len());
    }
    assert!(answers > 1, "more than one answer may have");
    assert_eq!(heard, sent);
}

#[test]
fn a_quiet_wait_passes_what_the_app_does_not_hear() {
    let server = TestServer::start();
    let (ada, (app, room)) = (server.ada(), room_and_stream(&server));
    let begin = cursor(&polls(&app, "wait=0"));
    let frames = || server.counter("stream_frames_sent_total");
    let before = frames();
    let answer = thread::scope(|scope| {
        let waiting = scope.spawn(|| polls(&app, &format!("wait=2&cursor={begin}")));
        eventually("it waits", || server.actors()["streams_in_use"] == 1);
        for n in 0..20 {
            build::posts(&ada, &n.to_string());
        }
        waiting.join().expect("an answer")
    });
    assert_eq!(said(&answer), [""; 0]);
    let at = cursor(&answer);
    assert_ne!(
        at, begin,
        "the next request does not look through them again"
    );
    assert_eq!(frames(), before);
    build::says(&ada, &room, "heard");
    let answer = polls(&app, &format!("{LONG}&cursor={at}"));
    assert_eq!(said(&answer), ["heard"]);
    // Those are looked through where no request waited, too.
    build::posts(&ada, "not heard");
    let passed = polls(&app, &format!("wait=0&cursor={}", cursor(&answer)));
    assert_eq!(said(&passed), [""; 0]);
    assert_ne!(cursor(&passed), cursor(&answer));
}

#[test]
fn lists_of_ids_and_partitions_hold_for_polls_and_a_refusal_says_why() {
    let server = TestServer::start();
    let (ada, (app, room)) = (server.ada(), room_and_stream(&server));
    let other = build::room(&ada, "Den");
    build::join(&other, &[&ada]);
    let at = cursor(&polls(&app, "wait=0"));
    build::says(&ada, &room, "in the lounge");
    build::says(&ada, &other, "in the den");
    let only = polls(&app, &format!("wait=0&cursor={at}&channel_ids={other}"));
    assert_eq!(said(&only), ["in the den"]);
    let parts = [0, 1].map(|part| {
        let with = format!("wait=0&cursor={at}&partition={part}&partitions=2");
        said(&polls(&app, &with)).len()
    });
    assert_eq!(parts.iter().sum::<usize>(), 2, "{parts:?}");
    for wrong in ["wait=61", "wait=-1", "wait=soon", "wait=", "wait=1.5"] {
        polls(&app, wrong).refused_at(400, "wait");
    }
    let epoch = at.split('.').next().unwrap_or_default();
    for (wrong, slug) in [
        ("cursor=x".to_owned(), "cursor-malformed"),
        ("cursor=another.1".to_owned(), "cursor-foreign"),
        (format!("cursor={epoch}.999999"), "cursor-ahead"),
        ("partition=2&partitions=2".to_owned(), "invalid-partition"),
    ] {
        polls(&app, &format!("wait=0&{wrong}")).refused_as(400, slug);
    }
    app.get("/app?wait=0").refused_at(400, "key");
    app.get("/app?wait=0&key=none")
        .refused_as(404, "stream-not-found");
    ada.get("/app?wait=0&key=hose").refused(403);
    server.anonymous().get("/app?wait=0&key=hose").refused(401);
    let head = app.call("HEAD", "/app?wait=25&key=hose", &[], b"").is(200);
    assert_eq!(head.header("content-type"), Some("application/json"));
    app.post("/app?wait=0&key=hose", &Value::Null).refused(405);
    // Only app streams: elsewhere the parameter means nothing.
    ada.get("/user?wait=0").refused_as(426, "upgrade-required");
    server.holds_no_connection();
}

#[test]
fn a_connection_carries_one_poll_after_another_longer_than_other_requests_may_last() {
    let server = TestServer::with(&[("SERVER_REQUEST_MS", "1000")]);
    let (ada, (app, room)) = (server.ada(), room_and_stream(&server));
    let mut socket = std::net::TcpStream::connect(server.address).expect("a server");
    let mut asks = |with: &str| {
        use std::io::Write as _;
        let path = format!("/v1/app?key=hose&access_token={}&{with}", app.token());
        let kept = [("Connection", "keep-alive")];
        let request = http::request("GET", &path, &kept, b"");
        socket.write_all(&request).expect("a server that reads");
        http::read_answer(&mut socket, with)
    };
    let at = cursor(&asks("wait=0"));
    let quiet = asks(&format!("wait=3&cursor={at}"));
    assert_eq!(said(&quiet), [""; 0]);
    build::says(&ada, &room, "hello");
    let answer = asks(&format!("{LONG}&cursor={}", cursor(&quiet)));
    assert_eq!(said(&answer), ["hello"]);
    assert_eq!(server.counter("http_requests_overdue_total"), 0);
}
