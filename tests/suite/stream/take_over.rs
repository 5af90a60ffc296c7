//! A session changes while a connection that continues it is prepared: that has what the session then has.

use serde_json::json;

use super::resume::Left;
use crate::support::{TestServer, build};

const SESSION: &str = "&include_cursor=1&auto_delete=0";

#[test]
fn what_is_subscribed_to_while_the_newer_one_is_prepared_goes_on_there() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let rooms = ["First", "Second"].map(|name| build::room(&ada, name));
    let path = |room: &str| format!("/channels/{room}/messages");
    let mut older = bob.stream_with(SESSION);
    let first = older.subscribes(&bob, &path(&rooms[0]));
    let left = Left::of(&older);
    let held = server.fault("resume");
    let opening = {
        let (bob, left) = (bob.clone(), left.clone());
        std::thread::spawn(move || left.continues(&bob))
    };
    held.is_met();
    let second = older.subscribes(&bob, &path(&rooms[1]));
    build::says(&ada, &rooms[1], "meanwhile");
    held.off();
    let mut newer = opening.join().expect("the newer one");
    assert_eq!(older.closed_with(), 4006);
    let event = newer.hears_text("meanwhile");
    assert_eq!(event["meta"]["subscription_ids"], json!([second]));
    for (room, id) in rooms.iter().zip([&first, &second]) {
        build::says(&ada, room, "and on");
        let event = newer.hears_text("and on");
        assert_eq!(event["meta"]["subscription_ids"], json!([id]));
    }
}

#[test]
fn what_is_deleted_while_the_newer_one_is_prepared_does_not_go_on() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let rooms = ["First", "Second"].map(|name| build::room(&ada, name));
    let path = |room: &str| format!("/channels/{room}/messages");
    for is_open in [true, false] {
        let older = bob.stream_with(SESSION);
        let deleted = older.subscribes(&bob, &path(&rooms[0]));
        // Deleted and made anew, by the same id.
        let renewed = format!("{}?subscription_id=renewed", path(&rooms[1]));
        older.calls(&bob, &renewed).is(200);
        let left = Left::of(&older);
        let mut older = is_open.then_some(older);
        let held = server.fault("resume");
        let opening = {
            let (bob, left) = (bob.clone(), left.clone());
            std::thread::spawn(move || left.continues(&bob))
        };
        held.is_met();
        let end = |id: &str| {
            let path = format!("/users/me/streams/{}/{id}", left.id);
            bob.delete(&path).is(204);
        };
        end(&deleted);
        if let Some(older) = &older {
            end("renewed");
            older.calls(&bob, &renewed).is(200);
        }
        build::says(&ada, &rooms[0], "missed, and not heard");
        build::says(&ada, &rooms[1], "missed");
        if let Some(older) = &mut older {
            older.hears_text("missed");
        }
        held.off();
        let mut newer = opening.join().expect("the newer one");
        if let Some(mut older) = older {
            assert_eq!(older.closed_with(), 4006);
        }
        newer.hears_text("missed");
        build::says(&ada, &rooms[0], "not heard");
        build::says(&ada, &rooms[1], "and on");
        let event = newer.hears_text("and on");
        assert_eq!(event["meta"]["subscription_ids"], json!(["renewed"]));
        newer.closes();
    }
}

/// What a call is about to write down is not known to a connection that is prepared meanwhile, nor that one to the call.
#[test]
fn a_call_that_ends_something_of_a_session_ends_it_on_a_newer_connection_too() {
    let server = TestServer::with_faults(&[]);
    let (ada, bob) = (server.ada(), server.bob());
    let rooms = ["First", "Second"].map(|name| build::room(&ada, name));
    let path = |room: &str| format!("/channels/{room}/messages");
    for (is_open, ends_all, with) in [
        (true, false, ""),
        (false, false, ""),
        (true, false, "&auto_delete=1"),
        (false, false, "&auto_delete=1"),
        (true, true, ""),
        (false, true, ""),
    ] {
        let older = bob.stream_with(SESSION);
        let deleted = older.subscribes(&bob, &path(&rooms[0]));
        older.subscribes(&bob, &path(&rooms[1]));
        let left = Left::of(&older);
        let older = is_open.then_some(older);
        let held = server.fault("deletion");
        let ending = {
            let path = match ends_all {
                true => format!("/users/me/streams/{}", left.id),
                false => format!("/users/me/streams/{}/{deleted}", left.id),
            };
            let bob = bob.clone();
            std::thread::spawn(move || bob.delete(&path))
        };
        held.is_met();
        let mut newer = bob.stream_with(&format!("{}{with}", left.address()));
        assert_eq!(newer.hello["meta"]["stream"]["resumed"], true);
        // What is missed comes when the session was looked into again.
        build::says(&ada, &rooms[1], "missed");
        newer.hears_text("missed");
        held.off();
        ending.join().expect("a call").is(204);
        drop(older);
        if ends_all {
            assert_eq!(newer.closed_with(), 1000);
            continue;
        }
        build::says(&ada, &rooms[0], "not heard");
        build::says(&ada, &rooms[1], "and on");
        newer.hears_text("and on");
        newer.closes();
    }
}
