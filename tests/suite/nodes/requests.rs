//! A call that names a connection of another node is answered by that node.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::nodes::{Node, Nodes};
use crate::support::{Stream, build, eventually, http, text};

fn messages(room: &str) -> String {
    format!("/channels/{room}/messages")
}

#[test]
fn a_page_and_its_stream_meet_whichever_node_is_asked() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b, c) = (nodes.start("a"), nodes.start("b"), nodes.start("c"));
    let room = build::room(&b.person(1), "Lounge");
    let mut stream = a.person(0).stream_with("&include_cursor=1");
    eventually("the nodes know one another", || {
        [&a, &b, &c].iter().all(|node| node.metric("nodes") == 3)
    });
    build::says(&b.person(1), &room, "on the page");
    let named = stream.subscribes(&c.person(0), &messages(&room));
    build::says(&b.person(1), &room, "on the stream");
    let event = stream.hears_text("on the stream");
    assert_eq!(event["meta"]["subscription_ids"][0], named.as_str());
    assert!(c.metric("node_requests_sent_on_total") >= 1);
    // The answer is that of any call: counted and identified where it was asked.
    let answer = stream.calls(&b.person(0), &messages(&room)).is(200);
    assert_eq!(answer.header("x-api-version"), Some("1.4.0"));
    assert!(answer.header("x-request-id").is_some());
    let presence = stream.calls(&c.person(0), "/presence").is(200);
    assert!(presence.meta()["subscription_id"].is_string());
    // A refusal is one from anywhere.
    let chosen = format!(
        "{}?connection_id={}&subscription_id=a.b",
        messages(&room),
        stream.id
    );
    c.person(0).get(&chosen).refused_at(400, "subscription_id");
    // So is what ends subscriptions and streams.
    let one = format!("/users/me/streams/{}/{named}", stream.id);
    c.person(1).delete(&one).refused_as(404, "stream-not-found");
    b.person(0).delete(&one).is(204);
    b.person(0).delete(&one).refused_as(404, "stream-not-found");
    c.person(0)
        .delete(&format!("/users/me/streams/{}", stream.id))
        .is(204);
    assert_eq!(stream.closed_with(), 1000);
}

#[test]
fn a_call_that_is_sent_on_sets_the_presence_where_it_is_answered_and_there_alone() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    let stream = a.person(0).stream();
    eventually("it is known", || b.metric("nodes") == 2);
    let path = "/channels?update_presence=around&connection_id=";
    let answer = b.person(0).get(&format!("{path}{}", stream.id)).is(200);
    assert_eq!(answer.meta()["updated_presence"], true);
    let shown = |node: &Node| {
        let path = format!("/users/{}/presence", node.person(0).id);
        node.person(1).get(&path).is(200).data()["presence"].clone()
    };
    // Without a bus each node shows what was set on it.
    assert_eq!(shown(&a), "around");
    assert_ne!(shown(&b), "around");
    // A call that is not sent on, and one that is refused, set it where they are.
    b.person(0).get("/channels?update_presence=here").is(200);
    assert_eq!(shown(&b), "here");
    b.person(0).get("/channels/0?update_presence=there");
    assert_eq!(shown(&b), "there");
}

#[test]
fn a_call_that_names_a_node_which_is_gone_is_served_without_a_subscription() {
    let Some(nodes) = Nodes::new() else { return };
    let (mut a, b) = (nodes.start("a"), nodes.start("b"));
    let room = build::room(&b.person(1), "Lounge");
    let stream = a.person(0).stream();
    eventually("it is known", || b.metric("nodes") == 2);
    a.kill();
    // Before its lease is over, and after.
    let before = stream.calls(&b.person(0), &messages(&room)).is(200);
    assert!(before.meta()["subscription_id"].is_null());
    eventually("it is known to be gone", || b.metric("nodes") == 1);
    let after = stream.calls(&b.person(0), &messages(&room)).is(200);
    assert!(after.meta()["subscription_id"].is_null());
    let other = format!("{}?connection_id=not-an-id", messages(&room));
    assert!(b.person(0).get(&other).is(200).meta()["subscription_id"].is_null());
}

#[test]
fn a_node_that_stands_still_holds_a_call_up_for_a_bounded_time() {
    let Some(nodes) = Nodes::new() else { return };
    let lease = [("SERVER_NODE_LEASE_MS", "600000")];
    let a = nodes.start_with("a", "127.0.0.1:0", &lease);
    let b = nodes.start_with("b", "127.0.0.1:0", &[("SERVER_NODE_LEASE_MS", "10000")]);
    let room = build::room(&b.person(1), "Lounge");
    let stream = a.person(0).stream();
    eventually("it is known", || b.metric("nodes") == 2);
    a.signal(Signal::SIGSTOP);
    let late = stream.calls(&b.person(0), &messages(&room));
    let began = Instant::now();
    let next = stream.calls(&b.person(0), &messages(&room));
    let took = began.elapsed();
    a.signal(Signal::SIGCONT);
    for refused in [late, next] {
        refused.refused_as(503, "busy");
        assert!(refused.header("retry-after").is_some());
    }
    // It is not asked again at once, so that it holds up no other.
    assert!(took < Duration::from_secs(5), "{took:?}");
    eventually("it is asked again", || {
        stream.calls(&b.person(0), &messages(&room)).status == 200
    });
}

#[test]
fn the_internal_address_answers_nodes_alone() {
    let Some(nodes) = Nodes::new() else { return };
    let a = nodes.start("a");
    let internal = nodes.sql("SELECT internal_address FROM nodes");
    let internal = internal.parse().expect("an address");
    let own = a.person(0);
    let bearer = format!("Bearer {}", own.token());
    let id = format!("/node/sessions/{}", "x".repeat(32));
    for (method, path) in [
        ("GET", "/v1/users/me"),
        ("DELETE", &*id),
        ("GET", "/metrics"),
        ("GET", "/"),
    ] {
        for secret in ["", "0", &"0".repeat(128)] {
            let headers = [("Authorization", &*bearer), ("X-Groundnut-Node", secret)];
            let answer = http::exchange(internal, &http::request(method, path, &headers, b""));
            assert_eq!(
                (answer.status, answer.body.len()),
                (404, 0),
                "{method} {path}"
            );
        }
    }
    let key = nodes.sql("SELECT encode(value, 'hex') FROM secrets WHERE name = 'nodes'");
    let headers = [("Authorization", &*bearer), ("X-Groundnut-Node", &*key)];
    let answer = http::exchange(
        internal,
        &http::request("GET", "/v1/users/me", &headers, b""),
    );
    assert_eq!(text(&answer.data()["username"]), "ada");
    // No stream is opened through it.
    let answer = http::exchange(internal, &http::request("GET", "/v1/user", &headers, b""));
    assert_eq!(answer.status, 404);
    // What it holds back of a long body is not waited for either.
    let mut long = TcpStream::connect(internal).expect("it listens");
    long.set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a timeout");
    long.write_all(
        b"POST /node/tickets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nabc",
    )
    .expect("it reads");
    let mut said = [0; 12];
    long.read_exact(&mut said).expect("an answer");
    assert_eq!(&said, b"HTTP/1.1 404");
    // One who says nothing is not waited for.
    let mut idle = TcpStream::connect(internal).expect("it listens");
    idle.set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a timeout");
    idle.write_all(b"GET /v1/users/me HTTP/1.1\r\n")
        .expect("it reads");
    let mut said = Vec::new();
    idle.read_to_end(&mut said).expect("it ends");
    assert!(
        said.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

#[test]
fn a_call_that_was_sent_on_goes_no_further() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    let room = build::room(&b.person(1), "Lounge");
    let stream = a.person(0).stream();
    // Both names lead to the node that does not have the connection.
    let swap =
        "UPDATE nodes SET internal_address = (SELECT internal_address FROM nodes WHERE name = 'b')";
    let one = format!("{}?subscription_id=one", messages(&room));
    let sent_on = || b.metric("node_requests_sent_on_total");
    eventually("the address is read", || {
        // Its node writes its own again with the next renewal.
        nodes.sql(swap);
        let before = sent_on();
        let answer = stream.calls(&b.person(0), &one).is(200);
        sent_on() > before && answer.meta()["subscription_id"].is_null()
    });
}

#[test]
fn a_ticket_opens_one_stream_on_whichever_node() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    build::app_stream(&a.app(), "hose", &["message"]);
    eventually("they know one another", || b.metric("nodes") == 2);
    for (caller, path) in [(a.person(0), "/v1/user?"), (a.app(), "/v1/app?key=hose&")] {
        let given = caller.post("/token/ticket", &json!({})).is(200).data();
        let path = format!("{path}ticket={}", text(&given["ticket"]));
        drop(Stream::open(b.address, &path));
        for node in [&a, &b] {
            let path = path.trim_start_matches("/v1");
            let mut caller = node.person(0);
            caller.token = None;
            caller.asks_upgrade(path).refused_as(401, "invalid-ticket");
        }
    }
}
