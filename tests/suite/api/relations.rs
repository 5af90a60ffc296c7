//! Muting and blocking people, as far as rooms need it.

use serde_json::json;

use crate::support::{TestServer, build, ids};

#[test]
fn a_mute_shows_on_the_user_and_can_be_taken_back() {
    let server = TestServer::start();
    let ada = server.ada();
    assert_eq!(ada.does("/users/2/mute").is(200).data()["you_muted"], true);
    assert_eq!(ada.does("/users/2/mute").is(200).data()["you_muted"], true);
    assert_eq!(ada.get("/users/@bob").data()["you_muted"], true);
    assert_eq!(server.bob().get("/users/1").data()["you_muted"], false);
    assert_eq!(
        ada.delete("/users/2/mute").is(200).data()["you_muted"],
        false
    );
    assert_eq!(ada.get("/users/2").data()["you_muted"], false);
}

#[test]
fn a_block_shows_to_both_as_what_it_is() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    assert_eq!(ada.does("/users/@bob/block").is(200).data()["id"], "2");
    assert_eq!(ada.get("/users/2").data()["you_blocked"], true);
    // Taking back and blocking back work while the other side blocks; only the id is shown then.
    let answer = bob.does("/users/1/block").is(200).data();
    assert_eq!(answer["id"], "1", "{answer}");
    bob.delete("/users/1/block").is(200);
    ada.delete("/users/2/block").is(200);
    assert_eq!(ada.get("/users/2").data()["you_blocked"], false);
}

#[test]
fn relations_need_their_scope_a_user_and_another_user() {
    let server = TestServer::start();
    let ada = server.with_scopes(&server.ada(), "basic,messages");
    let answer = ada.does("/users/2/mute");
    answer.refused_as(403, "not-authorized");
    assert!(
        answer.meta()["error_message"]
            .to_string()
            .contains("follow"),
        "{answer}"
    );
    server.app().does("/users/2/mute").refused(403);
    server
        .anonymous()
        .does("/users/2/block")
        .refused_as(401, "token-required");
    server
        .ada()
        .does("/users/999/block")
        .refused_as(404, "user-not-found");
    let answer = server.ada().does("/users/me/block");
    assert!(matches!(answer.status, 400 | 403), "{answer}");
}

#[test]
fn the_body_of_such_a_call_may_be_anything() {
    let server = TestServer::start();
    let ada = server.ada();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let json = [("Content-Type", "application/json")];
    ada.call("PUT", "/users/2/mute", &form, b"").is(200);
    ada.call("PUT", "/users/2/mute", &json, b"\"\"").is(200);
    ada.call("PUT", "/users/2/mute", &json, b"\"a note\"")
        .is(200);
    ada.call("PUT", "/users/2/mute", &[], b"7").is(200);
}

#[test]
fn muted_authors_vanish_from_lists_unless_asked_for_and_blocked_ones_both_ways() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&eve, "Lounge");
    let (by_ada, by_bob) = (
        build::says(&ada, &room, "from ada"),
        build::says(&bob, &room, "from bob"),
    );
    let list = format!("/channels/{room}/messages");
    ada.does("/users/2/mute").is(200);
    assert_eq!(ids(&ada.get(&list).data()), [by_ada.as_str()]);
    let both = [by_bob.as_str(), by_ada.as_str()];
    assert_eq!(
        ids(&ada.get(&format!("{list}?include_muted=1")).data()),
        both
    );
    assert_eq!(
        ids(&bob.get(&list).data()),
        both,
        "the muted one notices nothing"
    );
    ada.delete("/users/2/mute").is(200);
    bob.does("/users/1/block").is(200);
    assert_eq!(ids(&ada.get(&list).data()), [by_ada.as_str()]);
    assert_eq!(ids(&bob.get(&list).data()), [by_bob.as_str()]);
    assert_eq!(ids(&eve.get(&list).data()), both);
    // The channel and its counts are not touched.
    assert_eq!(
        ada.get(&format!("/channels/{room}")).data()["counts"]["messages"],
        2
    );
    // Asked for by its id, a blocked author is an id.
    let message = ada.get(&format!("{list}/{by_bob}")).data();
    assert_eq!(message["user_id"], "2", "{message}");
    assert!(message.get("user").is_none(), "{message}");
    // App tokens see everything: the app must respect mutes and blocks itself.
    assert_eq!(ids(&server.app().get(&list).data()), both);
}

#[test]
fn a_block_on_either_side_refuses_a_private_message() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    build::whispers(&ada, &[&bob], "hello");
    bob.does("/users/1/block").is(200);
    let body = json!({"text": "again", "destinations": ["2"]});
    ada.post("/channels/pm/messages", &body)
        .refused_as(403, "blocked");
    let body = json!({"text": "again", "destinations": ["1"]});
    bob.post("/channels/pm/messages", &body)
        .refused_as(403, "blocked");
    let body = json!({"text": "new one", "destinations": ["2", "3"]});
    ada.post("/channels/pm/messages", &body)
        .refused_as(403, "blocked");
}
