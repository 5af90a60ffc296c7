//! A Redis that lies, wants a password, or is the wrong one.

use std::collections::HashSet;

use redis::Commands as _;

use super::{hears, id, listener};
use crate::support::cluster::{Cluster, Redis};
use crate::support::database::url_of_file;
use crate::support::{build, cli, eventually};

#[test]
fn what_others_say_on_the_channel_does_no_harm() {
    let mut cluster = Cluster::start(2);
    cluster.wait_for_bus(true);
    let channel = cluster.redis().channel();
    let (mut liar, mut spy) = (cluster.redis().client(), cluster.redis().client());
    let mut heard = spy.as_pubsub();
    heard.subscribe(&channel).expect("it answers");
    let [a, b] = &cluster.nodes[..] else {
        panic!("two")
    };
    let room = build::room(&a.ada(), "Lounge");
    let mut stream = listener(b, &room);
    let before = b.counter("bus_messages_unreadable_total");
    let mut written = Vec::new();
    let mut said_by_liar = HashSet::new();
    for round in 0..20 {
        let said = build::says(&a.ada(), &room, &format!("round {round}"));
        written.push(id(&said.into()));
        let message = loop {
            let message = heard.get_message().expect("a message");
            let message = message.get_payload_bytes().to_vec();
            if !said_by_liar.contains(&message) {
                break message;
            }
        };
        // Once more, shorter, with a wrong bit, as something else.
        let mut wrong = message.clone();
        let last = wrong.len() - 1;
        wrong[last] ^= 1;
        let lies = [
            message.clone(),
            message[..last].to_vec(),
            wrong,
            b"[]".to_vec(),
            Vec::new(),
        ];
        for lie in lies {
            said_by_liar.insert(lie.clone());
            liar.publish::<_, _, ()>(&channel, lie).expect("it answers");
        }
    }
    assert_eq!(hears(&mut stream, written.len()), written);
    eventually("they were counted", || {
        b.counter("bus_messages_unreadable_total") >= before + 80
            && b.counter("bus_messages_repeated_total") >= 20
    });
    let said = build::says(&b.ada(), &room, "the end");
    assert_eq!(hears(&mut stream, 1), [id(&said.into())]);
    cluster.wait_for_bus(true);
}

#[test]
fn a_redis_that_wants_a_password_is_told_it_and_the_log_is_not() {
    const SECRET: &str = "geheimes-wort";
    let redis = || Redis::start(&["--requirepass", SECRET]);
    let without = Cluster::with(1, Some(redis()), &[]);
    without.nodes[0].says("it wants another user or password");
    let wrong = [("CLUSTER_REDIS_PASSWORD", "falsches-wort")];
    let wrong = Cluster::with(1, Some(redis()), &wrong);
    wrong.nodes[0].says("it wants another user or password");
    let right = Cluster::with(1, Some(redis()), &[("CLUSTER_REDIS_PASSWORD", SECRET)]);
    right.wait_for_bus(true);
    for cluster in [without, wrong, right] {
        let log = cluster.nodes[0].log();
        assert!(!log.contains("s-wort"), "{log}");
        assert!(log.matches("the bus is away").count() <= 1, "{log}");
        let ada = cluster.nodes[0].ada();
        build::says(&ada, &build::room(&ada, "Lounge"), "nothing is refused");
    }
}

#[test]
fn a_replica_is_not_taken_for_a_bus() {
    let primary = Redis::start(&[]);
    let replica = Redis::start(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]);
    let cluster = Cluster::with(1, Some(replica), &[]);
    cluster.nodes[0].says("it is a replica");
    assert_eq!(cluster.nodes[0].counter("bus_works"), 0);
}

#[test]
fn a_redis_without_room_carries_events_and_no_counts() {
    let full = [("--maxmemory", "1"), ("--maxmemory-policy", "noeviction")];
    let flags: Vec<&str> = full
        .iter()
        .flat_map(|(flag, value)| [*flag, *value])
        .collect();
    let limits = [
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_WRITES", "100"),
    ];
    let cluster = Cluster::with(2, Some(Redis::start(&flags)), &limits);
    cluster.wait_for_bus(true);
    let [a, b] = &cluster.nodes[..] else {
        panic!("two")
    };
    for node in [a, b] {
        node.says("calls and open streams are counted by each server");
        node.says("it answers with OOM");
        assert_eq!(node.counter("counts_together"), 0);
    }
    let room = build::room(&a.ada(), "Lounge");
    let mut stream = listener(b, &room);
    let said = build::says(&a.ada(), &room, "nothing is refused");
    assert_eq!(hears(&mut stream, 1), [id(&said.into())]);
}

#[test]
fn a_user_of_redis_with_the_rights_that_are_documented_is_enough() {
    let document = include_str!("../../../docs/cluster.md");
    let rights = document
        .lines()
        .find_map(|line| line.strip_prefix("`&groundnut:* ")?.split_once('`'))
        .map(|(rights, _)| rights)
        .expect("the rights");
    let mut redis = Redis::start(&[]);
    let mut acl = redis::cmd("ACL");
    acl.arg("SETUSER").arg("groundnut").arg(">a-word").arg("on");
    acl.arg("&groundnut:*");
    for right in rights.split(' ') {
        acl.arg(right);
    }
    acl.query::<()>(&mut redis.client()).expect("it answers");
    redis.user = Some("groundnut:a-word@");
    let cluster = Cluster::with(2, Some(redis), &[]);
    cluster.wait_for_bus(true);
    for node in &cluster.nodes {
        eventually("servers count together", || {
            node.counter("counts_together") == 1
        });
        let _stream = node.ada().stream();
        assert!(node.counter("counted_together_total") > 0);
    }
    for node in &cluster.nodes {
        let log = node.log();
        assert!(!log.contains("lacks a right"), "{log}");
    }
}

#[test]
fn a_bus_for_a_database_that_is_a_file_is_refused_and_so_is_no_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = url_of_file(folder.path());
    let serve = [
        "serve",
        "--bind",
        "127.0.0.1:0",
        "--database-url",
        &url,
        "--redis-url",
    ];
    let refused = |redis: &str| {
        let output = cli::run(&[&serve[..], &[redis]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let (code, said) = refused("redis://127.0.0.1:1/0");
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("the database is a file"), "{said}");
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        0
    );
}
