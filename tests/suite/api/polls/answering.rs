//! Answers to polls.

use serde_json::{Value, json};

use crate::support::build::{ballot, poll, polls_all};
use crate::support::{Person, TestServer};

/// What the person is shown of their own answer.
fn chosen(poll: &Value) -> Vec<bool> {
    let options = poll["options"].as_array().expect("options");
    let own = options.iter().map(|option| &option["is_your_response"]);
    own.map(|own| own.as_bool().expect("for a user")).collect()
}

#[test]
fn an_answer_is_replaced_and_taken_back_until_the_poll_closes() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let mut body = ballot("Where to?", &["Here", "There", "Nowhere"]);
    body["max_options"] = json!(2);
    let (id, token) = poll(&ada, &body);
    let path = format!("/polls/{id}/response");
    let opened = format!("{path}?poll_token={token}");
    let answer = |positions: Value| bob.put(&opened, &json!({ "positions": positions }));
    let first = answer(json!([1, 3])).is(200).data();
    assert_eq!(chosen(&first), [true, false, true]);
    assert_eq!(first["you_responded"], true);
    assert_eq!(first["poll_token"], token.as_str());
    // While it is open nothing tells how others answered, and the creator sees no more.
    let seen = ada.get(&format!("/polls/{id}")).data();
    assert_eq!(chosen(&seen), [false, false, false]);
    assert!(!seen.to_string().contains("respondent"), "{seen}");
    assert_eq!(chosen(&answer(json!(["2"])).data()), [false, true, false]);
    let none = answer(json!([])).is(200).data();
    assert_eq!(
        (chosen(&none), &none["you_responded"]),
        (vec![false; 3], &json!(false))
    );
    for (path, expected) in [
        (format!("{opened}&positions=3,1"), [true, false, true]),
        (
            format!("{opened}&positions[]=2&positions[]=3"),
            [false, true, true],
        ),
        (format!("{path}/2?poll_token={token}"), [false, true, false]),
    ] {
        assert_eq!(chosen(&bob.does(&path).is(200).data()), expected, "{path}");
    }
    // The token in the body, as another client sends it.
    let in_body = json!({"positions": [1], "poll_token": token});
    assert_eq!(
        chosen(&bob.put(&path, &in_body).data()),
        [true, false, false]
    );
    let one_row = "SELECT count(*) FROM poll_answers";
    assert_eq!(server.count(one_row), 1);
}

#[test]
fn what_an_answer_is_refused_for() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (id, token) = poll(&ada, &ballot("Where to?", &["Here", "There"]));
    let path = format!("/polls/{id}/response");
    let opened = format!("{path}?poll_token={token}");
    let answer = |who: &Person, path: &str, positions: Value| {
        who.put(path, &json!({ "positions": positions }))
    };
    for unknown in [json!([0]), json!([3]), json!([1, -1])] {
        answer(&bob, &opened, unknown).refused_at(400, "positions");
    }
    answer(&bob, &opened, json!([1, 2])).refused_as(400, "too-many-options");
    answer(&bob, &opened, json!(["a"])).refused_as(400, "wrong-type");
    bob.does(&opened).refused_as(400, "missing-field");
    answer(&bob, &path, json!([1])).refused_as(403, "no-access");
    bob.does(&format!("{path}/x?poll_token={token}")).is(400);
    server.sql("UPDATE users SET kind = 'bot' WHERE username = 'eve'");
    answer(&server.eve(), &opened, json!([1])).refused_as(403, "humans-only");
    ada.does(&format!("/users/{}/block", bob.id)).is(200);
    answer(&bob, &opened, json!([1])).refused_as(403, "blocked");
    // With the token the poll is read all the same, without the profile of its creator.
    let read = bob.get(&format!("/polls/{id}?poll_token={token}")).data();
    assert!(
        read.get("user").is_none() && read["user_id"] == "1",
        "{read}"
    );
    let narrow = server.with_scopes(&server.dan(), "basic,stream");
    answer(&narrow, &opened, json!([1])).refused_as(403, "not-authorized");
    assert_eq!(server.count("SELECT count(*) FROM poll_answers"), 0);
}

#[test]
fn taking_back_what_was_never_said_is_no_answer() {
    let server = TestServer::start();
    let (id, token) = poll(&server.ada(), &ballot("Where to?", &["Here", "There"]));
    let path = format!("/polls/{id}/response?poll_token={token}");
    let none = json!({"positions": []});
    assert_eq!(
        server.bob().put(&path, &none).data()["you_responded"],
        false
    );
    assert_eq!(
        server.count("SELECT count(*) FROM polls WHERE is_answered"),
        0
    );
}

#[test]
fn of_many_answers_of_one_person_at_once_one_is_kept_and_one_is_told() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let mut stream = polls_all(&server.app());
    let mut body = ballot("Where to?", &["Here", "There"]);
    body["is_anonymous"] = json!(false);
    let (id, token) = poll(&ada, &body);
    assert_eq!(stream.hears("poll")["data"]["poll"]["id"], id.as_str());
    std::thread::scope(|scope| {
        for turn in 0..8 {
            let (bob, id, token) = (&bob, &id, &token);
            scope.spawn(move || {
                let position = turn % 2 + 1;
                let path = format!("/polls/{id}/response/{position}?poll_token={token}");
                let seen = bob.does(&path).is(200).data();
                let own = chosen(&seen).into_iter().filter(|own| *own).count();
                assert_eq!(own, 1, "{seen}");
            });
        }
    });
    assert_eq!(server.count("SELECT count(*) FROM poll_answers"), 1);
    assert_eq!(
        server.count("SELECT count(*) FROM polls WHERE is_answered"),
        1
    );
    let told = stream.hears("poll");
    assert_eq!(told["data"]["user"]["id"], bob.id.as_str());
    // The next event is the deletion: there was one answer.
    ada.delete(&format!("/polls/{id}")).is(200);
    assert_eq!(stream.hears("poll")["meta"]["is_deleted"], true);
}
