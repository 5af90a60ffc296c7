//! Webhooks over crashes, stops, pauses and gaps, and their dead letters.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::Signal;
use serde_json::json;

use super::hooks::{LOCAL, said};
use crate::support::receiver::{Answer, Received, Receiver};
use crate::support::{Person, TestServer, build, eventually, http, text};

fn room_of(ada: &Person) -> String {
    let room = build::room(ada, "Lounge");
    build::join(&room, &[ada]);
    room
}

/// What arrived, each once, in the order in which it came first.
fn distinct(all: &[Received]) -> Vec<String> {
    let mut ids = Vec::new();
    let mut texts = Vec::new();
    for one in all {
        if !ids.contains(&one.id) {
            ids.push(one.id.clone());
            texts.push(one.said());
        }
    }
    texts
}

#[test]
fn nothing_is_lost_when_the_server_is_killed_again_and_again() {
    let mut server = TestServer::with(LOCAL);
    let receiver = Receiver::start();
    let room = room_of(&server.ada());
    receiver.is_hooked(&server.app(), "hook", &["message"]);
    // Every third attempt fails, so that kills meet deliveries in all states.
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    receiver.answers(move |_| match count.fetch_add(1, Ordering::Relaxed) % 3 {
        0 => Answer::Status(503),
        _ => Answer::Status(200),
    });
    let mut expected = Vec::new();
    for round in 0..4 {
        for n in 0..10 {
            let text = format!("{round} {n}");
            build::says(&server.ada(), &room, &text);
            expected.push(text);
        }
        server.kill();
        server.start_again();
    }
    let wanted = expected.clone();
    let received = receiver.until("all of them", |all| distinct(all).len() >= wanted.len());
    assert_eq!(distinct(&received), expected);
    server.app().delete("/streams/hook").is(200);
}

#[test]
fn what_was_delivered_before_a_stop_is_not_delivered_again() {
    let mut server = TestServer::with(LOCAL);
    let receiver = Receiver::start();
    let room = room_of(&server.ada());
    receiver.answers(|_| Answer::WhenLet);
    receiver.is_hooked(&server.app(), "hook", &["message"]);
    build::says(&server.ada(), &room, "under way");
    build::says(&server.ada(), &room, "waiting");
    receiver.waits_for(1);
    let mut stream = server.ada().stream();
    server.signal(Signal::SIGTERM);
    // The stop has begun; the delivery under way may end.
    assert_eq!(stream.closed_with(), 1001);
    receiver.lets_go();
    assert_eq!(server.exit_code(), 0);
    assert_eq!(said(&receiver.all()), ["under way"]);
    server.start_again();
    let received = receiver.waits_for(2);
    assert_eq!(said(&received), ["under way", "waiting"]);
    server.app().delete("/streams/hook").is(200);
}

#[test]
fn a_delivery_that_is_given_up_is_a_dead_letter_and_can_be_replayed() {
    let server = TestServer::with(LOCAL);
    let (ada, app, receiver) = (server.ada(), server.app(), Receiver::start());
    let room = room_of(&ada);
    let is_fixed = Arc::new(AtomicBool::new(false));
    let fixed = Arc::clone(&is_fixed);
    receiver.answers(move |received| match &*received.said() {
        "poison" | "venom" if !fixed.load(Ordering::Relaxed) => Answer::Status(422),
        _ => Answer::Status(200),
    });
    receiver.is_hooked(&app, "hook", &["message"]);
    for said in ["poison", "good", "venom", "better"] {
        build::says(&ada, &room, said);
    }
    let received = receiver.until("the last", |all| said(all).contains(&"better".to_owned()));
    let of = |word: &str| received.iter().filter(|one| one.said() == word).count();
    assert_eq!((of("poison"), of("good"), of("venom")), (4, 1, 4));
    let path = "/streams/hook/dead_letters";
    let dead = app.get(path).is(200).data();
    assert_eq!(dead.as_array().map(Vec::len), Some(2), "{dead}");
    assert_eq!(dead[0]["delivery_id"], received[0].id.as_str());
    assert_eq!(
        (&dead[0]["attempts"], &dead[0]["status"]),
        (&json!(4), &json!(422))
    );
    assert_eq!(dead[0]["error_slug"], "status");
    let id = text(&dead[0]["id"]);
    // Still poison: it stays, with one attempt more.
    app.post(&format!("{path}/{id}/replay"), &json!({})).is(200);
    eventually("the replay failed", || {
        let dead = app.get(path).is(200).data();
        dead[0]["attempts"] == 5 && dead[0]["is_replaying"] == false
    });
    is_fixed.store(true, Ordering::Relaxed);
    let replayed = app
        .post(&format!("{path}/replay"), &json!({}))
        .is(200)
        .data();
    assert_eq!(replayed[1]["is_replaying"], true);
    eventually("both are delivered", || {
        app.get(path).is(200).data() == json!([])
    });
    let all = receiver.all();
    assert_eq!(said(&all)[all.len() - 2..], ["poison", "venom"]);
    app.post(&format!("{path}/{id}/replay"), &json!({}))
        .refused_as(404, "dead-letter-not-found");
    app.delete("/streams/hook").is(200);
}

#[test]
fn a_replay_of_what_the_stream_no_longer_asks_for_delivers_nothing_else() {
    let mut server = TestServer::with(LOCAL);
    let receiver = Receiver::start();
    receiver.answers(|_| Answer::Status(422));
    let (ada, app) = (server.ada(), server.app());
    let room = room_of(&ada);
    receiver.is_hooked(&app, "hook", &["message", "post"]);
    build::says(&ada, &room, "poison");
    let path = "/streams/hook/dead_letters";
    let count = |app: &Person| app.get(path).is(200).data().as_array().map(Vec::len);
    eventually("it is given up", || count(&app) == Some(1));
    receiver.answers(|_| Answer::Status(204));
    build::posts(&ada, "another");
    let posted = receiver.waits_for(5).len();
    app.put("/streams/hook", &json!({"object_types": ["post"]}))
        .is(200);
    // What is read from the table comes by the page.
    server.kill();
    server.start_again();
    let app = server.app();
    app.post(&format!("{path}/replay"), &json!({})).is(200);
    eventually("it is not delivered", || {
        app.get(path).is(200).data()[0]["error_slug"] == "not-visible"
    });
    assert_eq!(count(&app), Some(1));
    let later = receiver.all().split_off(posted);
    assert!(
        later.iter().all(|one| one.id == receiver.all()[4].id),
        "{later:?}"
    );
    app.delete("/streams/hook").is(200);
}

#[test]
fn a_hook_with_too_many_dead_letters_is_switched_off_and_loses_nothing() {
    let settings = [
        LOCAL,
        &[("WEBHOOKS_DEAD_LETTERS", "1"), ("WEBHOOKS_RETRY_MS", "10")],
    ]
    .concat();
    let server = TestServer::with(&settings);
    let (ada, app, receiver) = (server.ada(), server.app(), Receiver::start());
    let room = room_of(&ada);
    receiver.answers(|_| Answer::Status(500));
    receiver.is_hooked(&app, "hook", &["message"]);
    for said in ["one", "two", "three"] {
        build::says(&ada, &room, said);
    }
    eventually("it is off", || {
        app.get("/streams/hook").is(200).data()["is_enabled"] == false
    });
    let hook = app.get("/streams/hook").data();
    assert_eq!(hook["off_reason"], "dead-letters-full");
    assert!(hook["failing_since"].is_string(), "{hook}");
    assert_eq!(server.counter("webhooks"), 0);
    let dead = app.get("/streams/hook/dead_letters").is(200).data();
    let path = format!("/streams/hook/dead_letters/{}", text(&dead[0]["id"]));
    app.delete(&path).is(200);
    receiver.answers(|_| Answer::Status(200));
    let before = receiver.all().len();
    let on = app
        .put("/streams/hook", &json!({"is_enabled": true}))
        .is(200)
        .data();
    assert!(
        on["is_enabled"] == true && on.get("off_reason").is_none(),
        "{on}"
    );
    let received = receiver.waits_for(before + 2);
    assert_eq!(said(&received[before..]), ["two", "three"]);
    app.delete("/streams/hook").is(200);
}

#[test]
fn a_hook_that_fails_for_long_is_switched_off_and_says_so() {
    let settings = [LOCAL, &[("WEBHOOKS_FAILING_MS", "1000"), ("WEBHOOKS_RETRY_MS", "100,100,100,100,100,100,100,100,100,100,100,100,100,100,100,100,100,100,100,100,100,100,100,100")]].concat();
    let server = TestServer::with(&settings);
    let (ada, app, receiver) = (server.ada(), server.app(), Receiver::start());
    let room = room_of(&ada);
    receiver.answers(|_| Answer::Status(500));
    receiver.is_hooked(&app, "hook", &["message"]);
    build::says(&ada, &room, "hello");
    eventually("it is off", || {
        app.get("/streams/hook").is(200).data()["off_reason"] == "failing"
    });
    assert_eq!(
        app.get("/streams/hook/dead_letters").is(200).data(),
        json!([])
    );
    app.delete("/streams/hook").is(200);
}

#[test]
fn a_paused_hook_goes_on_where_it_was() {
    let server = TestServer::with(LOCAL);
    let (ada, app, receiver) = (server.ada(), server.app(), Receiver::start());
    let room = room_of(&ada);
    receiver.is_hooked(&app, "hook", &["message"]);
    build::says(&ada, &room, "one");
    receiver.waits_for(1);
    let off = app
        .put("/streams/hook", &json!({"is_enabled": false}))
        .is(200)
        .data();
    assert_eq!(off["off_reason"], "paused");
    assert_eq!(server.actors()["streams_in_use"], 0);
    build::says(&ada, &room, "two");
    let elsewhere = Receiver::start();
    app.put(
        "/streams/hook",
        &json!({"is_enabled": true, "url": elsewhere.url()}),
    )
    .is(200);
    let received = elsewhere.waits_for(1);
    assert_eq!(said(&received), ["two"]);
    assert_eq!(said(&receiver.all()), ["one"]);
    app.delete("/streams/hook").is(200);
}

#[test]
fn what_the_log_no_longer_holds_is_said_to_a_hook_too() {
    let mut server = TestServer::with(LOCAL);
    let receiver = Receiver::start();
    let room = room_of(&server.ada());
    let app = server.app();
    receiver.is_hooked(&app, "hook", &["message"]);
    app.put("/streams/hook", &json!({"is_enabled": false}))
        .is(200);
    build::says(&server.ada(), &room, "to be lost");
    build::says(&server.ada(), &room, "to be kept");
    server.kill();
    server.sql("DELETE FROM log_events WHERE pos < (SELECT MAX(pos) FROM log_events)");
    server.start_again();
    let app = server.app();
    app.put("/streams/hook", &json!({"is_enabled": true}))
        .is(200);
    let received = receiver.waits_for(2);
    let gap = received
        .iter()
        .find(|one| one.body["meta"].get("gap").is_some());
    let gap = gap.expect("a gap");
    assert_eq!(gap.body["meta"]["gap"]["reason"], "trimmed");
    assert!(gap.id.starts_with("gap-"), "{}", gap.id);
    let kept = received
        .iter()
        .find(|one| one.id != gap.id)
        .expect("a message");
    assert_eq!(kept.said(), "to be kept");
    app.delete("/streams/hook").is(200);
}

#[test]
fn a_change_is_carried_out_though_its_caller_hangs_up_in_the_middle() {
    let server = TestServer::with_faults(LOCAL);
    let (ada, app) = (server.ada(), server.app());
    let room = room_of(&ada);
    let [before, after] = [Receiver::start(), Receiver::start()];
    before.is_hooked(&app, "hook", &["message"]);
    build::says(&ada, &room, "before");
    before.waits_for(1);
    // Nothing but the change comes to the write lane from here on.
    let head = server.count("SELECT pos FROM log_head").to_string();
    let positions = vec![head; 17].join(",");
    let saved = format!("SELECT COUNT(*) FROM webhooks WHERE positions = '[{positions}]'");
    eventually("its place is saved", || server.count(&saved) == 1);
    let sockets = server.sockets();
    let held = server.fault("lane");
    let body = json!({"url": after.url()}).to_string();
    let bearer = format!("Bearer {}", app.token());
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let request = http::request("PUT", "/v1/streams/hook", &headers, body.as_bytes());
    let mut socket = TcpStream::connect(server.address).expect("a connection");
    socket.write_all(&request).expect("the server reads");
    held.is_met();
    let reset = nix::libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::Linger, &reset)
        .expect("a socket");
    drop(socket);
    eventually("the server has seen that", || server.sockets() <= sockets);
    held.off();
    eventually("the change is stored", || {
        app.get("/streams/hook").data()["url"] == after.url()
    });
    build::says(&ada, &room, "after");
    assert_eq!(said(&after.waits_for(1)), ["after"]);
    assert_eq!(said(&before.all()), ["before"]);
    app.delete("/streams/hook").is(200);
}
