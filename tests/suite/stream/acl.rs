//! A change of the ACL takes effect on live streams at once.

use serde_json::json;

use crate::support::{Fence, TestServer, build};

#[test]
pub(super) fn a_user_that_is_cut_from_a_channel_hears_nothing_more_of_it() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let circle = build::circle(&ada, &[&bob, &eve]);
    build::join(&circle, &[&bob, &eve]);
    let path = format!("/channels/{circle}/messages");
    let (mut bobs, mut eves) = (bob.stream(), eve.stream());
    for (stream, person) in [(&bobs, &bob), (&eves, &eve)] {
        stream.subscribes(person, &path);
    }
    bobs.subscribes(&bob, &format!("/channels/{circle}/presence"));
    let fence = Fence::on(&mut bobs, &ada, &bob);
    build::says(&ada, &circle, "before");
    let body = json!({"acl": {"write": {"user_ids": ["3"]}}});
    ada.put(&format!("/channels/{circle}"), &body).is(200);
    build::says(&ada, &circle, "after");
    bobs.hears_text("before");
    bobs.hears_nothing_more(&fence);
    eves.hears_text("before");
    eves.hears_text("after");
    bobs.calls(&bob, &path).refused(403);
}

#[test]
fn opening_a_channel_later_lets_new_listeners_in_but_restores_no_subscription() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[]);
    let path = format!("/channels/{circle}/messages");
    let mut stream = bob.stream();
    stream.calls(&bob, &path).refused(403);
    let body = json!({"acl": {"read": {"any_user": true}}});
    ada.put(&format!("/channels/{circle}"), &body).is(200);
    stream.subscribes(&bob, &path);
    build::says(&ada, &circle, "welcome");
    stream.hears_text("welcome");
}

#[test]
fn closing_a_public_room_cuts_users_that_are_not_listed() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let (mut bobs, mut eves) = (bob.stream(), eve.stream());
    bobs.subscribes(&bob, &path);
    eves.subscribes(&eve, &path);
    let fence = Fence::on(&mut bobs, &ada, &bob);
    let body = json!({"acl": {
        "write": {"any_user": false, "user_ids": ["3"]},
        "read": {"any_user": false, "public": false},
    }});
    ada.put(&format!("/channels/{room}"), &body).is(200);
    build::says(&ada, &room, "among us");
    bobs.hears_nothing_more(&fence);
    eves.hears_text("among us");
}

#[test]
fn a_room_that_leaves_the_scope_of_a_token_is_not_heard_through_it() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let public = server.with_scopes(&bob, "basic,public_messages");
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let (mut narrow, mut wide) = (public.stream(), bob.stream());
    narrow.subscribes(&public, &path);
    wide.subscribes(&bob, &path);
    let open = build::room(&ada, "Fence");
    narrow.subscribes(&public, &format!("/channels/{open}/messages"));
    let body = json!({"acl": {
        "write": {"any_user": false, "user_ids": ["2"]},
        "read": {"any_user": false, "public": false},
    }});
    ada.put(&format!("/channels/{room}"), &body).is(200);
    build::says(&ada, &room, "private now");
    build::says(&ada, &open, "fence");
    wide.hears_text("private now");
    narrow.hears_text("fence");
}
