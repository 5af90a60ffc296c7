//! A session goes on at any node, and at one of them at a time.

use nix::sys::signal::Signal;

use crate::support::nodes::{ELSEWHERE, Node, Nodes, is_found_at};
use crate::support::{Stream, build, eventually, text};

const SESSION: &str = "&include_cursor=1&auto_delete=0";

fn messages(room: &str) -> String {
    format!("/channels/{room}/messages")
}

/// The session goes on at this node.
fn continues(node: &Node, id: &str, cursor: &str) -> Stream {
    let address = format!("{SESSION}&connection_id={id}&cursor={cursor}");
    let stream = node.person(0).stream_with(&address);
    assert_eq!(stream.id, id, "{}", stream.hello);
    assert_eq!(stream.hello["meta"]["stream"]["resumed"], true);
    stream
}

fn cursor(event: &serde_json::Value) -> String {
    text(&event["meta"]["cursor"])
}

#[test]
fn what_was_missed_comes_once_and_in_order_on_whichever_node() {
    let Some(nodes) = Nodes::new() else { return };
    let all = [nodes.start("a"), nodes.start("b"), nodes.start("c")];
    let room = build::room(&all[0].person(1), "Lounge");
    let mut stream = all[0].person(0).stream_with(SESSION);
    let id = stream.id.clone();
    stream.subscribes(&all[0].person(0), &messages(&room));
    let mut left = cursor(&stream.hello);
    for round in 0..6 {
        drop(stream);
        let (writer, other) = (&all[round % 3], &all[(round + 1) % 3]);
        build::says(&writer.person(1), &room, &format!("first of {round}"));
        build::says(&other.person(1), &room, &format!("second of {round}"));
        stream = continues(&all[(round + 2) % 3], &id, &left);
        assert_eq!(stream.hello["meta"]["stream"]["replayed"], 2);
        stream.hears_text(&format!("first of {round}"));
        left = cursor(&stream.hears_text(&format!("second of {round}")));
    }
}

#[test]
fn a_session_that_goes_on_elsewhere_leaves_its_old_node() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    let room = build::room(&a.person(1), "Lounge");
    let mut old = a.person(0).stream_with(SESSION);
    old.subscribes(&a.person(0), &messages(&room));
    let mut new = continues(&b, &old.id, &cursor(&old.hello));
    assert_eq!(old.closed_with(), 4006);
    // Calls find it at its new node, though its id names the old one.
    let inbox = new.subscribes(&a.person(0), "/channels");
    build::says(&a.person(1), &room, "to one of them");
    new.hears_text("to one of them");
    let one = format!("/users/me/streams/{}/{inbox}", new.id);
    a.person(0).delete(&one).is(204);
    // And back.
    let mut back = continues(&a, &new.id, &cursor(&old.hello));
    assert_eq!(new.closed_with(), 4006);
    back.hears_text("to one of them");
}

#[test]
fn a_session_that_comes_back_while_its_old_node_finds_it_elsewhere_stays() {
    let Some(nodes) = Nodes::with_faults() else {
        return;
    };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    let room = build::room(&a.person(1), "Lounge");
    let old = a.person(0).stream_with(SESSION);
    old.subscribes(&a.person(0), &messages(&room));
    let held = nodes.fault("letting-go");
    let away = continues(&b, &old.id, &cursor(&old.hello));
    held.is_met();
    let mut back = continues(&a, &old.id, &cursor(&old.hello));
    held.off();
    // Longer than what was held takes to be done.
    for number in 0..50 {
        let said = format!("and on {number}");
        build::says(&a.person(1), &room, &said);
        back.hears_text(&said);
    }
    drop((old, away));
}

#[test]
fn a_node_that_was_not_told_finds_out_by_itself() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    let room = build::room(&a.person(1), "Lounge");
    let mut old = a.person(0).stream_with(SESSION);
    old.subscribes(&a.person(0), &messages(&room));
    nodes.sql(ELSEWHERE);
    nodes.sql(&is_found_at("a", "127.0.0.1:9"));
    let one = format!("{}?subscription_id=one", messages(&room));
    eventually("the address is read", || {
        let page = old.calls(&b.person(0), &one).is(200);
        page.meta()["subscription_id"].is_null()
    });
    let new = continues(&b, &old.id, &cursor(&old.hello));
    assert_eq!(old.closed_with(), 4006);
    assert_eq!(nodes.sql("SELECT count(*) FROM stream_sessions"), "1");
    drop(new);
}

#[test]
fn a_session_of_a_node_that_was_killed_goes_on_at_another_one() {
    let Some(nodes) = Nodes::new() else { return };
    let (mut a, b) = (nodes.start("a"), nodes.start("b"));
    let room = build::room(&b.person(1), "Lounge");
    let mut stream = a.person(0).stream_with(SESSION);
    stream.subscribes(&a.person(0), &messages(&room));
    build::says(&b.person(1), &room, "heard");
    let left = cursor(&stream.hears_text("heard"));
    a.kill();
    build::says(&b.person(1), &room, "missed");
    let mut on = continues(&b, &stream.id, &left);
    on.hears_text("missed");
    build::says(&b.person(1), &room, "live");
    on.hears_text("live");
}

#[test]
fn a_node_that_stood_still_lets_go_of_what_went_on_meanwhile_and_keeps_the_rest() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    let room = build::room(&b.person(1), "Lounge");
    let mut moved = a.person(0).stream_with(SESSION);
    moved.subscribes(&a.person(0), &messages(&room));
    let mut kept = a.person(0).stream_with(SESSION);
    kept.subscribes(&a.person(0), &messages(&room));
    let both = [&a, &b];
    eventually("they know one another", || {
        both.iter().all(|node| node.metric("nodes") == 2)
    });
    a.signal(Signal::SIGSTOP);
    eventually("its lease is over", || b.metric("nodes") == 1);
    eventually("it is buried", || {
        nodes.sql("SELECT count(*) FROM nodes") == "1"
    });
    let mut on = continues(&b, &moved.id, &cursor(&moved.hello));
    build::says(&b.person(1), &room, "meanwhile");
    on.hears_text("meanwhile");
    a.signal(Signal::SIGCONT);
    assert_eq!(moved.closed_with(), 4006);
    kept.hears_text("meanwhile");
    eventually("it is this node's again", || {
        let of = "SELECT count(*) FROM stream_sessions JOIN nodes ON nodes.epoch = node WHERE name = 'a'";
        nodes.sql(of) == "1"
    });
    build::says(&b.person(1), &room, "afterwards");
    on.hears_text("afterwards");
    kept.hears_text("afterwards");
}
