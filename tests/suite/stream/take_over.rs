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
