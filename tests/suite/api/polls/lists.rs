//! Lists of polls, and the search.

use serde_json::{Value, json};

use crate::support::build::{ballot, poll};
use crate::support::{Person, TestServer, ids};

/// A poll of a type; public or not.
fn makes(person: &Person, kind: &str, is_public: bool) -> String {
    let mut body = ballot("Where to?", &["Here", "There"]);
    body["type"] = json!(kind);
    body["is_public"] = json!(is_public);
    poll(person, &body).0
}

fn found(person: &Person, query: &str) -> Vec<String> {
    ids(&person.get(&format!("/polls/search?{query}")).is(200).data())
}

#[test]
fn ones_own_polls_of_the_types_that_the_scopes_open() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let lunch = makes(&ada, "org.example.lunch", false);
    let other = makes(&ada, "org.example.other", true);
    makes(&bob, "org.example.lunch", true);
    let mine =
        |who: &Person, query: &str| ids(&who.get(&format!("/users/me/polls?{query}")).data());
    assert_eq!(mine(&ada, ""), [&*other, &*lunch]);
    assert_eq!(mine(&ada, "poll_types=org.example.lunch"), [&*lunch]);
    assert_eq!(
        mine(&ada, "exclude_poll_types=org.example.lunch"),
        [&*other]
    );
    assert_eq!(mine(&ada, "include_private=0"), [&*other]);
    assert_eq!(mine(&ada, "include_closed=0").len(), 2);
    assert_eq!(mine(&ada, "count=-1"), [&*lunch]);
    let narrow = server.with_scopes(&ada, "basic,polls:org.example.lunch");
    assert_eq!(
        mine(&narrow, ""),
        [&*other, &*lunch],
        "the other one is public"
    );
    let page = ada.get("/users/me/polls?count=1").json();
    assert_eq!(page["meta"]["more"], true);
    assert_eq!(page["data"][0]["pagination_id"], page["data"][0]["id"]);
    assert!(page["data"][0]["poll_token"].is_string());
    let before = format!("count=1&before_id={other}");
    assert_eq!(mine(&ada, &before), [&*lunch]);
    server
        .with_scopes(&ada, "basic,write_post")
        .get("/users/me/polls")
        .refused_as(403, "not-authorized");
}

#[test]
fn anothers_polls_are_the_public_ones() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let private = makes(&ada, "org.example.lunch", false);
    let public = makes(&ada, "org.example.lunch", true);
    let of_ada = format!("/users/{}/polls", ada.id);
    assert_eq!(ids(&bob.get(&of_ada).data()), [&*public]);
    assert_eq!(
        ids(&server.anonymous().get("/users/@ada/polls").data()),
        [&*public]
    );
    assert_eq!(ids(&ada.get(&of_ada).data()), [&*public, &*private]);
    ada.does(&format!("/users/{}/block", bob.id)).is(200);
    bob.get(&of_ada).refused_as(404, "user-not-found");
}

#[test]
fn several_polls_by_their_ids_each_with_its_token() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let body = ballot("Where to?", &["Here", "There"]);
    let ((first, token), (second, _)) = (poll(&ada, &body), poll(&ada, &body));
    let public = makes(&ada, "org.example.lunch", true);
    let all = format!("/polls?ids={second},{first},{public},99,x");
    assert_eq!(ids(&ada.get(&all).data()), [&*second, &*first, &*public]);
    assert_eq!(ids(&bob.get(&all).data()), [&*public]);
    let seen = bob.get(&format!(
        "{all}&poll_token_{first}={token}&poll_token_{second}={token}"
    ));
    assert_eq!(ids(&seen.data()), [&*first, &*public]);
    assert_eq!(seen.data()[0]["poll_token"], token.as_str());
    assert!(seen.data()[1].get("poll_token").is_none());
    ada.get("/polls").refused_as(400, "missing-field");
}

#[test]
fn answered_polls_of_ones_own_are_listed_in_short() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let body = ballot("Where to?", &["Here", "There"]);
    let (silent, _) = poll(&ada, &body);
    let (id, token) = poll(&ada, &body);
    bob.does(&format!("/polls/{id}/response/1?poll_token={token}"))
        .is(200);
    let path = "/users/me/polls/responses";
    let page = ada.get(path).is(200).data();
    assert_eq!(ids(&page), [&*id]);
    let poll = &page[0];
    assert_eq!(
        (&poll["poll_id"], &poll["pagination_id"]),
        (&json!(id), &json!(id))
    );
    assert_eq!(poll["poll_token"], token.as_str());
    assert_eq!(poll["options"][1], json!({"text": "There", "position": 2}));
    assert!(!poll.to_string().contains("bob"), "{poll}");
    assert_eq!(ada.get(&format!("{path}?ids={silent}")).data(), json!([]));
    assert_eq!(
        ids(&ada.get(&format!("{path}?ids={silent},{id}")).data()),
        [&*id]
    );
    assert_eq!(bob.get(path).data(), json!([]));
}

#[test]
fn the_search_finds_public_polls_and_ones_own_by_every_filter() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let hidden = makes(&ada, "org.example.lunch", false);
    let lunch = makes(&ada, "org.example.lunch", true);
    let mut body = ballot("What?", &["This", "That"]);
    body["is_public"] = json!(true);
    body["is_anonymous"] = json!(false);
    body["raw"] = json!({"org.example.x": [{"file_id": "7"}]});
    body["duration"] = json!(5);
    let (soon, _) = poll(&bob, &body);
    let nobody = server.anonymous();
    assert_eq!(found(&nobody, ""), [&*soon, &*lunch]);
    assert_eq!(found(&ada, ""), [&*soon, &*lunch, &*hidden]);
    let poor = server.with_scopes(&ada, "basic,write_post");
    assert_eq!(found(&poor, ""), [&*soon, &*lunch]);
    assert_eq!(found(&ada, "is_public=0"), [&*hidden]);
    assert_eq!(found(&nobody, "is_public=0"), [""; 0]);
    assert_eq!(found(&ada, "is_public=1"), [&*soon, &*lunch]);
    assert_eq!(found(&eve, "creator_id=@ada"), [&*lunch]);
    assert_eq!(found(&ada, "creator_id=1"), [&*lunch, &*hidden]);
    assert_eq!(found(&eve, "creator_id=99"), [""; 0]);
    assert_eq!(found(&eve, "is_anonymous=0"), [&*soon]);
    assert_eq!(found(&eve, "is_closed=1"), [""; 0]);
    assert_eq!(found(&eve, "is_closed=0"), [&*soon, &*lunch]);
    assert_eq!(found(&eve, "raw_types=org.example.x"), [&*soon]);
    assert_eq!(found(&eve, "file_id=7"), [&*soon]);
    assert_eq!(found(&eve, "poll_types=org.example.other"), [""; 0]);
    assert_eq!(found(&eve, "exclude_poll_types=org.example.lunch"), [""; 0]);
    assert_eq!(found(&eve, "created_after=2999-01-01"), [""; 0]);
    assert_eq!(found(&eve, "created_before=2999-01-01").len(), 2);
    eve.get("/polls/search?created_after=soon")
        .refused_at(400, "created_after");
    eve.does(&format!("/polls/{lunch}/response/1")).is(200);
    assert_eq!(found(&eve, "you_responded=1"), [&*lunch]);
    assert_eq!(found(&eve, "you_responded=0"), [&*soon]);
    assert_eq!(found(&nobody, "you_responded=1"), [""; 0]);
    eve.does(&format!("/users/{}/mute", ada.id)).is(200);
    assert_eq!(found(&eve, ""), [&*soon]);
    assert_eq!(found(&eve, "include_muted=1"), [&*soon, &*lunch]);
}

#[test]
fn the_order_of_closing_has_pages_that_leave_nothing_out() {
    let server = TestServer::start();
    let ada = server.ada();
    let made: Vec<String> = (0..5)
        .map(|_| {
            let mut body = ballot("Where to?", &["Here", "There"]);
            // All in the same second.
            body["closed_at"] = json!(in_an_hour());
            body["duration"] = Value::Null;
            body["is_public"] = json!(true);
            poll(&ada, &body).0
        })
        .collect();
    let mut body = ballot("First?", &["Yes", "No"]);
    body["is_public"] = json!(true);
    body["duration"] = json!(1);
    let (first, _) = poll(&ada, &body);
    let (mut seen, mut before) = (Vec::new(), String::new());
    for _ in 0..3 {
        let path = format!("/polls/search?order=closed_at&count=2{before}");
        let page = server.bob().get(&path).is(200).json();
        seen.extend(ids(&page["data"]));
        before = format!("&before_id={}", page["meta"]["min_id"].as_str().unwrap());
        assert_eq!(page["meta"]["more"], seen.len() < 6);
    }
    let mut expected: Vec<String> = made.into_iter().rev().collect();
    expected.push(first);
    assert_eq!(seen, expected);
}

fn in_an_hour() -> String {
    let now = std::time::UNIX_EPOCH
        .elapsed()
        .expect("after 1970")
        .as_secs();
    groundnut::model::Stamp::from_seconds(i64::try_from(now).unwrap() / 3600 * 3600 + 7200).iso()
}
