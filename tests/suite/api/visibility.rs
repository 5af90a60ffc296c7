//! What blocks and mutes hide: the same in every place that shows a person or their words.

use serde_json::json;

use crate::support::{TestServer, build, ids};

#[test]
fn a_blocked_user_reads_nothing_of_the_blocker_from_the_members_of_a_channel() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    ada.does("/users/me/presence?update_presence=here").is(200);
    ada.does(&format!("/users/{}/block", bob.id)).is(200);
    // The creator of a channel writes its ACL.
    let circle = build::circle(&bob, &[&ada, &server.eve()]);
    let path = format!("/channels/{circle}?include_limited_users=1");
    let shown = bob.get(&path).data().to_string();
    assert!(shown.contains(r#""username":"eve""#), "{shown}");
    assert!(!shown.contains(r#""username":"ada""#), "{shown}");
    assert!(!shown.contains("here"), "{shown}");
}

#[test]
fn the_newest_message_of_a_muted_user_is_not_embedded() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::says(&bob, &room, "listen to me");
    let path = format!("/channels/{room}?include_recent_message=1");
    assert!(ada.get(&path).data().get("recent_message").is_some());
    ada.does(&format!("/users/{}/mute", bob.id)).is(200);
    let muted = ada.get(&path).data();
    assert!(muted.get("recent_message").is_none(), "{muted}");
    assert!(muted.get("recent_message_id").is_some(), "{muted}");
}

#[test]
fn lists_of_ids_leave_out_whom_lists_of_users_leave_out() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada, &bob, &eve]);
    ada.does(&format!("/users/{}/block", bob.id)).is(200);
    let seen_by_ada = [ada.id.as_str(), eve.id.as_str()];
    let mut users = ids(&ada.get(&format!("/channels/{room}/subscribers")).data());
    users.sort();
    assert_eq!(users, seen_by_ada);
    let list = ada.get(&format!("/channels/{room}/subscribers/ids")).data();
    assert_eq!(list, json!(seen_by_ada));
    let lists = ada
        .get(&format!("/channels/subscribers/ids?ids={room}"))
        .data();
    assert_eq!(lists[&room], json!(seen_by_ada));
    // The other direction, and users outside of it.
    let list = bob.get(&format!("/channels/{room}/subscribers/ids")).data();
    assert_eq!(list, json!([bob.id, eve.id]));
    let list = eve.get(&format!("/channels/{room}/subscribers/ids")).data();
    assert_eq!(list, json!([ada.id, bob.id, eve.id]));
}

#[test]
fn presence_is_hidden_in_both_directions_of_a_block() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    for person in [&ada, &bob] {
        person.does("/users/me/presence?update_presence=1").is(200);
    }
    ada.does(&format!("/users/{}/block", bob.id)).is(200);
    for (viewer, other) in [(&ada, &bob), (&bob, &ada)] {
        viewer
            .get(&format!("/users/{}/presence", other.id))
            .refused_as(404, "user-not-found");
        let all = viewer.get("/presence").data();
        assert_eq!(ids(&all), [viewer.id.as_str()]);
    }
    // The blocker finds the other's profile again, to unblock them; without the presence.
    let profile = ada
        .get(&format!("/users/{}?include_presence=1", bob.id))
        .data();
    assert_eq!(profile["you_blocked"], true);
    assert!(profile.get("presence").is_none(), "{profile}");
}
