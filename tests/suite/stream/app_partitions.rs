//! App streams that several connections share, and what counts as in use.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use crate::support::raw_socket::RawSocket;
use crate::support::{Stream, TestServer, build, eventually, text};

#[test]
fn partitions_share_the_events_and_keep_their_order() {
    let server = TestServer::start();
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    build::app_stream(&app, "hose", &["message", "user_presence"]);
    let rooms: Vec<String> = ["A", "B", "C", "D"]
        .map(|name| build::room(&ada, name))
        .into();
    for room in &rooms {
        build::join(room, &[&ada]);
    }
    let open =
        |index: usize| app.firehose_with("hose", &format!("&partition={index}&partitions=3"));
    let mut parts: Vec<Stream> = (0..3).map(open).collect();
    let mut expected: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for round in 0..3 {
        for room in &rooms {
            let said = format!("{round} in {room}");
            build::says(&bob, room, &said);
            let part = room.parse::<usize>().expect("an id") % 3;
            expected.entry(part).or_default().push(said);
        }
    }
    for (part, all) in &expected {
        for said in all {
            parts[*part].hears_text(said);
        }
    }
    // By their user, where there is no channel.
    for (person, id) in [(&ada, 1), (&bob, 2)] {
        person.does("/users/me/presence").is(200);
        let event = parts[id % 3].hears("user_presence");
        assert_eq!(text(&event["meta"]["id"]), id.to_string());
    }
}

#[test]
fn the_partitions_of_a_key_are_one_stream_in_use() {
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "one", &["message"]);
    build::app_stream(&app, "two", &["message"]);
    let open = |key, query: &str| app.firehose_with(key, query);
    let parts = ["&partition=0&partitions=2", "&partition=1&partitions=2"];
    let first: Vec<Stream> = parts.iter().map(|part| open("one", part)).collect();
    assert_eq!(server.actors()["streams_in_use"], 1);
    for (query, code, slug) in [
        ("partition=0&partitions=3", 409, "partitions-differ"),
        ("partition=2&partitions=2", 400, "invalid-partition"),
        ("partition=-1&partitions=2", 400, "invalid-partition"),
        ("partition=0&partitions=65", 400, "invalid-partition"),
        ("partition=0", 400, "invalid-partition"),
        ("partitions=2", 400, "invalid-partition"),
    ] {
        let refused = app.asks_upgrade(&format!("/app?key=one&{query}"));
        refused.refused_as(code, slug);
    }
    // A second set, or another stream, is a second one in use.
    let second = open("one", parts[0]);
    app.asks_upgrade("/app?key=two")
        .refused_as(429, "streams-in-use");
    app.asks_upgrade("/app?key=two&partition=0&partitions=4")
        .refused_as(429, "streams-in-use");
    drop(second);
    eventually("the second set is closed", || {
        server.actors()["streams_in_use"] == 1
    });
    let other = open("two", "");
    drop((first, other));
    server.holds_no_connection();
    assert_eq!(server.actors()["streams_in_use"], 0);
    let _another_number = open("one", "&partition=4&partitions=5");
}

#[test]
fn of_two_hundred_that_open_at_once_two_win() {
    const OPENERS: usize = 200;
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "one", &["message"]);
    let path = format!("/v1/app?key=one&access_token={}", app.token());
    for round in 0..2 {
        let start = Barrier::new(OPENERS);
        let opened: Vec<(RawSocket, String)> = thread::scope(|scope| {
            let openers = (0..OPENERS).map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let mut socket = RawSocket::asks(app.address, &path, &[]);
                    let line = socket.line();
                    (socket, line)
                })
            });
            let openers: Vec<_> = openers.collect();
            let joined = openers.into_iter();
            joined
                .map(|opener| opener.join().expect("an answer"))
                .collect()
        });
        let answers = |code: &str| {
            opened
                .iter()
                .filter(|(_, line)| line.contains(code))
                .count()
        };
        assert_eq!(
            (answers(" 101 "), answers(" 429 ")),
            (2, OPENERS - 2),
            "in round {round}"
        );
        assert_eq!(server.actors()["streams_in_use"], 2);
        drop(opened);
        server.holds_no_connection();
        assert_eq!(server.actors()["streams_in_use"], 0);
    }
}
