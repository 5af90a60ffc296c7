//! One order on all servers, and rights that end everywhere.

use std::sync::atomic::AtomicBool;
use std::thread;

use super::{all_in_order, hears, listener, writes};
use crate::support::cluster::Cluster;
use crate::support::{build, cli, eventually};

/// Messages of each writer.
const EACH: usize = 175;

/// Writers of each server: what they write at one time is one commit.
const BESIDE: usize = 4;

fn three_writers(cluster: &Cluster) {
    let room = build::room(&cluster.nodes[0].ada(), "Lounge");
    let mut listeners: Vec<_> = cluster
        .nodes
        .iter()
        .map(|node| listener(node, &room))
        .collect();
    let stop = AtomicBool::new(true);
    let (written, heard) = thread::scope(|scope| {
        let mut writers = Vec::new();
        for (node, name) in cluster.nodes.iter().zip(["ada", "bob", "dan"]) {
            for _ in 0..BESIDE {
                let (person, room, stop) = (node.person(name), &room, &stop);
                writers.push(scope.spawn(move || writes(&person, room, EACH, stop)));
            }
        }
        let all = writers.len() * EACH;
        let hearing: Vec<_> = listeners
            .iter_mut()
            .map(|stream| scope.spawn(move || hears(stream, all)))
            .collect();
        let written = writers
            .into_iter()
            .map(|writer| writer.join().expect("it wrote"));
        let written = all_in_order(written.collect());
        let heard: Vec<_> = hearing
            .into_iter()
            .map(|one| one.join().expect("it heard"))
            .collect();
        (written, heard)
    });
    for heard in heard {
        assert_eq!(heard, written);
    }
}

#[test]
fn what_three_servers_write_is_heard_on_all_in_one_order() {
    let cluster = Cluster::start(3);
    cluster.wait_for_bus(true);
    three_writers(&cluster);
    for node in &cluster.nodes {
        assert!(node.counter("bus_batches_published_total") > 0);
        assert!(node.counter("bus_batches_received_total") > 0);
        assert_eq!(node.counter("bus_messages_unreadable_total"), 0);
    }
}

#[test]
fn what_three_servers_write_is_heard_on_all_in_one_order_without_a_bus() {
    let cluster = Cluster::with(3, None, &[]);
    three_writers(&cluster);
    for node in &cluster.nodes {
        node.says("no bus (cluster.redis_url)");
        assert_eq!(node.counter("bus_works"), 0);
    }
}

#[test]
fn a_token_that_is_revoked_on_one_server_is_refused_on_all() {
    for redis in [true, false] {
        let redis = redis.then(|| crate::support::cluster::Redis::start(&[]));
        let has_bus = redis.is_some();
        let cluster = Cluster::with(2, redis, &[]);
        cluster.wait_for_bus(has_bus);
        let [a, b] = &cluster.nodes[..] else {
            panic!("two")
        };
        // Known to both, so that it is refused for its revocation, not because it was looked up.
        for node in [a, b] {
            node.bob().get("/token").is(200);
        }
        let mut stream = b.bob().stream();
        a.bob().delete("/token").is(200);
        eventually("the other server refuses it", || {
            b.bob().get("/token").status == 401
        });
        while stream.event_or_end().is_some() {}
        b.ada().get("/token").is(200);
    }
}

#[test]
fn what_the_command_line_does_is_known_on_all_servers() {
    let cluster = Cluster::start(2);
    cluster.wait_for_bus(true);
    for node in &cluster.nodes {
        node.bob().get("/users/me").is(200);
    }
    let disabled = cli::run(&[
        "user",
        "disable",
        "bob",
        "--database-url",
        &cluster.database_url(),
    ]);
    assert!(disabled.status.success(), "{disabled:?}");
    for node in &cluster.nodes {
        eventually("it is refused", || {
            node.bob().get("/users/me").status == 401
        });
    }
}
