//! What is replayed is what the stream would have received, as far as its user may receive it now.

use serde_json::{Value, json};

use super::resume::Left;
use crate::support::{Person, Stream, TestServer, build, text};

/// A session of this person, subscribed to these endpoints.
fn session(person: &Person, paths: &[&str]) -> (Stream, Left) {
    let stream = person.stream_with("&include_cursor=1&auto_delete=0");
    for path in paths {
        stream.subscribes(person, path);
    }
    let left = Left::of(&stream);
    (stream, left)
}

/// The texts that a continued stream is sent, up to a fence that is written now.
fn heard(stream: &mut Stream, writer: &Person, room: &str) -> Vec<String> {
    build::says(writer, room, "fence");
    let mut texts = Vec::new();
    loop {
        let event = stream.hears("message");
        let said = text(&event["data"][0]["content"]["text"]);
        if said == "fence" {
            return texts;
        }
        texts.push(said);
    }
}

fn dropped(stream: &Stream) -> Vec<(String, String)> {
    let said = &stream.hello["meta"]["stream"]["dropped"];
    let list = said.as_array().map_or(&[][..], Vec::as_slice);
    let of = |one: &Value| (text(&one["subscription_id"]), text(&one["error_slug"]));
    list.iter().map(of).collect()
}

#[test]
fn who_is_muted_or_blocked_meanwhile_is_not_heard_of() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob, &eve, &dan]);
    let path = format!("/channels/{room}/messages");
    let (stream, left) = session(&bob, &[&path]);
    drop(stream);
    build::says(&eve, &room, "before the mute");
    build::says(&dan, &room, "before the block");
    build::says(&ada, &room, "from ada");
    bob.does(&format!("/users/{}/mute", eve.id)).is(200);
    dan.does(&format!("/users/{}/block", bob.id)).is(200);
    build::says(&eve, &room, "behind the mute");
    build::says(&dan, &room, "behind the block");
    let mut stream = left.continues(&bob);
    assert_eq!(stream.hello["meta"]["stream"]["replayed"], 1);
    assert_eq!(heard(&mut stream, &ada, &room), ["from ada"]);
    // What was taken back by now counts for its time.
    drop(stream);
    bob.delete(&format!("/users/{}/mute", eve.id)).is(200);
    build::says(&eve, &room, "heard again");
    let mut stream = left.continues(&bob);
    assert_eq!(
        heard(&mut stream, &ada, &room),
        ["before the mute", "from ada"]
    );
    assert_eq!(heard(&mut stream, &ada, &room), ["heard again"]);
}

#[test]
fn a_channel_that_may_not_be_read_any_more_is_dropped_and_named() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (open, closed) = (build::room(&ada, "Open"), build::circle(&ada, &[&bob]));
    build::join(&open, &[&bob]);
    let (stream, _) = session(&bob, &[&format!("/channels/{open}/messages")]);
    let named = stream.subscribes(&bob, &format!("/channels/{closed}/messages"));
    let left = Left::of(&stream);
    drop(stream);
    build::says(&ada, &closed, "secret");
    build::says(&ada, &open, "public");
    let acl = json!({"acl": {"read": {"user_ids": []}, "write": {"user_ids": []}}});
    ada.put(&format!("/channels/{closed}"), &acl).is(200);
    let mut stream = left.continues(&bob);
    let [(id, slug)] = &dropped(&stream)[..] else {
        panic!("{}", stream.hello);
    };
    assert_eq!(*id, named);
    assert!(!slug.is_empty());
    assert_eq!(heard(&mut stream, &ada, &open), ["public"]);
    // Nor does it come back by itself when the right does, with what was said in between.
    drop(stream);
    build::says(&ada, &closed, "between");
    let acl = json!({"acl": {"read": {"user_ids": [bob.id]}, "write": {"user_ids": [bob.id]}}});
    ada.put(&format!("/channels/{closed}"), &acl).is(200);
    let mut stream = left.continues(&bob);
    assert_eq!(dropped(&stream), [(named, String::from("no-access"))]);
    assert_eq!(heard(&mut stream, &ada, &open), ["public"]);
}

#[test]
fn a_subscription_whose_token_is_revoked_is_dropped_and_named() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let path = format!("/channels/{room}/messages");
    let phone = server.with_scopes(&bob, "messages");
    let (stream, _) = session(&bob, &["/token"]);
    let named = stream.subscribes(&phone, &path);
    let left = Left::of(&stream);
    drop(stream);
    build::says(&ada, &room, "missed");
    phone.delete("/token").is(200);
    let mut stream = left.continues(&bob);
    assert_eq!(dropped(&stream), [(named, String::from("invalid-token"))]);
    let event = stream.hears("token");
    assert!(event["meta"]["cursor"].is_string(), "{event}");
}

#[test]
fn the_inbox_is_what_it_was_at_each_event() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let rooms: Vec<String> = (0..3)
        .map(|n| build::room(&ada, &format!("Room {n}")))
        .collect();
    let [joined, left_room, both] = &rooms[..] else {
        panic!("three rooms");
    };
    build::join(left_room, &[&bob]);
    let (stream, left) = session(&bob, &["/channels"]);
    drop(stream);
    let says = |room: &str, said: &str| drop(build::says(&ada, room, said));
    says(joined, "before joining");
    says(left_room, "before leaving");
    says(both, "before both");
    build::join(joined, &[&bob]);
    build::join(both, &[&bob]);
    says(joined, "behind joining");
    says(both, "between");
    bob.delete(&format!("/channels/{left_room}/subscribe"))
        .is(200);
    bob.delete(&format!("/channels/{both}/subscribe")).is(200);
    says(left_room, "behind leaving");
    says(both, "behind both");
    let mut stream = left.continues(&bob);
    let mut told = Vec::new();
    let count = stream.hello["meta"]["stream"]["replayed"].as_u64();
    for _ in 0..count.expect("a number") {
        let event = stream.event();
        told.push(match event["meta"]["type"].as_str() {
            Some("message") => text(&event["data"][0]["content"]["text"]),
            _ => text(&event["meta"]["type"]),
        });
    }
    let messages: Vec<&String> = told
        .iter()
        .filter(|said| said.contains(' ') || *said == "between")
        .collect();
    assert_eq!(messages, ["before leaving", "behind joining", "between"]);
    let changes = told.iter().filter(|said| *said == "channel_subscription");
    assert_eq!(changes.count(), 4, "{told:?}");
    says(joined, "live");
    stream.hears_text("live");
}

#[test]
fn posts_are_those_of_users_that_were_followed_then() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    bob.does(&format!("/users/{}/follow", ada.id)).is(200);
    let (stream, left) = session(&bob, &["/posts/streams/me"]);
    drop(stream);
    build::posts(&ada, "ada, followed");
    build::posts(&eve, "eve, a stranger");
    bob.does(&format!("/users/{}/follow", eve.id)).is(200);
    bob.delete(&format!("/users/{}/follow", ada.id)).is(200);
    build::posts(&ada, "ada, a stranger");
    build::posts(&eve, "eve, followed");
    let mut stream = left.continues(&bob);
    assert_eq!(stream.hello["meta"]["stream"]["replayed"], 2);
    for said in ["ada, followed", "eve, followed"] {
        let event = stream.hears("post");
        assert_eq!(event["data"][0]["content"]["text"], said);
    }
    build::posts(&eve, "live");
    assert_eq!(stream.hears("post")["data"][0]["content"]["text"], "live");
}

#[test]
fn a_subscription_that_was_cut_off_does_not_come_back_with_the_right() {
    let mut server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (open, closed) = (build::room(&ada, "Open"), build::circle(&ada, &[&bob]));
    build::join(&open, &[&bob]);
    let reads = |ada: &Person, users: &[&str]| {
        let acl = json!({"acl": {"read": {"user_ids": []}, "write": {"user_ids": users}}});
        ada.put(&format!("/channels/{closed}"), &acl).is(200);
    };
    let (stream, _) = session(&bob, &[&format!("/channels/{open}/messages")]);
    let named = stream.subscribes(&bob, &format!("/channels/{closed}/messages"));
    let mut left = Left::of(&stream);
    let cut = [(named, String::from("no-access"))];
    // Its session was parked.
    drop(stream);
    reads(&ada, &[]);
    let mut stream = left.continues(&bob);
    assert_eq!(dropped(&stream), cut);
    build::says(&ada, &open, "moves the cursor");
    left.behind(&stream.hears_text("moves the cursor"));
    drop(stream);
    reads(&ada, &[&bob.id]);
    let mut stream = left.continues(&bob);
    assert_eq!(dropped(&stream), cut);
    // It had a connection, and the server crashed before that ended.
    let again = stream.subscribes(&bob, &format!("/channels/{closed}/messages"));
    build::says(&ada, &closed, "heard again");
    stream.hears_text("heard again");
    reads(&ada, &[]);
    build::says(&ada, &open, "behind the cut");
    left.behind(&stream.hears_text("behind the cut"));
    server.kill();
    server.start_again();
    let (ada, bob) = (server.ada(), server.bob());
    reads(&ada, &[&bob.id]);
    build::says(&ada, &closed, "between");
    let mut stream = left.continues(&bob);
    let mut expected = vec![cut[0].clone(), (again, String::from("no-access"))];
    expected.sort();
    let mut told = dropped(&stream);
    told.sort();
    assert_eq!(told, expected);
    assert_eq!(heard(&mut stream, &ada, &open), Vec::<String>::new());
}

/// Rows of another limit, or of an older program.
#[test]
fn a_session_goes_on_with_as_many_subscriptions_as_a_connection_may_have() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let stream = bob.stream_with("&include_cursor=1&auto_delete=0");
    let id = stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    for number in 1..=20 {
        for (kind, ended) in [("live", "NULL"), ("over", "'no-access'")] {
            server.sql(&format!(
                "INSERT INTO stream_session_subscriptions
                    (session_id, id, place, topic, filter, token_id, since, ended)
                SELECT session_id, '{kind}-{number}', place + {number}, topic, filter, token_id, since, {ended}
                FROM stream_session_subscriptions WHERE id = '{id}'"
            ));
        }
    }
    let left = Left::of(&stream);
    drop(stream);
    // What does not fit in is told each time.
    for limited in [5, 5] {
        let mut stream = left.continues(&bob);
        let dropped = stream.hello["meta"]["stream"]["dropped"].clone();
        let dropped = dropped.as_array().expect("a list");
        let count = |slug: &str| {
            let told = dropped.iter().filter(|one| one["error_slug"] == slug);
            told.count()
        };
        assert_eq!(dropped.len() - count("no-access"), limited, "{dropped:?}");
        assert_eq!(count("subscription-limit"), limited);
        assert!(count("no-access") <= 16);
        build::says(&ada, &room, "and on");
        assert_eq!(Stream::named(&stream.hears_text("and on")).len(), 16);
        stream.closes();
    }
}
