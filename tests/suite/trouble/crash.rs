//! `kill -9` under load: whatever was acknowledged is there afterwards, in order.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::http::{exchange, request};
use crate::support::{Person, TestServer, build, eventually, ids, text};

/// Writes until the server is gone; gives what was acknowledged.
fn writes(
    person: &Person,
    room: &str,
    lane: usize,
    acknowledged: &AtomicUsize,
) -> Vec<(u64, String)> {
    let mut said = Vec::new();
    let bearer = format!("Bearer {}", person.token());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    loop {
        let what = format!("{lane}-{}", said.len());
        let body = json!({"text": what}).to_string();
        let bytes = request(
            "POST",
            &format!("/v1/channels/{room}/messages"),
            &headers,
            body.as_bytes(),
        );
        let tried = std::panic::catch_unwind(|| exchange(person.address, &bytes));
        let Ok(answer) = tried else { return said };
        if answer.status != 201 || answer.body.is_empty() {
            return said;
        }
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(&answer.body) else {
            return said;
        };
        said.push((text(&json["data"]["id"]).parse().expect("a number"), what));
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn every_acknowledged_message_survives_kill_9_under_load() {
    let mut server = TestServer::start();
    let room = build::room(&server.ada(), "Lounge");
    build::join(&room, &[&server.bob()]);
    let mut all: Vec<(u64, String)> = Vec::new();
    for round in 0..3 {
        let acknowledged = AtomicUsize::new(0);
        let ada = server.ada();
        let mut listener = server.bob().stream();
        listener.subscribes(&server.bob(), &format!("/channels/{room}/messages"));
        let said: Vec<_> = std::thread::scope(|scope| {
            let lanes: Vec<_> = (0..6)
                .map(|lane| {
                    let (ada, room, acknowledged) = (&ada, room.as_str(), &acknowledged);
                    scope.spawn(move || writes(ada, room, round * 10 + lane, acknowledged))
                })
                .collect();
            eventually("the load is on", || {
                acknowledged.load(Ordering::Relaxed) > 100
            });
            server.kill();
            lanes
                .into_iter()
                .flat_map(|lane| lane.join().expect("a lane"))
                .collect()
        });
        assert!(said.len() > 100);
        all.extend(said);
        // What the listener heard was committed, too.
        let mut heard = Vec::new();
        while let Some(event) = listener.event_or_end() {
            heard.push((
                text(&event["data"][0]["id"]).parse().unwrap(),
                text(&event["data"][0]["content"]["text"]),
            ));
        }
        drop(listener);
        server.start_again();
        let kept = everything(&server.ada(), &room);
        for said in all.iter().chain(&heard) {
            assert!(
                kept.contains(said),
                "{said:?} was acknowledged or heard and is lost"
            );
        }
        assert!(
            kept.windows(2).all(|pair| pair[0].0 > pair[1].0),
            "newest first, no id twice"
        );
        let count =
            server.ada().get(&format!("/channels/{room}")).data()["counts"]["messages"].as_u64();
        assert_eq!(
            count,
            Some(kept.len() as u64),
            "the count agrees with the messages"
        );
    }
    // And it goes on where it was.
    let ada = server.ada();
    let mut stream = ada.stream();
    stream.subscribes(&ada, &format!("/channels/{room}/messages"));
    let next: u64 = build::says(&ada, &room, "afterwards").parse().unwrap();
    assert!(all.iter().all(|(id, _)| *id < next));
    stream.hears_text("afterwards");
}

fn everything(person: &Person, room: &str) -> Vec<(u64, String)> {
    let mut all = Vec::new();
    let mut query = String::from("count=200");
    loop {
        let page = person.get(&format!("/channels/{room}/messages?{query}"));
        for message in page.data().as_array().expect("a list") {
            all.push((
                text(&message["id"]).parse().unwrap(),
                text(&message["content"]["text"]),
            ));
        }
        if page.meta()["more"] != true {
            return all;
        }
        query = format!("count=200&before_id={}", text(&page.meta()["min_id"]));
    }
}

#[test]
fn what_else_was_acknowledged_survives_too() {
    let mut server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let said = build::says(&ada, &room, "sticky");
    ada.does(&format!("/channels/{room}/messages/{said}/sticky"))
        .is(200);
    bob.does("/users/3/block").is(200);
    bob.post(
        "/markers",
        &json!([{"name": format!("channel:{room}"), "id": said}]),
    )
    .is(200);
    let phone = server.with_scopes(&ada, "basic");
    phone.delete("/token").is(200);
    server.kill();
    server.start_again();
    let (ada, bob) = (server.ada(), server.bob());
    assert_eq!(
        ids(&ada.get(&format!("/channels/{room}/sticky_messages")).data()),
        [said.as_str()]
    );
    assert_eq!(bob.get("/users/3").data()["you_blocked"], true);
    assert_eq!(
        bob.get(&format!("/channels/{room}")).data()["you_subscribed"],
        true
    );
    assert_eq!(
        bob.get(&format!("/channels/{room}/messages")).meta()["marker"]["id"],
        said.as_str()
    );
    server
        .holder("ada", phone.token())
        .get("/token")
        .refused(401);
    // Presence is ephemeral.
    assert_eq!(bob.get("/presence").data(), json!([]));
}
