//! `/users/me/streams`: hanging up by REST.

use crate::support::{Fence, TestServer, build};

#[test]
fn deleting_a_stream_closes_its_socket_with_1000_and_answers_204() {
    let server = TestServer::start();
    let ada = server.ada();
    let mut stream = ada.stream();
    let answer = ada
        .delete(&format!("/users/me/streams/{}", stream.id))
        .is(204);
    assert!(answer.body.is_empty());
    assert_eq!(stream.closed_with(), 1000);
    ada.delete(&format!("/users/me/streams/{}", stream.id))
        .refused(404);
}

#[test]
fn deleting_a_subscription_leaves_the_others() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&bob, "Lounge");
    let mut stream = ada.stream();
    let gone = stream.subscribes(&ada, &format!("/channels/{room}/messages"));
    let fence = Fence::on(&mut stream, &bob, &ada);
    build::says(&bob, &room, "heard");
    stream.hears_text("heard");
    let path = format!("/users/me/streams/{}/{gone}", stream.id);
    ada.delete(&path).is(204);
    build::says(&bob, &room, "not heard");
    stream.hears_nothing_more(&fence);
    ada.delete(&path).refused(404);
}

#[test]
fn of_two_equal_subscriptions_the_other_one_goes_on() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut stream = ada.stream();
    let path = format!("/channels/{room}/messages");
    let (gone, kept) = (
        stream.subscribes(&ada, &path),
        stream.subscribes(&ada, &path),
    );
    assert_ne!(gone, kept);
    ada.delete(&format!("/users/me/streams/{}/{gone}", stream.id))
        .is(204);
    build::says(&ada, &room, "hello");
    assert_eq!(
        crate::support::Stream::named(&stream.hears_text("hello")),
        [kept]
    );
}

#[test]
fn the_stream_of_another_user_does_not_exist() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut stream = ada.stream();
    let subscription = stream.subscribes(&ada, &format!("/channels/{room}/messages"));
    bob.delete(&format!("/users/me/streams/{}", stream.id))
        .refused(404);
    bob.delete(&format!("/users/me/streams/{}/{subscription}", stream.id))
        .refused(404);
    server
        .app()
        .delete(&format!("/users/me/streams/{}", stream.id))
        .refused(403);
    server
        .anonymous()
        .delete(&format!("/users/me/streams/{}", stream.id))
        .refused(401);
    ada.delete("/users/me/streams/nonsense").refused(404);
    build::says(&ada, &room, "still there");
    stream.hears_text("still there");
}
