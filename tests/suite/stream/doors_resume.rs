//! A browser's `EventSource` comes back to the same address and says what it received last: the stream goes on there.

use serde_json::Value;

use crate::support::door::{AnswerStream, Door};
use crate::support::{Person, TestServer, build, text};

/// Opens an event stream at this address, as a browser does that received this event last.
fn event_source(server: &TestServer, who: &Person, path: &str, last: Option<&str>) -> AnswerStream {
    let last = last.map_or_else(String::new, |last| format!("Last-Event-ID: {last}\r\n"));
    let token = who.token();
    let request = format!(
        "GET /v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Accept: text/event-stream\r\n{last}\r\n"
    );
    AnswerStream::asked(server.address, request.as_bytes(), Door::EventStream)
}

fn says(event: &Value) -> String {
    text(&event["data"][0]["content"]["text"])
}

#[test]
fn a_user_stream_goes_on_behind_the_last_event_of_an_event_source() {
    let mut server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let address = "/user?auto_delete=0";
    let mut stream = event_source(&server, &bob, address, None);
    let hello = stream.frame();
    let id = text(&hello["meta"]["connection_id"]);
    let page = bob.get(&format!("/channels/{room}/messages?connection_id={id}"));
    assert!(page.meta()["subscription_id"].is_string());
    build::says(&ada, &room, "one");
    let first = stream.frame();
    assert_eq!(says(&first), "one");
    let mut last = format!("{id}:{}", text(&first["meta"]["cursor"]));
    for round in ["two", "three"] {
        drop(stream);
        build::says(&server.ada(), &room, round);
        server.kill();
        server.start_again();
        stream = event_source(&server, &server.bob(), address, Some(&last));
        let hello = stream.frame();
        assert_eq!(text(&hello["meta"]["connection_id"]), id, "{hello}");
        assert_eq!(hello["meta"]["stream"]["resumed"], true, "{hello}");
        let missed = stream.frame();
        assert_eq!(says(&missed), round);
        last = format!("{id}:{}", text(&missed["meta"]["cursor"]));
    }
}

#[test]
fn an_app_stream_goes_on_behind_the_last_event_and_a_cursor_that_is_none_is_refused() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    build::app_stream(&app, "mine", &["message"]);
    let address = "/app?key=mine";
    let mut stream = event_source(&server, &app, address, None);
    let hello = stream.frame();
    let last = text(&hello["meta"]["cursor"]);
    drop(stream);
    let sent: Vec<String> = (0..200).map(|n| format!("message {n}")).collect();
    for words in &sent {
        build::says(&ada, &room, words);
    }
    let mut stream = event_source(&server, &app, address, Some(&last));
    assert_eq!(text(&stream.frame()["meta"]["cursor"]), last);
    for words in &sent {
        assert_eq!(says(&stream.frame()), *words);
    }
    let refused = event_source(&server, &app, address, Some("nonsense"));
    assert_eq!(refused.head.status, 400, "{}", refused.head);
}
