//! How far one has read.

use serde_json::{Value, json};

use crate::support::{TestServer, build, ids, text};

#[test]
fn a_marker_moves_both_ways_and_remembers_the_farthest() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said: Vec<_> = (0..3)
        .map(|n| build::says(&ada, &room, &n.to_string()))
        .collect();
    let name = format!("channel:{room}");
    let set = |id: &str, query: &str| {
        let body = json!([{"name": name, "id": id, "percentage": 40}]);
        ada.post(&format!("/markers{query}"), &body).is(200).data()[0].clone()
    };
    let first = set(&said[2], "");
    assert_eq!(first["name"], name.as_str());
    assert_eq!(first["id"], said[2].as_str());
    assert_eq!(first["last_read_id"], said[2].as_str());
    assert_eq!(first["percentage"], 40);
    assert!(text(&first["updated_at"]).ends_with('Z'));
    let back = set(&said[0], "");
    assert_eq!(back["id"], said[0].as_str());
    assert_eq!(back["last_read_id"], said[2].as_str());
    assert_ne!(back["version"], first["version"], "new at every update");
    let reset = set(&said[0], "?reset_read_id=1");
    assert_eq!(reset["last_read_id"], said[0].as_str());
}

#[test]
fn several_markers_are_set_in_the_order_asked_and_one_object_is_answered_by_one() {
    let server = TestServer::start();
    let ada = server.ada();
    let body = json!([{"name": "global", "id": 5}, {"name": "mentions", "id": "7"}, {"name": "personal", "id": "9"}]);
    let set = ada.post("/markers", &body).is(200).data();
    let names: Vec<_> = set
        .as_array()
        .expect("a list")
        .iter()
        .map(|m| text(&m["name"]))
        .collect();
    assert_eq!(names, ["global", "mentions", "personal"]);
    assert_eq!(set[0]["id"], "5");
    assert_eq!(set[0]["percentage"], 0);
    let one = ada
        .post("/markers", &json!({"name": "global", "id": "6"}))
        .is(200)
        .data();
    assert_eq!(one["id"], "6", "{one}");
}

#[test]
fn bad_markers_are_refused_and_none_of_a_bad_list_is_set() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&bob, &[]);
    let good = json!({"name": "global", "id": "77"});
    for bad in [
        json!({"name": "nowhere", "id": "1"}),
        json!({"name": "channel:x", "id": "1"}),
        json!({"name": "global"}),
        json!({"id": "1"}),
        json!({"name": "global", "id": "abc"}),
        json!({"name": "global", "id": {}}),
        json!({"name": "global", "id": "1", "percentage": 101}),
        json!("global"),
    ] {
        let answer = ada.post("/markers", &json!([good, bad]));
        assert_eq!(answer.status, 400, "{bad}: {answer}");
    }
    let many: Vec<Value> = (0..11).map(|_| good.clone()).collect();
    ada.post("/markers", &json!(many)).refused(400);
    ada.post("/markers", &json!([])).refused(400);
    ada.post(
        "/markers",
        &json!([good, {"name": format!("channel:{circle}"), "id": "1"}]),
    )
    .refused(403);
    ada.post("/markers", &json!([{"name": "channel:9999", "id": "1"}]))
        .refused(404);
    let next = ada
        .post("/markers", &json!([{"name": "global", "id": "5"}]))
        .data();
    assert_eq!(
        next[0]["last_read_id"], "5",
        "the good one of the bad lists was not set"
    );
    server
        .anonymous()
        .post("/markers", &json!([good]))
        .refused_as(401, "token-required");
}

#[test]
fn markers_and_reports_take_a_token_of_any_scope_and_ask_for_the_right_to_read() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let circle = build::circle(&ada, &[&bob]);
    let said = build::says(&ada, &circle, "inside");
    let message = format!("/channels/{circle}/messages/{said}");
    let reason = json!({"reason": "soliciting"});
    let names = ["global", "personal", "mentions"].map(str::to_owned);
    let all = [&names[..], &[format!("channel:{circle}")]].concat();
    for scopes in [
        "basic",
        "stream",
        "public_messages",
        "messages:org.example.x",
    ] {
        let member = server.with_scopes(&bob, scopes);
        member.get(&message).refused_as(403, "not-authorized");
        for name in &all {
            let set = json!({"name": name, "id": said});
            let marker = member.post("/markers", &set).is(200).data();
            let shown = marker.as_object().expect("a marker").keys();
            // The position, and nothing of what is there.
            assert!(
                shown.eq([
                    "id",
                    "last_read_id",
                    "name",
                    "percentage",
                    "updated_at",
                    "version"
                ]),
                "{marker}"
            );
        }
        let report = format!("{message}/report");
        let answer = member.post(&report, &reason).is(201);
        assert!(answer.json().get("data").is_none(), "{answer}");
        let stranger = server.with_scopes(&server.eve(), scopes);
        let set = json!({"name": format!("channel:{circle}"), "id": said});
        stranger.post("/markers", &set).refused_as(403, "no-access");
        stranger.post(&report, &reason).refused_as(403, "no-access");
    }
    let unread = bob.get(&format!("/channels/{circle}")).data()["has_unread"].clone();
    assert_eq!(unread, false, "one marker, whatever the token");
}

#[test]
fn messages_carry_the_marker_of_their_channel_for_users_only() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "hello");
    let path = format!("/channels/{room}/messages");
    let name = format!("channel:{room}");
    assert_eq!(ada.get(&path).meta()["marker"], json!({"name": name}));
    ada.post("/markers", &json!([{"name": name, "id": said}]))
        .is(200);
    assert_eq!(ada.get(&path).meta()["marker"]["id"], said.as_str());
    assert!(server.anonymous().get(&path).meta().get("marker").is_none());
    let channel = ada.get(&format!("/channels/{room}?include_marker=1"));
    assert_eq!(channel.data()["marker"]["id"], said.as_str());
    assert_eq!(channel.meta()["marker"]["id"], said.as_str());
    assert!(
        ada.get(&format!("/channels/{room}"))
            .data()
            .get("marker")
            .is_none()
    );
}

#[test]
fn a_page_moves_the_marker_of_its_channel_for_get_and_not_for_head() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&bob, "Lounge");
    let said = build::says(&bob, &room, "hello");
    let page = format!("/channels/{room}/messages");
    let moving = format!("{page}?update_marker=1");
    let marked = || ada.get(&page).is(200).meta()["marker"]["id"].clone();
    let before = marked();
    assert_ne!(before, said.as_str());
    ada.call("HEAD", &moving, &[], b"").is(200);
    assert_eq!(marked(), before);
    ada.get(&moving).is(200);
    assert_eq!(marked(), said.as_str());
}

#[test]
fn pages_may_begin_and_end_at_a_marker() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said: Vec<_> = (0..5)
        .map(|n| build::says(&ada, &room, &n.to_string()))
        .collect();
    let name = format!("channel:{room}");
    let page = |query: &str| {
        ids(&ada
            .get(&format!("/channels/{room}/messages?{query}"))
            .data())
    };
    assert_eq!(
        page("since_id=last_read").len(),
        5,
        "no marker: as if it were absent"
    );
    ada.post("/markers", &json!([{"name": name, "id": said[3]}]))
        .is(200);
    ada.post("/markers", &json!([{"name": name, "id": said[1]}]))
        .is(200);
    let down = |from: usize, to: usize| {
        (to..=from)
            .rev()
            .map(|n| said[n].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(page("since_id=last_read"), down(4, 4));
    assert_eq!(page("since_id=last_read_inclusive"), down(4, 3));
    assert_eq!(page("since_id=marker"), down(4, 2));
    assert_eq!(page("since_id=marker_inclusive"), down(4, 1));
    assert_eq!(page("before_id=marker"), down(0, 0));
    assert_eq!(page("before_id=marker_inclusive"), down(1, 0));
    assert_eq!(page("since_id=marker&before_id=last_read"), down(2, 2));
}

#[test]
fn a_channel_is_unread_until_its_marker_reaches_the_newest_message() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada, &bob]);
    let unread = |person: &crate::support::Person| {
        person.get(&format!("/channels/{room}")).data()["has_unread"] == true
    };
    assert!(!unread(&bob), "a channel without messages is not unread");
    let first = build::says(&ada, &room, "one");
    assert!(unread(&bob));
    assert!(
        unread(&ada),
        "without update_marker it is unread for its author too"
    );
    let path = format!("/channels/{room}/messages");
    let second = ada.post(&format!("{path}?update_marker=1"), &json!({"text": "two"}));
    let second = text(&second.is(201).data()["id"]);
    assert!(!unread(&ada));
    let name = format!("channel:{room}");
    bob.post("/markers", &json!([{"name": name, "id": second}]))
        .is(200);
    assert!(!unread(&bob));
    bob.post("/markers", &json!([{"name": name, "id": first}]))
        .is(200);
    assert!(unread(&bob), "moving the marker back makes it unread again");
    ada.delete(&format!("{path}/{second}")).is(200);
    assert!(!unread(&bob), "a deleted message never makes it unread");
    // Leaving takes the marker along.
    bob.delete(&format!("/channels/{room}/subscribe")).is(200);
    assert!(unread(&bob));
}

#[test]
fn a_marker_ends_at_the_newest_message_of_its_channel() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&bob, "Lounge");
    build::join(&room, &[&ada]);
    let name = format!("channel:{room}");
    let far = json!({"name": name, "id": 999_999_999_999_i64});
    assert_eq!(ada.post("/markers", &far).data()["id"], "0");
    let first = build::says(&bob, &room, "one");
    let set = ada.post("/markers", &far).data();
    assert_eq!(set["id"], first.as_str());
    assert_eq!(set["last_read_id"], first.as_str());
    let unread = || ada.get(&format!("/channels/{room}")).data()["has_unread"].clone();
    assert_eq!(unread(), false);
    let second = build::says(&bob, &room, "two");
    assert_eq!(unread(), true);
    // A deleted message is an object, too.
    bob.delete(&format!("/channels/{room}/messages/{second}"))
        .is(200);
    assert_eq!(ada.post("/markers", &far).data()["id"], second.as_str());
}
