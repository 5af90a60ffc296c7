//! A session goes on where it was left: nothing is lost and nothing comes twice, over any number of cuts.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Person, Stream, TestServer, build, eventually, text};

const SESSION: &str = "&include_cursor=1&auto_delete=0";

/// A stream whose session outlives its connection.
fn session(person: &Person) -> Stream {
    person.stream_with(SESSION)
}

/// What a client keeps: its connection id, and the cursor of the last frame.
#[derive(Clone)]
pub(super) struct Left {
    pub(super) id: String,
    pub(super) cursor: String,
}

impl Left {
    /// Behind the hello of a stream.
    pub(super) fn of(stream: &Stream) -> Self {
        Self {
            id: stream.id.clone(),
            cursor: text(&stream.hello["meta"]["cursor"]),
        }
    }

    /// Behind an event.
    pub(super) fn behind(&mut self, event: &Value) {
        self.cursor = text(&event["meta"]["cursor"]);
    }

    pub(super) fn address(&self) -> String {
        format!("{SESSION}&connection_id={}&cursor={}", self.id, self.cursor)
    }

    /// Goes on, as the same stream.
    pub(super) fn continues(&self, person: &Person) -> Stream {
        let stream = person.stream_with(&self.address());
        assert_eq!(stream.id, self.id, "{}", stream.hello);
        assert_eq!(stream.hello["meta"]["stream"]["resumed"], true);
        assert_eq!(text(&stream.hello["meta"]["cursor"]), self.cursor);
        stream
    }
}

fn replayed(stream: &Stream) -> u64 {
    let said = &stream.hello["meta"]["stream"]["replayed"];
    said.as_u64().unwrap_or_else(|| panic!("replayed: {said}"))
}

fn messages(room: &str) -> String {
    format!("/channels/{room}/messages")
}

#[test]
pub(super) fn what_was_missed_comes_once_and_in_order_over_many_cuts() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    bob.does(&format!("/users/{}/follow", ada.id)).is(200);
    let mut stream = session(&bob);
    let named = stream.subscribes(&bob, &messages(&room));
    let inbox = stream.subscribes(&bob, "/channels");
    stream.subscribes(&bob, "/posts/streams/me");
    let mut left = Left::of(&stream);
    for round in 0..4 {
        drop(stream);
        build::says(&ada, &room, &format!("first of {round}"));
        build::posts(&ada, &format!("a post of {round}"));
        build::says(&ada, &room, &format!("second of {round}"));
        stream = left.continues(&bob);
        assert_eq!(replayed(&stream), 3, "{}", stream.hello);
        let event = stream.hears_text(&format!("first of {round}"));
        let mut both = vec![named.clone(), inbox.clone()];
        both.sort();
        assert_eq!(Stream::named(&event), both);
        stream.hears("post");
        left.behind(&stream.hears_text(&format!("second of {round}")));
        // And live.
        build::says(&ada, &room, &format!("live in {round}"));
        left.behind(&stream.hears_text(&format!("live in {round}")));
    }
    // Nothing was missed.
    drop(stream);
    stream = left.continues(&bob);
    assert_eq!(replayed(&stream), 0);
    build::says(&ada, &room, "on it goes");
    stream.hears_text("on it goes");
}

#[test]
fn a_connection_that_ends_while_another_one_takes_its_session_takes_nothing_from_it() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut before = session(&bob);
    before.subscribes(&bob, &messages(&room));
    let left = Left::of(&before);
    let slow = server.fault("resume");
    let mut stream = std::thread::scope(|scope| {
        let continues = scope.spawn(|| left.continues(&bob));
        slow.is_met();
        assert_eq!(before.closes(), 1000);
        eventually("it is gone", || {
            let streams = bob.get("/users/me/streams").data();
            streams.as_array().is_some_and(Vec::is_empty)
        });
        slow.off();
        continues.join().expect("it is continued")
    });
    stream.subscribes(&bob, "/channels");
    build::says(&ada, &room, "on it goes");
    stream.hears_text("on it goes");
    assert_eq!(stream.closes(), 1000);
}

#[test]
fn the_same_place_may_be_gone_back_to_again_and_again() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let stream = session(&bob);
    stream.subscribes(&bob, &messages(&room));
    let left = Left::of(&stream);
    drop(stream);
    for said in ["one", "two"] {
        build::says(&ada, &room, said);
    }
    for _ in 0..3 {
        let mut stream = left.continues(&bob);
        assert_eq!(replayed(&stream), 2);
        stream.hears_text("one");
        stream.hears_text("two");
        assert_eq!(
            stream.closes(),
            1000,
            "a clean close keeps the session, too"
        );
    }
}

#[test]
pub(super) fn a_session_survives_kill_9_of_the_server() {
    let mut server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = session(&bob);
    stream.subscribes(&bob, &messages(&room));
    let mut left = Left::of(&stream);
    build::says(&ada, &room, "heard");
    left.behind(&stream.hears_text("heard"));
    for round in 0..2 {
        drop(stream);
        build::says(&server.ada(), &room, &format!("before {round}"));
        server.kill();
        server.start_again();
        build::says(&server.ada(), &room, &format!("after {round}"));
        stream = left.continues(&server.bob());
        assert_eq!(replayed(&stream), 2);
        stream.hears_text(&format!("before {round}"));
        left.behind(&stream.hears_text(&format!("after {round}")));
        build::says(&server.ada(), &room, &format!("live {round}"));
        left.behind(&stream.hears_text(&format!("live {round}")));
    }
}

#[test]
fn each_subscription_is_continued_from_its_own_beginning() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (first, second) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    build::join(&first, &[&bob]);
    build::join(&second, &[&bob]);
    let mut stream = session(&bob);
    stream.subscribes(&bob, &messages(&first));
    let left = Left::of(&stream);
    build::says(&ada, &second, "on the page of the second");
    build::says(&ada, &first, "heard by the first");
    stream.hears_text("heard by the first");
    stream.subscribes(&bob, &messages(&second));
    build::says(&ada, &second, "heard by the second");
    stream.hears_text("heard by the second");
    drop(stream);
    let mut stream = left.continues(&bob);
    stream.hears_text("heard by the first");
    stream.hears_text("heard by the second");
    build::says(&ada, &second, "live");
    stream.hears_text("live");
}

#[test]
fn a_session_ends_when_it_is_deleted_and_a_subscription_too() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (first, second) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    build::join(&first, &[&bob]);
    build::join(&second, &[&bob]);
    let stream = session(&bob);
    let ended = stream.subscribes(&bob, &messages(&first));
    stream.subscribes(&bob, &messages(&second));
    let left = Left::of(&stream);
    drop(stream);
    build::says(&ada, &first, "not to be heard");
    build::says(&ada, &second, "to be heard");
    let path = format!("/users/me/streams/{}", left.id);
    // Not by another user.
    ada.delete(&format!("{path}/{ended}"))
        .refused_as(404, "stream-not-found");
    ada.delete(&path).refused_as(404, "stream-not-found");
    bob.delete(&format!("{path}/{ended}")).is(204);
    bob.delete(&format!("{path}/{ended}"))
        .refused_as(404, "stream-not-found");
    let mut stream = left.continues(&bob);
    stream.hears_text("to be heard");
    bob.delete(&path).is(204);
    assert_eq!(stream.closed_with(), 1000);
    is_gone(&left, &bob);
    bob.delete(&path).refused_as(404, "stream-not-found");
}

/// The session is no more: a fresh stream says so.
fn is_gone(left: &Left, person: &Person) -> Stream {
    let stream = person.stream_with(&left.address());
    assert_ne!(stream.id, left.id);
    let said = &stream.hello["meta"]["stream"];
    assert_eq!(said["resumed"], false, "{}", stream.hello);
    assert!(said.get("replayed").is_none(), "{}", stream.hello);
    stream
}

#[test]
fn a_session_that_is_gone_or_of_another_user_is_begun_anew() {
    let server = TestServer::with(&[("STREAMS_SESSION_MS", "1")]);
    let (ada, bob) = (server.ada(), server.bob());
    let stream = session(&bob);
    let left = Left::of(&stream);
    // Not another's, and nothing happens to it.
    is_gone(&left, &ada);
    drop(stream);
    eventually("the session is over", || {
        let stream = bob.stream_with(&left.address());
        stream.hello["meta"]["stream"]["resumed"] == false
    });
    // A stream that did not ask for a session has none.
    let server = TestServer::start();
    let bob = server.bob();
    let stream = bob.stream_with("&include_cursor=1");
    let left = Left::of(&stream);
    drop(stream);
    is_gone(&left, &bob);
}

#[test]
fn of_too_many_sessions_the_oldest_goes() {
    let server = TestServer::with(&[("STREAMS_SESSIONS_PER_USER", "2")]);
    let (ada, bob) = (server.ada(), server.bob());
    let lefts: Vec<Left> = (0..3).map(|_| Left::of(&session(&bob))).collect();
    let of_ada = Left::of(&session(&ada));
    is_gone(&lefts[0], &bob);
    lefts[2].continues(&bob);
    of_ada.continues(&ada);
}

#[test]
fn a_stream_that_is_refused_costs_no_session_its_place() {
    let server = TestServer::with(&[
        ("STREAMS_SESSIONS_PER_USER", "1"),
        ("STREAMS_USER_CONNECTIONS", "1"),
    ]);
    let bob = server.bob();
    let stream = session(&bob);
    let left = Left::of(&stream);
    bob.asks_upgrade(&format!("/user?{SESSION}"))
        .refused_as(429, "too-many-connections");
    drop(stream);
    server.holds_no_connection();
    left.continues(&bob);
}

#[test]
fn cursors_that_mean_nothing_here_are_refused_before_the_upgrade() {
    let server = TestServer::start();
    let bob = server.bob();
    let left = Left::of(&session(&bob));
    let (epoch, pos) = left.cursor.split_once('.').expect("a cursor");
    let ahead = format!("{epoch}.{}", pos.parse::<u64>().expect("a position") + 1000);
    for (cursor, slug) in [
        ("", "cursor-malformed"),
        ("x", "cursor-malformed"),
        ("a.b.c", "cursor-malformed"),
        ("another.1", "cursor-foreign"),
        (&ahead, "cursor-ahead"),
    ] {
        for path in ["/user?", "/user?connection_id=x&"] {
            bob.asks_upgrade(&format!("{path}cursor={cursor}"))
                .refused_as(400, slug);
        }
    }
    left.continues(&bob);
}

#[test]
pub(super) fn the_display_parameters_are_those_of_the_new_address() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let stream = session(&bob);
    stream.subscribes(&bob, &messages(&room));
    let left = Left::of(&stream);
    drop(stream);
    build::says(&ada, &room, "plain");
    let mut stream = bob.stream_with(&format!("{}&include_html=0", left.address()));
    let event = stream.hears_text("plain");
    assert!(event["data"][0]["content"].get("html").is_none(), "{event}");
    let mut stream = left.continues(&bob);
    let event = stream.hears_text("plain");
    assert!(event["data"][0]["content"]["html"].is_string(), "{event}");
}

#[test]
fn an_inbox_misses_nothing_that_was_routed_before_it_was_filled() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let stream = session(&bob);
    stream.subscribes(&bob, "/channels");
    let left = Left::of(&stream);
    drop(stream);
    let filling = server.fault("filling");
    let mut stream = left.continues(&bob);
    filling.is_met();
    let routed = server.fault("routed");
    build::says(&ada, &room, "between");
    routed.is_met();
    filling.off();
    // Long enough for the stream to go live too early.
    std::thread::sleep(Duration::from_millis(300));
    routed.off();
    stream.hears_text("between");
    build::says(&ada, &room, "behind");
    stream.hears_text("behind");
}
