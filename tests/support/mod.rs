//! What every story needs: a server of its own, users that call it, sockets that wait for events.

pub(crate) mod balancer;
pub(crate) mod browser;
pub(crate) mod build;
pub(crate) mod cli;
pub(crate) mod cluster;
pub(crate) mod cluster_database;
pub(crate) mod compressed;
pub(crate) mod conform;
pub(crate) mod database;
pub(crate) mod door;
pub(crate) mod faults;
pub(crate) mod fields;
pub(crate) mod http;
pub(crate) mod launch;
pub(crate) mod nodes;
pub(crate) mod people;
pub(crate) mod poll;
pub(crate) mod ports;
pub(crate) mod postgres;
pub(crate) mod random;
pub(crate) mod raw_socket;
pub(crate) mod receiver;
pub(crate) mod reference;
pub(crate) mod relay;
pub(crate) mod server;
pub(crate) mod stream;
pub(crate) mod template;

use std::time::{Duration, Instant};

pub(crate) use people::Person;
pub(crate) use server::TestServer;
pub(crate) use stream::{Fence, Stream};

/// How long anything may take before a test says that it did not happen. Only a failing test waits that long, so
/// it is far beyond what a loaded machine needs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// For streams that are to fall silent: shorter than the default, and still long enough for any one call of the
/// set-up on a loaded machine. A set-up of several calls restarts it with each ([`Stream::says`]).
pub(crate) const SHORT_SILENCE: &[(&str, &str)] =
    &[("STREAMS_SILENCE_MS", "2000"), ("STREAMS_GRACE_MS", "0")];

/// Looks again and again until it holds; says what was awaited if it never does.
/// Only for states that nothing announces (a process that ends, a counter that falls).
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < DEADLINE, "never happened: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// The ids of the objects in a list, in order.
pub(crate) fn ids(list: &serde_json::Value) -> Vec<String> {
    list.as_array()
        .unwrap_or_else(|| panic!("not a list: {list}"))
        .iter()
        .map(|item| text(&item["id"]))
        .collect()
}

/// A string out of an answer; anything else is a failure that shows the value.
pub(crate) fn text(value: &serde_json::Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a string: {value}"))
        .to_owned()
}
