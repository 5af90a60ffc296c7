//! Redis ends, is stopped, comes back: events come later, in order, and none is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::sys::signal::Signal;

use super::{all_in_order, hears, listener, writes};
use crate::support::build;
use crate::support::cluster::{Cluster, Redis};

/// Runs this while both servers write, and compares what their listeners heard.
fn while_written(cluster: &mut Cluster, trouble: impl FnOnce(&mut Cluster)) {
    let room = build::room(&cluster.nodes[0].ada(), "Lounge");
    let mut listeners: Vec<_> = cluster
        .nodes
        .iter()
        .map(|node| listener(node, &room))
        .collect();
    let writers: Vec<_> = (cluster.nodes.iter().zip(["ada", "bob"]))
        .map(|(node, name)| node.person(name))
        .collect();
    let stop = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        let writing: Vec<_> = writers
            .iter()
            .map(|person| scope.spawn(|| writes(person, &room, 100, &stop)))
            .collect();
        trouble(cluster);
        stop.store(true, Ordering::SeqCst);
        let written = writing
            .into_iter()
            .map(|writer| writer.join().expect("it wrote"));
        all_in_order(written.collect())
    });
    for listener in &mut listeners {
        assert_eq!(hears(listener, written.len()), written);
    }
}

#[test]
fn nothing_is_lost_while_redis_is_stopped_killed_and_started_again() {
    let mut cluster = Cluster::start(2);
    cluster.wait_for_bus(true);
    while_written(&mut cluster, |cluster| {
        cluster.redis().signal(Signal::SIGSTOP);
        cluster.wait_for_bus(false);
        cluster.redis().signal(Signal::SIGCONT);
        cluster.wait_for_bus(true);
        cluster.redis().ends();
        cluster.wait_for_bus(false);
        cluster.redis().begins();
        cluster.wait_for_bus(true);
    });
    for node in &cluster.nodes {
        assert!(node.counter("bus_losses_total") >= 2);
        let log = node.log();
        let times = |words: &str| log.matches(words).count();
        assert!(times("the bus works") >= 3, "{log}");
        // Each change once, however often it was tried.
        assert!(times("the bus is away") <= 6, "{log}");
    }
}

#[test]
fn a_server_starts_without_redis_and_says_so() {
    let mut cluster = Cluster::with(2, Some(Redis::absent(&[])), &[]);
    for node in &cluster.nodes {
        node.says("the bus is away");
        assert_eq!(node.counter("bus_works"), 0);
    }
    while_written(&mut cluster, |cluster| {
        cluster.redis().begins();
        cluster.wait_for_bus(true);
    });
}

#[test]
fn a_server_that_was_stopped_for_longer_than_redis_waits_for_it_has_everything() {
    // So little that the first messages are too much.
    let limit = ["--client-output-buffer-limit", "pubsub 64kb 64kb 1"];
    let mut cluster = Cluster::with(2, Some(Redis::start(&limit)), &[]);
    cluster.wait_for_bus(true);
    while_written(&mut cluster, |cluster| {
        cluster.nodes[1].signal(Signal::SIGSTOP);
        let channel = cluster.redis().channel();
        let mut client = cluster.redis().client();
        // More than the sockets between them hold: then Redis ends the connection.
        let listeners = |client: &mut redis::Connection| -> i64 {
            let message = vec![b'x'; 1 << 20];
            let publish = redis::cmd("PUBLISH")
                .arg(&channel)
                .arg(message)
                .query(client);
            publish.expect("it answers")
        };
        crate::support::eventually("Redis gives one of them up", || listeners(&mut client) < 2);
        cluster.nodes[1].signal(Signal::SIGCONT);
        cluster.wait_for_bus(true);
    });
}
