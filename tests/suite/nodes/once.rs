//! What is done once, on whichever node.

use serde_json::json;

use crate::support::nodes::{Node, Nodes};
use crate::support::receiver::{Received, Receiver};
use crate::support::{build, eventually, text};

const LOCAL: &[(&str, &str)] = &[
    ("WEBHOOKS_ALLOW_PRIVATE", "true"),
    ("WEBHOOKS_RETRY_MS", "20,20,20"),
];

fn said(all: &[Received]) -> Vec<String> {
    all.iter().map(Received::said).collect()
}

/// The name of the node that has the task of the hook.
fn poster(nodes: &Nodes) -> String {
    nodes.sql("SELECT name FROM streams_in_use JOIN nodes ON nodes.epoch = node WHERE key = 'hook'")
}

fn start(nodes: &Nodes) -> Vec<Node> {
    let names = ["a", "b", "c"].iter();
    names
        .map(|name| nodes.start_with(name, "127.0.0.1:0", LOCAL))
        .collect()
}

#[test]
fn a_webhook_is_posted_by_one_node_and_by_another_when_that_is_gone() {
    let Some(nodes) = Nodes::new() else { return };
    let mut all = start(&nodes);
    let receiver = Receiver::start();
    let room = build::room(&all[0].person(0), "Lounge");
    build::join(&room, &[&all[0].person(0)]);
    receiver.is_hooked(&all[1].app(), "hook", &["message"]);
    assert_eq!(poster(&nodes), "b");
    for (number, node) in all.iter().enumerate() {
        build::says(&node.person(0), &room, &format!("before {number}"));
    }
    let received = receiver.waits_for(3);
    assert_eq!(said(&received), ["before 0", "before 1", "before 2"]);
    drop(all.remove(1));
    eventually("another one begins it", || {
        let poster = poster(&nodes);
        poster == "a" || poster == "c"
    });
    build::says(&all[0].person(0), &room, "between");
    receiver.until("it is posted", |all| {
        said(all).contains(&String::from("between"))
    });
    let killed = usize::from(poster(&nodes) == "c");
    all[killed].kill();
    let left = all.remove(1 - killed);
    build::says(&left.person(0), &room, "after");
    // What was posted in the last second before may be repeated (at least once), in its order.
    let received = receiver.until("it is posted", |all| {
        said(all).contains(&String::from("after"))
    });
    let mut once = said(&received);
    once.dedup();
    assert_eq!(
        once,
        ["before 0", "before 1", "before 2", "between", "after"]
    );
    left.app().delete("/streams/hook").is(200);
    drop(all);
}

#[test]
fn a_webhook_that_is_changed_on_another_node_is_posted_as_changed() {
    let Some(nodes) = Nodes::new() else { return };
    let all = start(&nodes);
    let (receiver, other) = (Receiver::start(), Receiver::start());
    let room = build::room(&all[0].person(0), "Lounge");
    build::join(&room, &[&all[0].person(0)]);
    receiver.is_hooked(&all[0].app(), "hook", &["message"]);
    eventually("they know one another", || {
        all.iter().all(|node| node.metric("nodes") == 3)
    });
    // Its place among two in use is no obstacle to its own change.
    build::app_stream(&all[0].app(), "one", &["message"]);
    let _one = all[2].app().firehose("one");
    let change = json!({"url": other.url(), "is_enabled": true});
    all[1].app().put("/streams/hook", &change).is(200);
    build::says(&all[2].person(0), &room, "elsewhere");
    assert_eq!(said(&other.waits_for(1)), ["elsewhere"]);
    assert!(receiver.all().is_empty());
    let off = json!({"is_enabled": false});
    all[2].app().put("/streams/hook", &off).is(200);
    assert_eq!(
        nodes.sql("SELECT count(*) FROM streams_in_use WHERE key = 'hook'"),
        "0"
    );
    all[1].app().delete("/streams/hook").is(200);
}

#[test]
fn a_webhook_that_another_node_has_gone_on_with_is_not_switched_off() {
    let Some(nodes) = Nodes::new() else { return };
    let a = nodes.start_with("a", "127.0.0.1:0", LOCAL);
    let receiver = Receiver::start();
    receiver.is_hooked(&a.app(), "hook", &["message"]);
    eventually("it has its task", || a.metric("webhooks") == 1);
    // It stood still, say, and its place was given to another node.
    nodes.sql("DELETE FROM streams_in_use WHERE key = 'hook'");
    a.app().delete("/token").is(200);
    eventually("the task ends", || a.metric("webhooks") == 0);
    assert_eq!(nodes.sql("SELECT off IS NULL FROM webhooks"), "t");
    assert_eq!(a.metric("webhooks_switched_off_total"), 0);
}

#[test]
fn a_poll_closes_once_on_three_nodes() {
    let Some(nodes) = Nodes::new() else { return };
    let mut all = start(&nodes);
    let ballot = build::ballot("Where to?", &["Here", "There"]);
    let polls: Vec<String> = (0..20)
        .map(|number| build::poll(&all[number % 3].person(0), &ballot).0)
        .collect();
    all[0].kill();
    nodes.sql(
        "UPDATE polls SET closes_at = (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::int8",
    );
    let told = "SELECT count(*), count(DISTINCT body) FROM log_events WHERE kind = 'poll_closed'";
    eventually("all are closed", || {
        nodes.sql("SELECT count(*) FROM polls WHERE results IS NULL") == "0"
    });
    assert_eq!(nodes.sql(told), "20|20");
    for id in &polls {
        let poll = all[1].person(0).get(&format!("/polls/{id}")).is(200).data();
        assert_eq!(text(&poll["id"]), *id);
        assert!(poll["closed_at"].is_string(), "{poll}");
    }
}
