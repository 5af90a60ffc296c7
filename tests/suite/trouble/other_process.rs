//! Another process writes to the same database while the server does: the command line, mostly.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::support::{Stream, TestServer, build, cli, template, text};

/// How often the command line writes in the middle of the server's commits.
const ROUNDS: usize = 40;

fn numbers(ids: &[String]) -> Vec<u64> {
    ids.iter().map(|id| id.parse().expect("a number")).collect()
}

#[test]
fn the_command_line_writes_between_the_groups_of_the_lane_and_nothing_is_lost() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let mut messages = bob.stream();
    messages.subscribes(&bob, &format!("/channels/{room}/messages"));
    messages.settles(&bob);
    let mut tokens = ada.stream();
    tokens.subscribes(&ada, "/token");
    let url = server.database_url();
    let client = &template::template().client_id;
    let stop = AtomicBool::new(false);
    // Read while it is written: a reader that does not read is closed, rightly.
    let listener = std::thread::spawn(move || hears_all(&mut messages));
    let (said, made) = std::thread::scope(|scope| {
        // Four writers keep the lane in a group nearly all the time.
        let writers: Vec<_> = (0..4)
            .map(|lane| {
                let (ada, room, stop) = (&ada, &room, &stop);
                scope.spawn(move || {
                    let mut said = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        said.push(build::says(ada, room, &format!("{lane}-{}", said.len())));
                    }
                    said
                })
            })
            .collect();
        let made: Vec<String> = (0..ROUNDS)
            .map(|_| template::token(&url, client, Some("ada"), Some("basic")))
            .collect();
        stop.store(true, Ordering::Relaxed);
        let said = writers
            .into_iter()
            .flat_map(|writer| writer.join().expect("a writer"));
        (said.collect::<Vec<String>>(), made)
    });
    let said: BTreeSet<u64> = numbers(&said).into_iter().collect();
    assert!(said.len() > ROUNDS, "the lane was busy: {}", said.len());
    // Each message was heard once, in order.
    build::says(&ada, &room, THE_END);
    let heard = listener.join().expect("it heard the end");
    assert!(heard.is_sorted(), "{heard:?}");
    assert_eq!(heard.into_iter().collect::<BTreeSet<u64>>(), said);
    // So was each token, and each of them opens the door.
    for token in &made {
        hears_a_token(&mut tokens);
        server.holder("ada", token).get("/token").is(200);
    }
    // Neither ids nor places in the log were left out or given out twice.
    let (first, last) = (said.first(), said.last());
    let dense = last.zip(first).map(|(last, first)| last - first + 1);
    assert_eq!(dense, Some(said.len() as u64));
    let holes = server.count(
        "SELECT (SELECT pos FROM log_head) - (SELECT min(pos) FROM log_events) + 1
              - (SELECT count(*) FROM log_events)",
    );
    assert_eq!(holes, 0);
}

const THE_END: &str = "the end";

/// The ids of all messages before the end.
fn hears_all(stream: &mut Stream) -> Vec<u64> {
    let mut heard = Vec::new();
    loop {
        let event = stream.hears("message");
        let message = &event["data"][0];
        if message["content"]["text"] == THE_END {
            return heard;
        }
        heard.push(text(&message["id"]).parse().expect("a number"));
    }
}

fn hears_a_token(stream: &mut Stream) {
    let event = stream.hears("token");
    assert_eq!(event["data"]["user"]["username"], "ada", "{event}");
}

#[test]
fn a_database_that_another_process_holds_refuses_writes_soon_and_goes_on_reading() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let mut stream = bob.stream();
    stream.subscribes(&bob, &path);
    let held = server.holds_database();
    // Each has its answer while the file is held: none waits for the end of that.
    let refused = ada.post(&path, &json!({"text": "held"}));
    refused.refused(503);
    assert!(refused.header("retry-after").is_some(), "{refused}");
    // Reading, subscribing and presence need no lock.
    ada.get(&path).is(200);
    stream.subscribes(&bob, "/presence?include_not_followed=1");
    ada.does("/users/me/presence").is(200);
    stream.hears("user_presence");
    drop(held);
    build::says(&ada, &room, "hello");
    stream.hears_text("hello");
}

#[test]
fn what_another_process_wrote_before_a_subscription_does_not_follow_it() {
    let server = TestServer::start();
    let ada = server.ada();
    let url = server.database_url();
    let client = &template::template().client_id;
    let scopes = |event: &serde_json::Value| event["data"]["scopes"].to_string();
    for _ in 0..3 {
        let mut stream = ada.stream();
        template::token(&url, client, Some("ada"), Some("basic"));
        stream.subscribes(&ada, "/token");
        template::token(&url, client, Some("ada"), Some("follow"));
        let heard = stream.hears("token");
        assert!(scopes(&heard).contains("follow"), "{heard}");
    }
}

#[test]
fn a_token_that_the_command_line_revoked_writes_nothing_from_then_on() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    for _ in 0..3 {
        let bob = server.with_scopes(&server.bob(), "messages");
        bob.post(&path, &json!({"text": "before"})).is(201);
        let revoke = ["token", "revoke", "--token-stdin", "--database-url"];
        let url = server.database_url();
        let revoke = [&revoke[..], &[url.as_str()]].concat();
        let revoked = cli::run_with_input(&revoke, &format!("{}\n", bob.token()));
        assert!(revoked.status.success(), "{revoked:?}");
        bob.post(&path, &json!({"text": "behind"}))
            .refused_as(401, "invalid-token");
    }
}
