//! Subscribe first, read the page second: between page and stream nothing is missing, whatever is
//! written meanwhile.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Person, TestServer, build, ids, text};

/// Subscribes while others write; the page and the events together must hold every message.
fn round(server: &TestServer, writer: &Person, room: &str, round: usize) {
    let bob = server.bob();
    let path = format!("/channels/{room}/messages?count=200");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|lane| {
                let stop = &stop;
                scope.spawn(move || {
                    let mut said = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        said.push(build::says(
                            writer,
                            room,
                            &format!("{round}-{lane}-{}", said.len()),
                        ));
                    }
                    said
                })
            })
            .collect();
        let mut stream = bob.stream();
        let answer = stream.calls(&bob, &path);
        text(&answer.meta()["subscription_id"]);
        let page: BTreeSet<u64> = numbers(&ids(&answer.data()));
        let newest = page.last().copied().unwrap_or(0);
        let mut heard: Vec<u64> = (0..5)
            .map(|_| number(&stream.hears("message")["data"][0]["id"]))
            .collect();
        stop.store(true, Ordering::Relaxed);
        let said: BTreeSet<u64> = writers
            .into_iter()
            .flat_map(|writer| numbers(&writer.join().expect("a writer")))
            .collect();
        let last = said.last().copied().expect("a message was written");
        while heard.last() < Some(&last) {
            heard.push(number(&stream.hears("message")["data"][0]["id"]));
        }
        assert!(
            heard.windows(2).all(|pair| pair[0] < pair[1]),
            "once each, in order: {heard:?}"
        );
        let first_heard = heard[0];
        for id in said.iter().filter(|id| **id > newest.min(first_heard)) {
            assert!(
                page.contains(id) || heard.contains(id),
                "{id} is in a hole: page to {newest}, {heard:?}"
            );
        }
        assert!(
            first_heard <= newest + 1
                || !said
                    .range(newest + 1..first_heard)
                    .any(|id| !heard.contains(id))
        );
    });
}

fn number(id: &serde_json::Value) -> u64 {
    text(id).parse().expect("a number")
}

fn numbers(ids: &[String]) -> BTreeSet<u64> {
    ids.iter().map(|id| id.parse().expect("a number")).collect()
}

#[test]
fn between_the_page_and_the_stream_nothing_is_missing() {
    let server = TestServer::start();
    let ada = server.ada();
    for n in 0..5 {
        let room = build::room(&ada, "Busy");
        round(&server, &ada, &room, n);
    }
}
