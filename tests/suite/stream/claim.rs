//! A connection without a token: the first subscribing call claims it.

use crate::support::{Stream, TestServer, build};

#[test]
pub(super) fn the_first_subscription_claims_the_connection() {
    let server = TestServer::with(&[("STREAMS_UNCLAIMED_MS", "60000")]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut stream = Stream::open(server.address, "/v1/user");
    let subscription = stream.subscribes(&ada, &path);
    // From now on it is ada's: bob gets his page, and no subscription.
    let answer = stream.calls(&bob, &path);
    answer.data();
    assert!(answer.meta().get("subscription_id").is_none(), "{answer}");
    build::says(&bob, &room, "hello");
    assert_eq!(Stream::named(&stream.hears_text("hello")), [subscription]);
    bob.delete(&format!("/users/me/streams/{}", stream.id))
        .refused(404);
    ada.delete(&format!("/users/me/streams/{}", stream.id))
        .is(204);
    assert_eq!(stream.closed_with(), 1000);
}

#[test]
pub(super) fn a_claimed_connection_is_not_closed_as_unclaimed() {
    // On the real clock: the one that is opened after the claim, and closed, proves that the time has passed.
    let server = TestServer::with(&[("STREAMS_UNCLAIMED_MS", "2000")]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut claimed = Stream::open(server.address, "/v1/user");
    claimed.subscribes(&ada, &format!("/channels/{room}/messages"));
    let mut unclaimed = Stream::open(server.address, "/v1/user");
    assert_eq!(unclaimed.closed_with(), 4003);
    build::says(&ada, &room, "still here");
    claimed.hears_text("still here");
}

#[test]
fn a_refused_call_claims_nothing() {
    let server = TestServer::with(&[("STREAMS_UNCLAIMED_MS", "60000")]);
    let (ada, eve) = (server.ada(), server.eve());
    let circle = build::circle(&ada, &[]);
    let path = format!("/channels/{circle}/messages");
    let mut stream = Stream::open(server.address, "/v1/user");
    stream.calls(&eve, &path).refused(403);
    stream.subscribes(&ada, &path);
    build::says(&ada, &circle, "hello");
    stream.hears_text("hello");
}

#[test]
fn unclaimed_connections_are_bounded_per_address_and_give_their_places_back() {
    let server = TestServer::with(&[
        ("STREAMS_UNCLAIMED_PER_ADDRESS", "2"),
        ("STREAMS_UNCLAIMED_MS", "60000"),
    ]);
    let (ada, anonymous) = (server.ada(), server.anonymous());
    let room = build::room(&ada, "Lounge");
    let first = Stream::open(server.address, "/v1/user");
    let second = Stream::open(server.address, "/v1/user");
    let refused = anonymous.asks_upgrade("/user");
    refused.refused_as(429, "too-many-connections");
    assert!(refused.header("retry-after").is_some());
    // A claim gives a place back, and so does hanging up.
    first.subscribes(&ada, &format!("/channels/{room}/messages"));
    let third = Stream::open(server.address, "/v1/user");
    anonymous.asks_upgrade("/user").refused(429);
    drop(second);
    crate::support::eventually("the place comes free", || {
        anonymous.asks_upgrade("/user").status == 101
    });
    drop(third);
}
