//! Making, counting and choosing subscriptions.

use serde_json::json;

use crate::support::{Fence, Stream, TestServer, build, text};

#[test]
fn sixteen_subscriptions_are_made_and_the_seventeenth_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut stream = ada.stream();
    let mut ids: Vec<_> = (0..16).map(|_| stream.subscribes(&ada, &path)).collect();
    let refused = stream.calls(&ada, &path);
    assert_eq!(refused.refused(400), "subscription-limit");
    refused.refused_at(
        400,
        "DELETE /users/me/streams/{connection_id}/{subscription_id}",
    );
    build::says(&ada, &room, "once");
    let heard = stream.hears_text("once");
    let newest_first: Vec<_> = ids.iter().rev().cloned().collect();
    assert_eq!(heard["meta"]["subscription_ids"], json!(newest_first));
    ids.sort();
    assert_eq!(Stream::named(&heard), ids, "one frame names them all");
    // One fewer makes room for one more.
    ada.delete(&format!("/users/me/streams/{}/{}", stream.id, ids[3]))
        .is(204);
    stream.subscribes(&ada, &path);
    stream.calls(&ada, &path).refused(400);
    // Another connection has its own sixteen.
    ada.stream().subscribes(&ada, &path);
}

#[test]
fn every_subscribable_address_gives_a_subscription_and_others_ignore_the_connection() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "hello");
    let stream = ada.stream();
    for path in [
        format!("/channels/{room}/messages"),
        format!("/channels/{room}/subscribers"),
        format!("/channels/{room}/presence"),
        "/channels".into(),
        "/users/me/channels/subscribed".into(),
        "/presence".into(),
        "/token".into(),
    ] {
        stream.subscribes(&ada, &path);
    }
    for path in [
        "/users/me".into(),
        format!("/channels/{room}"),
        format!("/channels?ids={room}"),
        format!("/channels/{room}/messages/{said}"),
        format!("/channels/{room}/sticky_messages"),
        "/users/me/channels".into(),
    ] {
        let answer = stream.calls(&ada, &path);
        answer.data();
        assert!(answer.meta().get("subscription_id").is_none(), "{path}");
    }
}

#[test]
fn a_stale_or_foreign_connection_gets_the_page_without_a_subscription() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let stream = ada.stream();
    for (person, connection) in [(&ada, "nonsense"), (&ada, ""), (&bob, stream.id.as_str())] {
        let answer = person.get(&format!("{path}?connection_id={connection}"));
        assert_eq!(answer.data(), json!([]));
        assert!(answer.meta().get("subscription_id").is_none(), "{answer}");
    }
    let id = stream.id.clone();
    drop(stream);
    server.holds_no_connection();
    let answer = ada.get(&format!("{path}?connection_id={id}"));
    assert!(answer.meta().get("subscription_id").is_none(), "{answer}");
    let answer = server
        .anonymous()
        .get(&format!("{path}?connection_id={id}"));
    assert!(answer.meta().get("subscription_id").is_none(), "{answer}");
}

#[test]
fn a_refused_call_subscribes_to_nothing() {
    let server = TestServer::with(&[("STREAMS_SUBSCRIPTIONS", "2")]);
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&bob, &[]);
    let stream = ada.stream();
    for _ in 0..3 {
        stream
            .calls(&ada, &format!("/channels/{circle}/messages"))
            .refused(403);
        stream.calls(&ada, "/channels/9999/messages").refused(404);
    }
    assert_eq!(server.actors()["subscriptions"], 0);
    stream.subscribes(&ada, "/token");
    stream.subscribes(&ada, "/token");
    stream.calls(&ada, "/token").refused(400);
}

#[test]
fn paging_backwards_subscribes_to_nothing() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "hello");
    let stream = ada.stream();
    for query in [format!("before_id={said}"), "count=-5".into()] {
        let answer = stream.calls(&ada, &format!("/channels/{room}/messages?{query}"));
        answer.data();
        assert!(answer.meta().get("subscription_id").is_none(), "{query}");
    }
    stream.subscribes(
        &ada,
        &format!("/channels/{room}/messages?since_id={said}&count=5"),
    );
}

#[test]
fn a_client_may_choose_the_id_and_using_it_again_overwrites() {
    let server = TestServer::start();
    let ada = server.ada();
    let (first, second) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    let mut stream = ada.stream();
    let fence = Fence::on(&mut stream, &ada, &ada);
    let chosen = "a".repeat(32);
    for room in [&first, &second] {
        let path = format!("/channels/{room}/messages?subscription_id={chosen}");
        assert_eq!(
            text(&stream.calls(&ada, &path).meta()["subscription_id"]),
            chosen
        );
    }
    build::says(&ada, &second, "heard");
    assert_eq!(Stream::named(&stream.hears_text("heard")), [chosen]);
    build::says(&ada, &first, "overwritten");
    stream.hears_nothing_more(&fence);
}

#[test]
fn another_token_of_the_same_user_may_subscribe_as_far_as_it_reaches() {
    let server = TestServer::start();
    let ada = server.ada();
    let narrow = server.with_scopes(&ada, "basic,messages:io.pnut.core.chat");
    let (room, circle) = (build::room(&ada, "Lounge"), build::circle(&ada, &[]));
    let mut stream = ada.stream();
    stream.subscribes(&narrow, &format!("/channels/{room}/messages"));
    stream
        .calls(&narrow, &format!("/channels/{circle}/messages"))
        .refused(403);
    build::says(&ada, &room, "hello");
    stream.hears_text("hello");
}
