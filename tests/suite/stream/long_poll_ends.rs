//! Long polls: what each end of a wait leaves, and what a place in use is taken for.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::http::{self, Answer};
use crate::support::{Person, TestServer, build, eventually, text};

const LONG: &str = "wait=25";

fn polls(app: &Person, with: &str) -> Answer {
    app.get(&format!("/app?key=hose&{with}"))
}

fn cursor(answer: &Answer) -> String {
    text(&answer.meta()["cursor"])
}

/// The answer of a request that waits while something happens.
fn meanwhile(server: &TestServer, app: &Person, with: &str, happens: impl FnOnce()) -> Answer {
    thread::scope(|scope| {
        let waiting = scope.spawn(|| polls(app, with));
        eventually("it waits", || server.actors()["streams_in_use"] != 0);
        happens();
        waiting.join().expect("an answer")
    })
}

#[test]
fn a_place_is_taken_only_while_a_request_waits() {
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "hose", &["message"]);
    let stream = app.firehose("hose");
    for _ in 0..10 {
        // The other place is free again when the answer is there.
        polls(&app, "wait=0").data();
    }
    thread::scope(|scope| {
        let waiting = scope.spawn(|| polls(&app, LONG));
        eventually("both are taken", || server.actors()["streams_in_use"] == 2);
        let refused = polls(&app, LONG);
        refused.refused_as(429, "streams-in-use");
        assert!(refused.header("retry-after").is_some());
        let open = app.get("/apps/me/streams").data();
        assert_eq!(open.as_array().map(Vec::len), Some(2), "{open}");
        app.delete("/streams/hose").data();
        waiting
            .join()
            .expect("an answer")
            .refused_as(404, "stream-not-found");
    });
    drop(stream);
    server.holds_no_connection();
}

#[test]
fn an_answer_is_no_stream_that_ended() {
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "hose", &["message"]);
    for _ in 0..3 {
        polls(&app, "wait=0").data();
    }
    assert_eq!(app.get("/apps/me/streams/log").data(), json!([]));
    server.holds_no_connection();
    assert_eq!(
        server.counter("stream_connections_opened_total"),
        server.counter("stream_connections_gone_total")
    );
}

#[test]
fn a_client_that_goes_gives_its_place_back() {
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "hose", &["message"]);
    let path = format!("/v1/app?key=hose&access_token={}&{LONG}", app.token());
    for _ in 0..3 {
        let mut sockets = [(); 2].map(|()| TcpStream::connect(server.address).expect("a server"));
        for socket in &mut sockets {
            let request = http::request("GET", &path, &[], b"");
            socket.write_all(&request).expect("a server that reads");
        }
        eventually("both wait", || server.actors()["streams_in_use"] == 2);
        drop(sockets);
        server.holds_no_connection();
    }
}

#[test]
fn a_token_that_is_revoked_ends_the_wait_and_the_answer_says_so() {
    let server = TestServer::start();
    let (_, other) = server.other_app("Other");
    build::app_stream(&other, "hose", &["message"]);
    let answer = meanwhile(&server, &other, LONG, || {
        other.delete("/token").is(200);
    });
    answer.refused_as(401, "invalid-token");
    server.holds_no_connection();
}

#[test]
fn a_stop_answers_at_once_and_nothing_is_lost_over_it() {
    let mut server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "hose", &["message"]);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    let at = cursor(&polls(&app, "wait=0"));
    let answer = meanwhile(&server, &app, &format!("{LONG}&cursor={at}"), || {
        server.signal(Signal::SIGTERM);
    });
    assert_eq!(answer.data(), json!([]));
    assert_eq!(cursor(&answer), at);
    assert!(server.stop_status(), "{}", server.log());
    server.start_again();
    let (ada, app) = (server.ada(), server.app());
    build::says(&ada, &room, "after the restart");
    let answer = polls(&app, &format!("{LONG}&cursor={at}"));
    assert_eq!(
        answer.data()[0]["data"][0]["content"]["text"],
        "after the restart"
    );
}

#[test]
fn a_hole_in_the_log_is_said_in_its_place() {
    let mut server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "hose", &["message"]);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    let at = cursor(&polls(&app, "wait=0"));
    build::says(&ada, &room, "to be lost");
    build::says(&ada, &room, "to be kept");
    server.kill();
    server.sql("DELETE FROM log_events WHERE pos < (SELECT MAX(pos) FROM log_events)");
    server.start_again();
    let answer = polls(&server.app(), &format!("wait=0&cursor={at}"));
    let data = answer.data();
    let gap = &data[0]["meta"]["gap"];
    assert_eq!(gap["reason"], "trimmed", "{data}");
    assert_eq!(gap["from"], at.as_str());
    assert_eq!(data[0]["meta"]["cursor"], gap["to"]);
    assert_eq!(data[1]["data"][0]["content"]["text"], "to be kept");
    assert_eq!(cursor(&answer), text(&data[1]["meta"]["cursor"]));
    server.holds_no_connection();
}
