//! Mutes and blocks take effect on a live stream exactly where they were decided.

use crate::support::{Fence, TestServer, build};

#[test]
fn a_mute_silences_its_author_at_once_and_only_for_the_muter() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&eve, "Lounge");
    let path = format!("/channels/{room}/messages");
    let (mut adas, mut eves) = (ada.stream(), eve.stream());
    adas.subscribes(&ada, &path);
    eves.subscribes(&eve, &path);
    let fence = Fence::on(&mut adas, &eve, &ada);
    build::says(&bob, &room, "one");
    ada.does("/users/2/mute").is(200);
    build::says(&bob, &room, "two");
    adas.hears_text("one");
    adas.hears_nothing_more(&fence);
    eves.hears_text("one");
    eves.hears_text("two");
    ada.delete("/users/2/mute").is(200);
    build::says(&bob, &room, "three");
    adas.hears_text("three");
}

#[test]
fn a_block_silences_both_ways() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&eve, "Lounge");
    let path = format!("/channels/{room}/messages");
    let (mut adas, mut bobs) = (ada.stream(), bob.stream());
    adas.subscribes(&ada, &path);
    bobs.subscribes(&bob, &path);
    let (fence_of_ada, fence_of_bob) = (
        Fence::on(&mut adas, &eve, &ada),
        Fence::on(&mut bobs, &eve, &bob),
    );
    ada.does("/users/2/block").is(200);
    build::says(&bob, &room, "from bob");
    bobs.hears_text("from bob");
    adas.hears_nothing_more(&fence_of_ada);
    build::says(&ada, &room, "from ada");
    adas.hears_text("from ada");
    bobs.hears_nothing_more(&fence_of_bob);
    build::says(&eve, &room, "from eve");
    adas.hears_text("from eve");
    bobs.hears_text("from eve");
}

#[test]
fn a_connection_opened_after_the_decision_keeps_to_it() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&eve, "Lounge");
    build::join(&room, &[&ada]);
    bob.does("/users/1/block").is(200);
    let mut stream = ada.stream();
    stream.subscribes(&ada, "/channels");
    stream.subscribes(&ada, &format!("/channels/{room}/subscribers"));
    let fence = Fence::on(&mut stream, &eve, &ada);
    build::says(&bob, &room, "hidden");
    build::join(&room, &[&bob]);
    stream.hears_nothing_more(&fence);
}
