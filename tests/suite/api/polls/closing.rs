//! Polls close by themselves, and then say how it went.

use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use crate::support::build::{ballot, poll, polls_all};
use crate::support::{Person, TestServer, eventually, text};

/// Microseconds since 1970.
fn now() -> u128 {
    UNIX_EPOCH.elapsed().expect("after 1970").as_micros()
}

/// Its time is over: a second ago.
fn ends(server: &TestServer, poll: &str) {
    let closes = now() - 1_000_000;
    server.sql(&format!(
        "UPDATE polls SET closes_at = {closes} + id WHERE id = {poll}"
    ));
}

/// The poll, once it has results.
fn closed(person: &Person, poll: &str) -> Value {
    let path = format!("/polls/{poll}");
    let mut seen = Value::Null;
    eventually("the poll closes", || {
        seen = person.get(&path).data();
        seen["options"][0].get("respondents").is_some()
    });
    seen
}

fn answers(person: &Person, poll: &str, token: &str, position: u8) {
    let path = format!("/polls/{poll}/response/{position}?poll_token={token}");
    person.does(&path).is(200);
}

fn body(is_anonymous: bool) -> Value {
    let mut body = ballot("Where to?", &["Here", "There"]);
    body["is_anonymous"] = json!(is_anonymous);
    body
}

#[test]
fn a_closed_poll_shows_how_many_chose_each_option_and_who() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    let (id, token) = poll(&ada, &body(false));
    answers(&bob, &id, &token, 1);
    answers(&eve, &id, &token, 1);
    answers(&dan, &id, &token, 2);
    ends(&server, &id);
    let seen = closed(&ada, &id);
    let [here, there] = [&seen["options"][0], &seen["options"][1]];
    assert_eq!(
        (&here["respondents"], &there["respondents"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(here["respondent_ids"], json!([bob.id, eve.id]));
    assert_eq!(there["respondent_ids"], json!([dan.id]));
    let path = format!("/polls/{id}/response/2?poll_token={token}");
    bob.does(&path).refused_as(403, "poll-closed");
    // Of those that block each other, neither is told of the other's answer; the number stays.
    bob.does(&format!("/users/{}/block", dan.id)).is(200);
    for (viewer, own) in [(&bob, [1, 0]), (&dan, [1, 1])] {
        let seen = viewer
            .get(&format!("/polls/{id}?poll_token={token}"))
            .data();
        let named = |n: usize| {
            seen["options"][n]["respondent_ids"]
                .as_array()
                .unwrap()
                .len()
        };
        let expected = if viewer.id == bob.id { [2, 0] } else { own };
        assert_eq!([named(0), named(1)], expected, "{seen}");
        assert_eq!(seen["options"][0]["respondents"], 2);
    }
}

#[test]
fn respondents_are_named_as_other_people_who_acted_are() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    let mut public = body(false);
    public["is_public"] = json!(true);
    let (id, token) = poll(&ada, &public);
    for person in [&bob, &eve, &dan] {
        answers(person, &id, &token, 1);
    }
    ends(&server, &id);
    closed(&ada, &id);
    ada.does(&format!("/users/{}/mute", bob.id)).is(200);
    eve.does(&format!("/users/{}/block", ada.id)).is(200);
    let here = format!("/polls/{id}");
    let lists = ["/users/me/polls", "/polls/search"];
    let named = |person: &Person, path: &str| {
        let data = person.get(path).is(200).data();
        let seen = data.as_array().map_or(&data, |list| &list[0]);
        assert_eq!(
            seen["options"][0]["respondents"], 3,
            "the number stays: {seen}"
        );
        seen["options"][0]["respondent_ids"].clone()
    };
    for path in [&*here, lists[0], lists[1]] {
        assert_eq!(named(&ada, path), json!([dan.id]), "{path}");
        let with_muted = format!("{path}?include_muted=1");
        assert_eq!(named(&ada, &with_muted), json!([bob.id, dan.id]), "{path}");
    }
    // A mute hides from the one that muted only, and nobody from strangers.
    let all = json!([bob.id, eve.id, dan.id]);
    for path in [&here, lists[1]] {
        assert_eq!(named(&bob, path), all, "{path}");
    }
    assert_eq!(named(&server.anonymous(), lists[1]), all);
}

#[test]
fn an_anonymous_poll_never_tells_who_answered() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let mut stream = polls_all(&server.app());
    let (id, token) = poll(&ada, &body(true));
    answers(&bob, &id, &token, 2);
    ends(&server, &id);
    let seen = closed(&ada, &id);
    assert_eq!(seen["options"][1]["respondents"], 1, "{seen}");
    assert!(!seen.to_string().contains("respondent_ids"), "{seen}");
    // The user is told their own answer, on their own page.
    let own = bob.get(&format!("/polls/{id}?poll_token={token}")).data();
    assert_eq!(own["options"][1]["is_your_response"], true);
    let [made, answered, ended] = [(); 3].map(|()| stream.hears("poll"));
    assert_eq!(made["data"]["user"]["id"], "1");
    assert!(answered["data"].get("user").is_none(), "{answered}");
    assert_eq!(ended["meta"]["subscribed_user_ids"], json!(["1"]));
    for event in [&made, &answered, &ended] {
        let whole = event.to_string();
        assert!(
            !whole.contains(r#""bob""#) && !whole.contains("respondent_ids"),
            "{event}"
        );
    }
    // What the log keeps of it does not say it either.
    let kept = "SELECT count(*) FROM log_events WHERE kind LIKE 'poll_%' AND body LIKE '%\"bob\"%'";
    assert_eq!(server.count(kept), 0);
    let owner = format!(
        "SELECT count(*) FROM log_events WHERE owner LIKE '%{}' AND kind LIKE 'poll_%'",
        bob.id
    );
    assert_eq!(server.count(&owner), 0);
    let rows = "SELECT count(*) FROM log_events WHERE kind LIKE 'poll_%'";
    assert_eq!(server.count(rows), 3);
}

#[test]
fn the_end_of_a_poll_is_told_once_with_its_results_and_whom_to_notify() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let mut stream = polls_all(&server.app());
    let (id, token) = poll(&ada, &body(false));
    answers(&bob, &id, &token, 1);
    answers(&eve, &id, &token, 2);
    // Taken back, it still counts for the notice.
    let none = json!({"positions": []});
    let path = format!("/polls/{id}/response?poll_token={token}");
    eve.put(&path, &none).is(200);
    eve.does(&format!("/users/{}/mute", ada.id)).is(200);
    ends(&server, &id);
    let [made, first, second, ended] = [(); 4].map(|()| stream.hears("poll"));
    assert_eq!(made["meta"]["id"], id.as_str());
    assert_eq!(first["data"]["user"]["id"], bob.id.as_str());
    assert_eq!(second["data"]["user"]["id"], eve.id.as_str());
    for event in [&made, &first, &second] {
        assert!(event["meta"].get("is_closed").is_none());
        assert!(event["meta"].get("subscribed_user_ids").is_none());
        assert!(!event.to_string().contains("respondents"), "{event}");
        assert!(!event.to_string().contains(&token), "{event}");
    }
    assert_eq!(ended["meta"]["is_closed"], true);
    assert_eq!(
        ended["meta"]["subscribed_user_ids"],
        json!(["1", bob.id, eve.id])
    );
    assert_eq!(ended["meta"]["suppress_notifications"], json!([eve.id]));
    assert_eq!(ended["data"]["user"]["id"], "1");
    let options = &ended["data"]["poll"]["options"];
    assert_eq!(
        (&options[0]["respondents"], &options[1]["respondents"]),
        (&json!(1), &json!(0))
    );
    ada.delete(&format!("/polls/{id}")).is(200);
    let deleted = stream.hears("poll");
    assert_eq!(deleted["meta"]["is_deleted"], true);
    assert_eq!(
        deleted["meta"]["subscribed_user_ids"],
        json!(["1", bob.id, eve.id])
    );
    assert_eq!(deleted["data"]["poll"]["prompt"], "");
}

#[test]
fn a_poll_whose_time_ended_while_the_server_was_down_closes_at_the_next_start() {
    let mut server = TestServer::start();
    let ada = server.ada();
    let (id, token) = poll(&ada, &body(true));
    answers(&server.bob(), &id, &token, 1);
    server.kill();
    ends(&server, &id);
    server.start_again();
    let seen = closed(&server.ada(), &id);
    assert_eq!(seen["options"][0]["respondents"], 1);
    let told = "SELECT count(*) FROM log_events WHERE kind = 'poll_closed'";
    assert_eq!(server.count(told), 1);
    assert_eq!(text(&seen["id"]), id);
}

#[test]
fn many_polls_that_end_together_all_close() {
    let server = TestServer::start();
    let ada = server.ada();
    let all: Vec<(String, String)> = (0..25).map(|_| poll(&ada, &body(true))).collect();
    let closes = now();
    server.sql(&format!("UPDATE polls SET closes_at = {closes} + id"));
    for (id, _) in &all {
        closed(&ada, id);
    }
}
