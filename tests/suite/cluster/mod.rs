//! Several servers on one database: what one of them does, all others know, in one order. With Redis between them, without,
//! and with a Redis that fails in all ways.

mod counted;
mod presence;
mod redis_away;
mod redis_strange;
mod rolling;
mod same_order;

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::support::cluster::Node;
use crate::support::{Person, Stream, text};

/// A stream that hears a room.
fn listener(node: &Node, room: &str) -> Stream {
    let person = node.person("eve");
    let stream = person.stream();
    stream.subscribes(&person, &format!("/channels/{room}/messages"));
    stream
}

/// Writes until it is told to stop, at least so many messages; gives the ids of those that were acknowledged.
fn writes(person: &Person, room: &str, least: usize, stop: &AtomicBool) -> Vec<i64> {
    let path = format!("/channels/{room}/messages");
    let mut written = Vec::new();
    while written.len() < least || !stop.load(Ordering::SeqCst) {
        let said = json!({"text": format!("{} says {}", person.name, written.len())});
        written.push(id(&person.post(&path, &said).is(201).data()["id"]));
    }
    written
}

/// The next so many messages.
fn hears(stream: &mut Stream, count: usize) -> Vec<i64> {
    let next = |_| id(&stream.hears("message")["data"][0]["id"]);
    (0..count).map(next).collect()
}

fn id(value: &serde_json::Value) -> i64 {
    text(value).parse().expect("a number")
}

/// All of these, each once, in the order of the log: ids are given in it.
fn all_in_order(written: Vec<Vec<i64>>) -> Vec<i64> {
    let mut all: Vec<i64> = written.into_iter().flatten().collect();
    all.sort_unstable();
    all
}
