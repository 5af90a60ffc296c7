//! A panic stays where it happened: the part that it broke is replaced, and no other part notices. Where no part can be
//! replaced the process ends. The server checks at the end of each story that nothing else panicked and that nothing is left of
//! any connection.

use crate::support::{TestServer, build, eventually, ids};

#[test]
fn a_channels_actor_that_panics_starts_again_and_its_listeners_miss_nothing() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    build::says(&ada, &room, "before");
    stream.hears_text("before");
    let fault = server.fault("channel-actor");
    // The mail that met the panic was not begun: the actor that took its place does it.
    build::says(&ada, &room, "at the panic");
    server.panicked("ChannelActor");
    fault.off();
    build::says(&ada, &room, "afterwards");
    stream.hears_text("at the panic");
    stream.hears_text("afterwards");
    // What it holds is there again: the subscribers and the ACL.
    let channel = bob.get(&format!("/channels/{room}")).data();
    assert_eq!(channel["you_subscribed"], true, "{channel}");
    assert_eq!(channel["counts"]["messages"], 3, "{channel}");
    let circle = build::circle(&ada, &[]);
    drop(server.fault("channel-actor"));
    let path = format!("/channels/{circle}/messages");
    bob.post(&path, &serde_json::json!({"text": "let me in"}))
        .refused(403);
}

#[test]
fn a_connections_actor_that_panics_leaves_nothing_behind() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let (mut broken, mut whole) = (bob.stream(), bob.stream());
    broken.subscribes(&bob, &path);
    whole.subscribes(&bob, &path);
    let _fault = server.fault("connection-actor");
    broken.says("anything");
    assert_eq!(broken.closed_with(), 1006);
    server.panicked("ConnectionActor");
    eventually("one connection is left, and what it follows", || {
        let held = server.actors();
        held["connections"] == 1 && held["subscriptions"] == 1
    });
    build::says(&ada, &room, "hello");
    whole.hears_text("hello");
    let answer = broken.calls(&bob, &path);
    assert!(answer.meta().get("subscription_id").is_none(), "{answer}");
}

#[test]
fn a_fan_out_that_panics_costs_its_listeners_their_connections_and_no_other_connection() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let (room, other) = (build::room(&ada, "Lounge"), build::room(&ada, "Study"));
    let path = format!("/channels/{room}/messages");
    let (mut concerned, mut whole) = (bob.stream(), bob.stream());
    concerned.subscribes(&bob, &path);
    whole.subscribes(&bob, &format!("/channels/{other}/messages"));
    let _fault = server.fault("fan-out");
    build::says(&ada, &room, "at the panic");
    // Nothing is lost silently: the client is told to reconnect, and reads what it missed.
    assert_eq!(concerned.closed_with(), 4009);
    server.panicked("FanOut");
    server.forgives("a panic in a shard", 1);
    assert_eq!(server.counter("shard_panics_total"), 1);
    build::says(&ada, &other, "elsewhere");
    whole.hears_text("elsewhere");
    let mut again = bob.stream();
    again.subscribes(&bob, &path);
    build::says(&ada, &room, "afterwards");
    again.hears_text("afterwards");
    assert_eq!(ids(&bob.get(&path).data()).len(), 2);
}

#[test]
fn a_fan_out_of_a_post_that_panics_costs_the_followers_of_its_author_their_connections() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    bob.does("/users/1/follow").is(200);
    let (mut concerned, mut whole) = (bob.stream(), eve.stream());
    concerned.subscribes(&bob, "/posts/streams/me");
    whole.subscribes(&eve, "/posts/streams/me");
    let _fault = server.fault("fan-out");
    build::posts(&ada, "at the panic");
    assert_eq!(concerned.closed_with(), 4009);
    server.panicked("FanOut");
    server.forgives("a panic in a shard", 1);
    let own = build::posts(&eve, "elsewhere");
    assert_eq!(whole.hears("post")["meta"]["id"], own.as_str());
    let mut again = bob.stream();
    again.subscribes(&bob, "/posts/streams/me");
    let next = build::posts(&ada, "afterwards");
    assert_eq!(again.hears("post")["meta"]["id"], next.as_str());
}

#[test]
fn a_write_that_panics_in_a_group_fails_alone() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &path);
    let said = build::says(&ada, &room, "sticky");
    stream.hears_text("sticky");
    let sticky = format!("{path}/{said}/sticky");
    let panics = server.fault("write-job");
    // While the lane is held, what waits for it becomes one group: messages on both sides of the panic.
    let held = server.fault("lane");
    std::thread::scope(|scope| {
        let waits = |count| {
            eventually("the writes wait", || {
                server.counter("store_lane_depth") == count
            });
        };
        let first = scope.spawn(|| build::says(&ada, &room, "held"));
        held.is_met();
        let before = scope.spawn(|| build::says(&ada, &room, "before"));
        waits(1);
        let broken = scope.spawn(|| ada.does(&sticky));
        waits(2);
        let after = scope.spawn(|| build::says(&ada, &room, "after"));
        waits(3);
        held.off();
        for writer in [first, before, after] {
            writer.join().expect("a message");
        }
        broken.join().expect("an answer").refused(500);
    });
    server.panicked("WriteJob");
    server.forgives("what=a write job panicked", 1);
    server.forgives("cause=a write job panicked", 1);
    panics.off();
    for text in ["held", "before", "after"] {
        stream.hears_text(text);
    }
    ada.does(&sticky).is(200);
    assert_eq!(
        ada.get(&format!("/channels/{room}")).data()["counts"]["messages"],
        4
    );
}

#[test]
fn the_process_ends_when_a_part_panics_that_nothing_can_replace() {
    for (fault, panicked, code) in [
        ("lane-thread", "LaneThread", 1001),
        // Without its shard a connection gets no close frame: its socket ends with the process.
        ("shard", "Shard", 1006),
    ] {
        let mut server = TestServer::with_faults(&[("SERVER_DRAIN_MS", "1000")]);
        let (ada, bob) = (server.ada(), server.bob());
        let room = build::room(&ada, "Lounge");
        let path = format!("/channels/{room}/messages");
        let mut stream = bob.stream();
        stream.subscribes(&bob, &path);
        let _fault = server.fault(fault);
        let answer = ada.post(&path, &serde_json::json!({"text": "at the panic"}));
        // Clients reconnect, to a server that delivers.
        assert_eq!(stream.closed_with(), code, "{fault}");
        assert_eq!(server.exit_code(), 70, "an end that calls for a new start");
        server.panicked(panicked);
        server.forgives("stopped working", 1);
        server.forgives("a part that cannot be replaced ended", 1);
        server.start_again();
        let kept = ids(&server.ada().get(&path).data());
        let was_acknowledged = answer.status == 201;
        assert_eq!(was_acknowledged, fault == "shard", "{answer}");
        assert_eq!(kept.len(), usize::from(was_acknowledged), "{answer}");
    }
}

#[test]
fn a_panic_of_the_delivery_closes_the_streams_and_the_next_ones_hear_everything() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &path);
    let _fault = server.fault("delivery");
    build::says(&ada, &room, "at the panic");
    assert_eq!(stream.closed_with(), 4009);
    server.panicked("Delivery");
    server.forgives("LogTail panicked and goes on", 1);
    // The next event goes out when all worker threads have closed their streams: one opened before may be closed too.
    let delivered = server.counter("log_events_delivered_total");
    build::says(&ada, &room, "between");
    eventually("LogTail goes on", || {
        server.counter("log_events_delivered_total") > delivered
    });
    let mut stream = bob.stream();
    stream.subscribes(&bob, &path);
    build::says(&ada, &room, "after it");
    stream.hears_text("after it");
    assert_eq!(ids(&bob.get(&path).data()).len(), 3, "nothing is lost");
}
