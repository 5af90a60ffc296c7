//! Limits hold over all servers: for calls, for the streams of a user, and for those that no user has claimed. Without
//! Redis each server counts for itself, and no call waits for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::cluster::{Cluster, Node, Redis};
use crate::support::raw_socket::RawSocket;
use crate::support::{Person, Stream, build, eventually};

fn two_servers(settings: &[(&str, &str)]) -> Cluster {
    let cluster = Cluster::with(2, Some(Redis::start(&[])), settings);
    counts(&cluster, true);
    cluster
}

fn counts(cluster: &Cluster, together: bool) {
    for node in &cluster.nodes {
        eventually(&format!("servers count together: {together}"), || {
            node.counter("counts_together") == u64::from(together)
        });
    }
}

const LIMIT: usize = 12;

/// A dozen writes per token in an hour.
fn a_dozen_writes() -> Cluster {
    two_servers(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_WRITES", "12"),
        ("RATE_LIMITS_USER_WRITES", "1000"),
        ("RATE_LIMITS_WRITE_RESET_SECONDS", "3600"),
    ])
}

fn writes(person: &Person, room: &str) -> u16 {
    let path = format!("/channels/{room}/messages");
    person.post(&path, &json!({"text": "counted"})).status
}

/// The same user at each server.
fn everywhere(cluster: &Cluster, name: &str) -> Vec<Person> {
    cluster.nodes.iter().map(|node| node.person(name)).collect()
}

/// On a machine that is busy a call may wait too long for Redis; it is decided where it is, and counted as that.
fn is_the_limit(cluster: &Cluster, taken: usize) {
    let alone = |node: &Node| usize::try_from(node.counter("counted_alone_total")).expect("few");
    let alone: usize = cluster.nodes.iter().map(alone).sum();
    let fits = (LIMIT..=LIMIT + alone).contains(&taken);
    assert!(fits, "{taken}, {alone} alone");
}

#[test]
fn calls_that_are_spread_over_servers_reach_one_limit_one_by_one_or_all_at_once() {
    let cluster = a_dozen_writes();
    let room = build::room(&cluster.nodes[0].ada(), "Lounge");
    let bob = everywhere(&cluster, "bob");
    let taken = (0..30).filter(|turn| writes(&bob[turn % 2], &room) == 201);
    is_the_limit(&cluster, taken.count());
    // A server that has refused says the same as the other, and how long that lasts.
    for bob in &bob {
        let path = format!("/channels/{room}/messages");
        let refused = bob.post(&path, &json!({"text": "too many"}));
        assert_eq!(refused.status, 429);
        assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
        let wait = refused.header("retry-after").expect("how long");
        let wait: u64 = wait.parse().expect("seconds");
        assert!((3000..=3600).contains(&wait), "{wait}");
    }
    let taken = AtomicUsize::new(0);
    let eve = everywhere(&cluster, "eve");
    thread::scope(|scope| {
        for turn in 0..30 {
            let (eve, room, taken) = (&eve[turn % 2], &room, &taken);
            scope.spawn(move || {
                if writes(eve, room) == 201 {
                    taken.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    is_the_limit(&cluster, taken.into_inner());
}

#[test]
fn no_call_is_refused_because_redis_stands_still_or_is_gone_and_each_server_counts_on() {
    let mut cluster = a_dozen_writes();
    let room = build::room(&cluster.nodes[0].ada(), "Lounge");
    let bob = everywhere(&cluster, "bob");
    for bob in &bob {
        for _ in 0..LIMIT / 3 {
            assert_eq!(writes(bob, &room), 201);
        }
    }
    cluster.redis().signal(Signal::SIGSTOP);
    // What was told before is still known: 8 of 12 are used.
    let taken = (0..30).filter(|turn| writes(&bob[turn % 2], &room) == 201);
    let taken = taken.count();
    assert!((LIMIT / 3..=LIMIT).contains(&taken), "{taken}");
    counts(&cluster, false);
    let eve = everywhere(&cluster, "eve");
    let taken = (0..40).filter(|turn| writes(&eve[turn % 2], &room) == 201);
    assert_eq!(taken.count(), 2 * LIMIT, "as many on each server");
    cluster.redis().signal(Signal::SIGCONT);
    counts(&cluster, true);
    cluster.redis().ends();
    counts(&cluster, false);
    let ada = everywhere(&cluster, "ada");
    assert_eq!(writes(&ada[0], &room), 201);
    cluster.redis().begins();
    counts(&cluster, true);
    // Redis has lost its counts, and the servers have not.
    assert_eq!(writes(&eve[0], &room), 429);
    assert_eq!(writes(&eve[1], &room), 429);
    for node in &cluster.nodes {
        assert!(node.counter("counted_alone_total") > 0);
        assert!(node.counter("counted_together_total") > 0);
    }
}

/// The socket, if it is let in.
fn opens(node: &Node, path: &str) -> Option<RawSocket> {
    let mut socket = RawSocket::asks(node.address, path, &[]);
    let answer = socket.line();
    match &answer {
        answer if answer.contains(" 101 ") => Some(socket),
        answer if answer.contains(" 429 ") => None,
        answer => panic!("{answer}"),
    }
}

fn of_ada(node: &Node) -> Option<RawSocket> {
    let path = format!("/v1/user?access_token={}", node.ada().token());
    opens(node, &path)
}

/// As soon as there is a place.
fn soon_of_ada(node: &Node) -> RawSocket {
    let mut socket = None;
    eventually("a place is free", || {
        socket = of_ada(node);
        socket.is_some()
    });
    socket.expect("it was let in")
}

#[test]
fn the_streams_of_a_user_are_counted_over_servers_and_those_of_a_killed_one_come_back() {
    let mut cluster = two_servers(&[("STREAMS_USER_CONNECTIONS", "3")]);
    let [a, b] = &cluster.nodes[..] else {
        panic!("two")
    };
    let mut on_a: Vec<_> = (0..2).map(|_| of_ada(a).expect("a place")).collect();
    let on_b = of_ada(b).expect("a place");
    assert!(of_ada(a).is_none() && of_ada(b).is_none());
    // Redis comes back empty, and is told what is open.
    cluster.redis().ends();
    counts(&cluster, false);
    cluster.redis().begins();
    counts(&cluster, true);
    let [a, b] = &cluster.nodes[..] else {
        panic!("two")
    };
    assert!(of_ada(a).is_none() && of_ada(b).is_none());
    on_a.pop();
    let _another_on_b = soon_of_ada(b);
    assert!(of_ada(a).is_none() && of_ada(b).is_none());
    drop(on_b);
    on_a.push(soon_of_ada(a));
    assert!(of_ada(a).is_none() && of_ada(b).is_none());
    // One on the second server; those of the first are free some seconds after its end.
    cluster.nodes[0].signal(Signal::SIGKILL);
    let b = &cluster.nodes[1];
    let _more = [soon_of_ada(b), soon_of_ada(b)];
    assert!(of_ada(b).is_none());
}

#[test]
fn streams_that_no_user_has_claimed_are_counted_over_servers() {
    let cluster = two_servers(&[("STREAMS_UNCLAIMED_PER_ADDRESS", "2")]);
    let [a, b] = &cluster.nodes[..] else {
        panic!("two")
    };
    let _on_a = opens(a, "/v1/user").expect("a place");
    let stream = Stream::open(b.address, "/v1/user");
    assert!(opens(a, "/v1/user").is_none() && opens(b, "/v1/user").is_none());
    // One that is claimed is the user's.
    stream.subscribes(&b.ada(), "/channels");
    eventually("an unclaimed one may come", || {
        opens(a, "/v1/user").is_some()
    });
}

#[test]
fn a_count_that_redis_cannot_make_concerns_no_other() {
    let mut cluster = a_dozen_writes();
    let room = build::room(&cluster.nodes[0].ada(), "Lounge");
    let (bob, eve) = (cluster.nodes[0].bob(), cluster.nodes[1].person("eve"));
    assert_eq!(writes(&bob, &room), 201);
    let mut redis = cluster.redis().client();
    let ask = redis::cmd("KEYS")
        .arg("groundnut:*:calls:*")
        .query(&mut redis);
    let known: Vec<String> = ask.expect("it answers");
    assert!(!known.is_empty(), "nothing was counted");
    for key in &known {
        let mut change = redis::pipe();
        change.del(key).rpush(key, "what is no count");
        change.query::<()>(&mut redis).expect("it answers");
    }
    // The first write took a part of the limit; the others ask for more.
    assert!((0..3).all(|_| writes(&bob, &room) == 201));
    cluster.nodes[0].says("Redis refuses a count");
    let together = |node: &Node| node.counter("counted_together_total");
    let before = together(&cluster.nodes[1]);
    assert_eq!(writes(&eve, &room), 201);
    assert!(together(&cluster.nodes[1]) > before);
    counts(&cluster, true);
    for node in &cluster.nodes {
        let log = node.log();
        assert!(!log.contains("are counted by each server"), "{log}");
    }
}
