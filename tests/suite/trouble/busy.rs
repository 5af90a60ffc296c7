//! Queues that are full say so at once, and nothing that they refused was done.

use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::http::{read_answer, request};
use crate::support::raw_socket::RawSocket;
use crate::support::{Person, TestServer, build, eventually};

fn counts(person: &Person, room: &str) -> u64 {
    let channel = person.get(&format!("/channels/{room}")).data();
    channel["counts"]["messages"].as_u64().expect("a number")
}

#[test]
fn a_full_lane_is_busy_and_what_it_took_is_there() {
    let server =
        TestServer::with_faults(&[("STORE_LANE_CAPACITY", "4"), ("STORE_LANE_BATCH", "1")]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let held = server.fault("lane");
    std::thread::scope(|scope| {
        let (ada, room) = (&ada, &room);
        let in_hand = scope.spawn(move || build::says(ada, room, "in hand"));
        held.is_met();
        let waiting: Vec<_> = (0..4)
            .map(|n| scope.spawn(move || build::says(ada, room, &n.to_string())))
            .collect();
        eventually("four writes wait", || {
            server.counter("store_lane_depth") == 4
        });
        for _ in 0..3 {
            let answer = ada.post(&path, &json!({"text": "one too many"}));
            assert!(answer.header("retry-after").is_some(), "{answer}");
            answer.refused_as(503, "busy");
        }
        held.off();
        in_hand.join().expect("it was taken");
        for writer in waiting {
            writer.join().expect("it was taken");
        }
    });
    assert_eq!(counts(&ada, &room), 5);
}

#[test]
fn under_load_with_the_defaults_no_writer_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    std::thread::scope(|scope| {
        for lane in 0..8 {
            let (ada, room) = (&ada, &room);
            scope.spawn(move || {
                (0..25).for_each(|n| drop(build::says(ada, room, &format!("{lane}-{n}"))));
            });
        }
    });
    assert_eq!(counts(&ada, &room), 200);
}

/// Mails that may wait for a channel (`actors/channel/mod.rs`).
const MAILBOX: usize = 4096;

#[test]
fn a_full_mailbox_is_busy_and_what_waited_in_it_is_done_in_its_order() {
    let capacity = (MAILBOX + 100).to_string();
    let server = TestServer::with_faults(&[
        ("STORE_LANE_CAPACITY", &capacity),
        ("SERVER_CONNECTIONS_PER_ADDRESS", "0"),
    ]);
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let other = build::room(&ada, "Garden");
    let held = server.fault("lane");
    let depth = || {
        let path = "/v1/sys/actors?kind=channel&order=mailbox_depth&count=1";
        let rows = server.anonymous().call_at("GET", path, &[], b"").data();
        usize::try_from(rows[0]["mailbox"]["depth"].as_u64().expect("a number")).expect("a depth")
    };
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // A change of the channel keeps its mailbox shut until the commit.
        let changes = scope.spawn(|| bob.does(&format!("/channels/{room}/subscribe")));
        held.is_met();
        let bearer = format!("Bearer {}", ada.token());
        let post = |text: usize| {
            let path = format!("/v1/channels/{room}/messages");
            let headers = [
                ("Authorization", bearer.as_str()),
                ("Content-Type", "application/json"),
            ];
            let body = json!({"text": text.to_string()}).to_string();
            request("POST", &path, &headers, body.as_bytes())
        };
        let mut waiting: Vec<RawSocket> = (1..MAILBOX)
            .map(|n| {
                let mut socket = RawSocket::connect(server.address);
                assert!(socket.write(&post(n)), "the server takes requests");
                socket
            })
            .collect();
        eventually("the mailbox is full", || depth() == MAILBOX);
        for _ in 0..3 {
            let path = format!("/channels/{room}/messages");
            let answer = ada.post(&path, &json!({"text": "one too many"}));
            assert!(answer.header("retry-after").is_some(), "{answer}");
            answer.refused_as(503, "busy");
        }
        assert_eq!(server.counter("actor_mail_refused_total"), 3);
        // Reading needs no mailbox.
        assert_eq!(counts(&ada, &room), 0);
        held.off();
        changes.join().expect("an answer").is(200);
        for socket in &mut waiting {
            let answer = read_answer(socket.stream(), "POST a message that waited");
            assert_eq!(answer.status, 201, "{answer}");
            answered.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert_eq!(answered.load(Ordering::Relaxed), MAILBOX - 1);
    assert_eq!(counts(&ada, &room), (MAILBOX - 1) as u64);
    build::says(&ada, &other, "others were never busy");
}

#[test]
fn as_many_connections_wait_to_be_accepted_as_the_setting_says() {
    // More than the standard library lets wait, and no more than most kernels do.
    const MANY: usize = 300;
    let server = TestServer::with(&[("SERVER_BACKLOG", "400")]);
    server.signal(Signal::SIGSTOP);
    let patience = std::time::Duration::from_millis(500);
    let made: Vec<_> = (0..MANY)
        .map_while(|_| TcpStream::connect_timeout(&server.address, patience).ok())
        .collect();
    server.signal(Signal::SIGCONT);
    assert_eq!(made.len(), MANY);
}
