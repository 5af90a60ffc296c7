//! Making, counting and choosing subscriptions.

use serde_json::json;

use crate::support::{Fence, Stream, TestServer, build, text};

#[test]
pub(super) fn sixteen_subscriptions_are_made_and_the_seventeenth_is_refused() {
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
        "/users/me/following".into(),
        "/users/me/followers".into(),
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
pub(super) fn a_stale_or_foreign_connection_gets_the_page_without_a_subscription() {
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
pub(super) fn a_client_may_choose_the_id_and_using_it_again_overwrites() {
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

#[test]
fn a_call_that_fails_leaves_the_subscription_whose_id_it_repeats() {
    let server = TestServer::start();
    let ada = server.ada();
    let (first, second) = (build::room(&ada, "One"), build::room(&ada, "Two"));
    let said = build::says(&ada, &second, "hello");
    let mut stream = ada.stream();
    let fence = Fence::on(&mut stream, &ada, &ada);
    let chosen = "a".repeat(32);
    let path = |room: &str| format!("/channels/{room}/messages?subscription_id={chosen}");
    stream.calls(&ada, &path(&first)).is(200);
    // The page of the second call cannot be read.
    server.sql(&format!("UPDATE messages SET raw = '{{' WHERE id = {said}"));
    stream.calls(&ada, &path(&second)).refused(500);
    server.forgives("request failed", 2);
    build::says(&ada, &first, "still heard");
    let heard = stream.hears_text("still heard");
    assert_eq!(Stream::named(&heard), [chosen]);
    build::says(&ada, &second, "not subscribed to");
    stream.hears_nothing_more(&fence);
    assert_eq!(server.actors()["subscriptions"], 2);
}

#[test]
fn an_inbox_that_is_subscribed_to_again_and_again_with_one_id_hears_every_message_once() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let mut stream = bob.stream();
    let path = "/channels?subscription_id=inbox";
    stream.calls(&bob, path).is(200);
    stream.settles(&bob);
    let said: Vec<String> = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let texts = (0..100).map(|n| n.to_string());
            texts.map(|text| build::says(&ada, &room, &text)).collect()
        });
        while !writer.is_finished() {
            stream.calls(&bob, path).is(200);
        }
        writer.join().expect("a writer")
    });
    for id in said {
        let heard = stream.hears("message");
        assert_eq!(heard["data"][0]["id"], id.as_str(), "{heard}");
        assert_eq!(Stream::named(&heard), ["inbox"]);
    }
}
