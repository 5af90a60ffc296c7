//! Presence: global, and in a channel. Presence is ephemeral: nothing is stored.

use serde_json::json;

use crate::support::{TestServer, build, eventually, ids, text};

/// Seconds since the epoch, as the server sees them: from the `Date` of an answer would be coarse, and
/// the tests need no more than "long ago" and "in the far future".
const FAR_FUTURE: i64 = 32_503_680_000;

#[test]
fn presence_is_set_shown_and_taken_away() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let before = bob.get("/users/1/presence").data();
    assert_eq!(before["presence"], "offline");
    assert!(before.get("last_seen_at").is_none(), "{before}");
    let set = ada
        .put("/users/me/presence", &json!({"presence": "reading"}))
        .is(200)
        .data();
    assert_eq!(set["presence"], "reading");
    assert_eq!(set["id"], "1");
    assert_eq!(set["username"], "ada");
    text(&set["avatar_image"]);
    assert!(text(&set["last_seen_at"]).ends_with('Z'));
    assert_eq!(
        bob.get("/users/@ada/presence").data()["presence"],
        "reading"
    );
    assert_eq!(ids(&bob.get("/presence").data()), ["1"]);
    assert_eq!(ids(&server.app().get("/presence").data()), ["1"]);
    assert_eq!(
        bob.get("/users/1?include_presence=1").data()["presence"],
        "reading"
    );
    ada.put("/users/me/presence", &json!({"presence": "offline"}))
        .is(200);
    let after = bob.get("/users/1/presence").data();
    assert_eq!(after["presence"], "offline");
    text(&after["last_seen_at"]);
    assert_eq!(bob.get("/presence").data(), json!([]));
}

#[test]
fn nothing_and_one_mean_online_and_zero_means_offline() {
    let server = TestServer::start();
    let ada = server.ada();
    let path = "/users/me/presence";
    assert_eq!(ada.does(path).data()["presence"], "online");
    assert_eq!(
        ada.form("PUT", path, "presence=0").data()["presence"],
        "offline"
    );
    assert_eq!(
        ada.form("PUT", path, "presence=1").data()["presence"],
        "online"
    );
    assert_eq!(
        ada.put(path, &json!({"presence": "0"})).data()["presence"],
        "offline"
    );
    assert_eq!(ada.put(path, &json!({})).data()["presence"], "online");
    // A body without a type, and one's own id in place of `me`: old clients do both.
    assert_eq!(
        ada.call("PUT", "/users/1/presence", &[], b"presence=away")
            .data()["presence"],
        "away"
    );
    assert_eq!(
        ada.call("PUT", "/users/@ada/presence", &[], b"presence=back")
            .data()["presence"],
        "back"
    );
}

#[test]
fn presence_is_bounded_in_length_and_needs_its_scope_and_ones_own_name() {
    let server = TestServer::start();
    let ada = server.ada();
    let path = "/users/me/presence";
    assert_eq!(
        ada.put(path, &json!({"presence": "é".repeat(100)}))
            .is(200)
            .status,
        200
    );
    ada.put(path, &json!({"presence": "é".repeat(101)}))
        .refused_at(400, "presence");
    ada.put("/users/2/presence", &json!({"presence": "x"}))
        .refused(403);
    server
        .with_scopes(&ada, "basic,messages")
        .does(path)
        .refused_as(403, "not-authorized");
    server.app().does(path).refused(403);
    server
        .anonymous()
        .does(path)
        .refused_as(401, "token-required");
    server
        .anonymous()
        .get("/presence")
        .refused_as(401, "token-required");
    ada.get("/users/999/presence").refused(404);
    ada.put(path, &json!({"presence": "x", "expiration": "soon"}))
        .refused(400);
}

#[test]
fn presence_ends_when_it_was_said_to_end() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let path = "/users/me/presence";
    // In the past: gone at once.
    let gone = ada
        .put(path, &json!({"presence": "x", "expiration": 1000}))
        .is(200)
        .data();
    assert_eq!(gone["presence"], "offline");
    ada.put(
        path,
        &json!({"presence": "for ever", "expiration": FAR_FUTURE}),
    )
    .is(200);
    assert_eq!(bob.get("/users/1/presence").data()["presence"], "for ever");
    let now = text(&ada.get("/users/1/presence").data()["last_seen_at"]);
    let now = time::OffsetDateTime::parse(&now, &time::format_description::well_known::Rfc3339);
    let soon = now.expect("a date").unix_timestamp() + 2;
    ada.put(path, &json!({"presence": "briefly", "expiration": soon}))
        .is(200);
    eventually("the presence runs out", || {
        bob.get("/users/1/presence").data()["presence"] == "offline"
            && bob.get("/presence").data() == json!([])
    });
}

#[test]
fn any_call_may_set_the_presence_on_its_way() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let answer = ada.get("/token?update_presence=lurking");
    assert_eq!(answer.meta()["updated_presence"], true);
    assert_eq!(bob.get("/users/1/presence").data()["presence"], "lurking");
    let narrow = server.with_scopes(&ada, "basic");
    assert_eq!(
        narrow.get("/token?update_presence=no").meta()["updated_presence"],
        false
    );
    assert_eq!(bob.get("/users/1/presence").data()["presence"], "lurking");
    let long = "x".repeat(101);
    let answer = ada.get(&format!("/token?update_presence={long}"));
    assert_eq!(answer.meta()["updated_presence"], false, "{answer}");
    // On the call that sets it anyway, the query wins over the body.
    let set = ada
        .put(
            "/users/me/presence?update_presence=query",
            &json!({"presence": "body"}),
        )
        .data();
    assert_eq!(set["presence"], "query");
    assert!(ada.get("/token").meta().get("updated_presence").is_none());
    // A HEAD changes nothing.
    ada.call("HEAD", "/token?update_presence=gone", &[], b"")
        .is(200);
    assert_eq!(bob.get("/users/1/presence").data()["presence"], "query");
}

#[test]
fn presence_in_a_channel_is_its_own_thing() {
    let server = TestServer::start();
    let (ada, bob) = (
        server.with_scopes(&server.ada(), "basic,messages"),
        server.bob(),
    );
    let room = build::room(&bob, "Lounge");
    let path = format!("/users/me/presence/channels/{room}");
    // It needs access to the channel, not the scope of the global presence.
    assert_eq!(
        ada.put(&path, &json!({"presence": "typing"}))
            .is(200)
            .data()["presence"],
        "typing"
    );
    assert_eq!(
        bob.get(&format!("/users/1/presence/channels/{room}"))
            .data()["presence"],
        "typing"
    );
    assert_eq!(
        ids(&bob.get(&format!("/channels/{room}/presence")).data()),
        ["1"]
    );
    assert_eq!(bob.get("/users/1/presence").data()["presence"], "offline");
    bob.does("/users/me/presence").is(200);
    assert_eq!(
        ids(&bob.get(&format!("/channels/{room}/presence")).data()),
        ["1"]
    );
    ada.put(&path, &json!({"presence": "offline"})).is(200);
    assert_eq!(
        bob.get(&format!("/channels/{room}/presence")).data(),
        json!([])
    );
    ada.put(&path, &json!({"presence": "x".repeat(101)}))
        .refused(400);
}

#[test]
fn presence_in_a_channel_follows_its_acl() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let circle = build::circle(&ada, &[&bob]);
    bob.does(&format!("/users/me/presence/channels/{circle}"))
        .is(200);
    for path in [
        format!("/channels/{circle}/presence"),
        format!("/users/2/presence/channels/{circle}"),
    ] {
        assert_eq!(ada.get(&path).status, 200);
        eve.get(&path).refused(403);
        server
            .with_scopes(&ada, "basic,presence")
            .get(&path)
            .refused(403);
    }
    eve.does(&format!("/users/me/presence/channels/{circle}"))
        .refused(403);
    eve.does("/users/me/presence/channels/9999")
        .refused_as(404, "channel-not-found");
}

#[test]
fn subscribers_show_their_presence_in_that_channel() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&bob, "Lounge");
    build::join(&room, &[&ada]);
    ada.put("/users/me/presence", &json!({"presence": "global"}))
        .is(200);
    let path = format!("/channels/{room}/subscribers?include_presence=1");
    assert_eq!(bob.get(&path).data()[0]["presence"], "offline");
    let here = format!("/users/me/presence/channels/{room}");
    ada.put(&here, &json!({"presence": "local"})).is(200);
    assert_eq!(bob.get(&path).data()[0]["presence"], "local");
}

#[test]
fn presence_in_a_channel_ends_with_the_right_to_be_there() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    let (here, list) = (
        format!("/users/me/presence/channels/{circle}"),
        format!("/channels/{circle}/presence"),
    );
    let bobs = format!("/users/2/presence/channels/{circle}");
    bob.put(&here, &json!({"presence": "typing"})).is(200);
    assert_eq!(ids(&ada.get(&list).data()), ["2"]);
    // Removed, he is not there any more: from the answer on.
    let nobody = json!({"acl": {"write": {"user_ids": []}}});
    ada.put(&format!("/channels/{circle}"), &nobody).is(200);
    assert_eq!(ada.get(&list).data(), json!([]));
    let of_bob = ada.get(&bobs).data();
    assert_eq!(of_bob["presence"], "offline");
    assert!(of_bob.get("last_seen_at").is_none(), "{of_bob}");
    // He may still leave, and not come back.
    bob.put(&here, &json!({"presence": "offline"})).is(200);
    bob.put(&here, &json!({"presence": "typing"})).refused(403);
    // Listed again, he has to say so again.
    let again = json!({"acl": {"write": {"user_ids": ["2"]}}});
    ada.put(&format!("/channels/{circle}"), &again).is(200);
    assert_eq!(ada.get(&list).data(), json!([]));
    bob.does(&here).is(200);
    // A channel that was deactivated has nobody in it and takes nobody.
    ada.delete(&format!("/channels/{circle}")).is(200);
    assert_eq!(ada.get(&list).data(), json!([]));
    ada.does(&here).refused_as(403, "channel-inactive");
    ada.put(&here, &json!({"presence": "offline"})).is(200);
}

#[test]
fn lists_of_presences_have_pages() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let room = build::room(&ada, "Lounge");
    for person in [&ada, &bob, &eve] {
        person.does("/users/me/presence").is(200);
        person
            .does(&format!("/users/me/presence/channels/{room}"))
            .is(200);
    }
    for path in [
        String::from("/presence"),
        format!("/channels/{room}/presence"),
    ] {
        assert_eq!(ids(&ada.get(&path).data()), ["3", "2", "1"]);
        let first = ada.get(&format!("{path}?count=2"));
        assert_eq!(ids(&first.data()), ["3", "2"]);
        assert_eq!(first.meta()["more"], true);
        let rest = ada.get(&format!("{path}?count=2&before_id=2"));
        assert_eq!(ids(&rest.data()), ["1"]);
        assert_eq!(rest.meta()["more"], false);
        assert_eq!(ids(&ada.get(&format!("{path}?count=-1")).data()), ["1"]);
        assert_eq!(ids(&ada.get(&format!("{path}?since_id=2")).data()), ["3"]);
    }
}
