//! Two app streams in use per client, over all nodes.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Barrier;

use nix::sys::signal::Signal;

use crate::support::door::Door;
use crate::support::http;
use crate::support::nodes::{Node, Nodes};
use crate::support::{DEADLINE, Person, Stream, build, eventually};

/// Rows of streams in use.
fn in_use(nodes: &Nodes) -> String {
    nodes.sql("SELECT count(*) FROM streams_in_use")
}

fn is_refused(app: &Person, path: &str) {
    app.asks_upgrade(path).refused_as(429, "streams-in-use");
}

/// Opens an app stream, if there is a place for it.
fn opens(app: &Person, key: &str) -> Option<TcpStream> {
    let path = format!("/v1/app?access_token={}&key={key}", app.token());
    let request = http::request("GET", &path, Door::Websocket.asked_with(), b"");
    let mut socket = TcpStream::connect(app.address).expect("it listens");
    socket.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    socket.write_all(&request).expect("it reads");
    let answer = http::read_answer(&mut socket, "GET /v1/app");
    assert!(matches!(answer.status, 101 | 429), "{answer}");
    (answer.status == 101).then_some(socket)
}

#[test]
fn two_hundred_parallel_opens_over_three_nodes_give_exactly_two() {
    let Some(nodes) = Nodes::new() else { return };
    let all = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
    build::app_stream(&all[0].app(), "one", &["message"]);
    for _ in 0..3 {
        let together = Barrier::new(200);
        let opened = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..200)
                .map(|number| {
                    let (app, together) = (all[number % 3].app(), &together);
                    scope.spawn(move || {
                        together.wait();
                        opens(&app, "one")
                    })
                })
                .collect();
            let ended = tries
                .into_iter()
                .map(|tried| tried.join().expect("it ends"));
            ended.flatten().collect::<Vec<_>>()
        });
        assert_eq!(opened.len(), 2);
        assert_eq!(in_use(&nodes), "2");
        for node in &all {
            is_refused(&node.app(), "/app?key=one");
        }
        drop(opened);
        eventually("their places are free", || in_use(&nodes) == "0");
    }
}

#[test]
fn the_places_of_a_killed_node_are_free_with_its_lease() {
    let Some(nodes) = Nodes::new() else { return };
    let (mut a, b) = (nodes.start("a"), nodes.start("b"));
    build::app_stream(&b.app(), "one", &["message"]);
    let _held = [a.app().firehose("one"), a.app().firehose("one")];
    is_refused(&b.app(), "/app?key=one");
    a.kill();
    is_refused(&b.app(), "/app?key=one");
    eventually("its lease is over", || in_use(&nodes) == "0");
    let _new = [b.app().firehose("one"), b.app().firehose("one")];
    is_refused(&b.app(), "/app?key=one");
}

#[test]
fn a_node_that_is_stopped_beyond_its_lease_closes_its_streams_when_it_goes_on() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    build::app_stream(&b.app(), "one", &["message"]);
    let mut old = [a.app().firehose("one"), a.app().firehose("one")];
    a.signal(Signal::SIGSTOP);
    eventually("its lease is over", || b.metric("nodes") == 1);
    eventually("its places are free", || in_use(&nodes) == "0");
    let mut new = [b.app().firehose("one"), b.app().firehose("one")];
    a.signal(Signal::SIGCONT);
    for stream in &mut old {
        assert_eq!(stream.closed_with(), 4009);
    }
    eventually(
        "it takes streams again, for which there is no place",
        || a.app().asks_upgrade("/app?key=one").status == 429,
    );
    is_refused(&b.app(), "/app?key=one");
    assert_eq!(in_use(&nodes), "2");
    let room = build::room(&b.person(0), "Lounge");
    build::join(&room, &[&b.person(0)]);
    build::says(&a.person(0), &room, "to the new ones");
    for stream in &mut new {
        stream.hears_text("to the new ones");
    }
}

#[test]
fn a_node_that_cannot_renew_its_lease_closes_its_app_streams_before_it_is_over() {
    let Some(nodes) = Nodes::new() else { return };
    let lease = [("SERVER_NODE_LEASE_MS", "12000")];
    let a = nodes.start_with("a", "127.0.0.1:0", &lease);
    build::app_stream(&a.app(), "one", &["message"]);
    let mut held = a.app().firehose("one");
    let mut user = a.person(0).stream();
    // It may be renewed once more before the lock: then it ends later than this.
    let end = nodes.sql("SELECT renewed_at + lease FROM nodes");
    nodes.while_locked("nodes", || {
        assert_eq!(held.closed_with(), 4009);
        let left = format!("SELECT EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 < {end}");
        assert_eq!(nodes.sql(&left), "t", "closed while the lease held");
        let refused = a.app().asks_upgrade("/app?key=one");
        refused.refused_as(503, "busy");
        user.beats();
    });
    eventually("it takes streams again", || {
        a.app().asks_upgrade("/app?key=one").status == 101
    });
    user.beats();
}

#[test]
fn partitions_are_one_stream_in_use_whichever_node_has_them() {
    let Some(nodes) = Nodes::new() else { return };
    let all = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
    for key in ["all", "other"] {
        build::app_stream(&all[0].app(), key, &["message"]);
    }
    let part = |node: &Node, index: usize| {
        node.app()
            .firehose_with("all", &format!("&partition={index}&partitions=3"))
    };
    let held: Vec<Stream> = (0..3).map(|index| part(&all[index], index)).collect();
    let other = all[1].app().firehose("other");
    is_refused(&all[2].app(), "/app?key=other");
    is_refused(&all[0].app(), "/app?key=all&partition=1&partitions=3");
    let differs = all[0]
        .app()
        .asks_upgrade("/app?key=all&partition=1&partitions=2");
    differs.refused_as(409, "partitions-differ");
    drop(other);
    eventually("the other one is free", || in_use(&nodes) == "3");
    let second = part(&all[0], 1);
    is_refused(&all[2].app(), "/app?key=other");
    drop((held, second));
    eventually("all is free", || in_use(&nodes) == "0");
}

#[test]
fn a_long_poll_finds_its_place_free_on_any_node() {
    let Some(nodes) = Nodes::new() else { return };
    let all = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
    build::app_stream(&all[0].app(), "one", &["message"]);
    let _other = all[0].app().firehose("one");
    for round in 0..9 {
        let app = all[round % 3].app();
        app.get("/app?key=one&wait=0").is(200);
    }
}
