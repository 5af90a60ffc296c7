//! All servers are restarted, one after the other, behind a balancer, while others write, read and listen.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::{all_in_order, id};
use crate::support::balancer::Balancer;
use crate::support::cluster::{Cluster, Redis};
use crate::support::http::{Answer, exchange, request};
use crate::support::{Person, Stream, build, eventually, text};

const WRITERS: [&str; 3] = ["ada", "bob", "dan"];
const READERS: usize = 3;
const LISTENERS: usize = 8;

/// Listeners go on with what they missed.
const SESSION: &str = "&include_cursor=1&auto_delete=0";

/// The last message of the story.
const END: &str = "that was all";

/// Where all of them go, and how it went.
struct Story {
    balancer: SocketAddr,
    room: String,
    stop: AtomicBool,
    asked: AtomicUsize,
    /// Streams that were opened at a server that stops already, and closed at once.
    sent_away: AtomicUsize,
}

impl Story {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    fn path(&self) -> String {
        format!("/channels/{}/messages", self.room)
    }

    /// One request, which no server may refuse.
    fn asks(&self, person: &Person, method: &str, body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", person.token());
        let kind = ("Content-Type", "application/json");
        let headers = [kind, ("Authorization", bearer.as_str())];
        let path = format!("/v1{}", self.path());
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = exchange(self.balancer, &request(method, &path, &headers, body));
        let number = self.asked.load(Ordering::Relaxed);
        assert!(matches!(answer.status, 200 | 201), "{number}: {answer}");
        answer
    }

    fn says(&self, person: &Person, said: &str) -> i64 {
        let body = json!({"text": said}).to_string();
        id(&self.asks(person, "POST", body.as_bytes()).data()["id"])
    }

    fn writes(&self, person: &Person) -> Vec<i64> {
        let mut written = Vec::new();
        while self.goes_on() {
            written.push(self.says(person, &format!("{} says {}", person.name, written.len())));
        }
        written
    }

    fn reads(&self, person: &Person) {
        while self.goes_on() {
            self.asks(person, "GET", b"");
        }
    }

    /// Everything up to the end, over as many connections as it takes.
    fn hears(&self, person: &Person, mut stream: Stream) -> Vec<i64> {
        let (mut heard, mut cursor) = (Vec::new(), text(&stream.hello["meta"]["cursor"]));
        let session = stream.id.clone();
        loop {
            let before = heard.len();
            while let Some(event) = stream.event_or_end() {
                cursor = text(&event["meta"]["cursor"]);
                assert_eq!(event["meta"]["type"], "message", "{event}");
                heard.push(id(&event["data"][0]["id"]));
                if event["data"][0]["content"]["text"] == END {
                    return heard;
                }
            }
            let on = format!("{SESSION}&connection_id={session}&cursor={cursor}");
            stream = person.stream_with(&on);
            assert_eq!(stream.hello["meta"]["stream"]["resumed"], true);
            self.sent_away
                .fetch_add(usize::from(heard.len() == before), Ordering::Relaxed);
        }
    }
}

/// Ends the story for all, also when it fails.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Restarts all; each time until the balancer has come back to the one before.
fn restarts_all(cluster: &mut Cluster, person: &Person) {
    for number in 0..cluster.nodes.len() {
        let mark = cluster.restarts(number).mark();
        eventually("requests go there again", || {
            let answer = person.get("/token").is(200);
            let of = answer.header("x-request-id");
            of.is_some_and(|of| of.starts_with(&mark))
        });
    }
}

#[test]
fn nothing_is_refused_and_nothing_is_missed_while_all_servers_are_restarted_in_turn() {
    let settings = [("SERVER_TRUSTED_PROXIES", "127.0.0.1")];
    let mut cluster = Cluster::with(3, Some(Redis::start(&[])), &settings);
    cluster.wait_for_bus(true);
    let balancer = Balancer::of(&cluster.nodes);
    let through = |name: &str| Person {
        address: balancer.address,
        ..cluster.nodes[0].person(name)
    };
    let [writers, eve] = [&WRITERS[..], &["eve"]]
        .map(|names| names.iter().map(|name| through(name)).collect::<Vec<_>>());
    let eve = &eve[0];
    let story = Story {
        balancer: balancer.address,
        room: build::room(&writers[0], "Lounge"),
        stop: AtomicBool::new(false),
        asked: AtomicUsize::new(0),
        sent_away: AtomicUsize::new(0),
    };
    let listens = |_| {
        let stream = eve.stream_with(SESSION);
        stream.subscribes(eve, &story.path());
        stream
    };
    let streams: Vec<Stream> = (0..LISTENERS).map(listens).collect();
    let (mut written, heard) = thread::scope(|scope| {
        let story = &story;
        let hearing: Vec<_> = streams
            .into_iter()
            .map(|stream| scope.spawn(move || story.hears(eve, stream)))
            .collect();
        let writing: Vec<_> = writers
            .iter()
            .map(|person| scope.spawn(move || story.writes(person)))
            .collect();
        for _ in 0..READERS {
            scope.spawn(|| story.reads(eve));
        }
        let stop = Stop(&story.stop);
        restarts_all(&mut cluster, eve);
        drop(stop);
        let written = writing.into_iter().map(|one| one.join().expect("it wrote"));
        let written: Vec<_> = written.collect();
        let end = story.says(&writers[0], END);
        let heard = hearing.into_iter().map(|one| one.join().expect("it heard"));
        (
            [written, vec![vec![end]]].concat(),
            heard.collect::<Vec<_>>(),
        )
    });
    let written = all_in_order(std::mem::take(&mut written));
    for heard in heard {
        assert_eq!(heard, written);
    }
    println!(
        "{} requests, {} messages, {} streams sent away at once; nginx went elsewhere {} times",
        story.asked.load(Ordering::Relaxed),
        written.len(),
        story.sent_away.load(Ordering::Relaxed),
        balancer.log().matches("[error]").count(),
    );
}
