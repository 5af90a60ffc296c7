//! `include_cursor=1`: each logged event says where it is in the log, and a page says where its stream goes on.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::support::{TestServer, build, ids, text};

const ASKED: &str = "&include_cursor=1";

/// Epoch and position of a cursor, which clients do not look into.
fn parts(cursor: &Value) -> (String, u64) {
    let cursor = text(cursor);
    let (epoch, pos) = cursor.split_once('.').expect("a cursor");
    (epoch.to_owned(), pos.parse().expect("a position"))
}

fn pos(frame: &Value) -> u64 {
    parts(&frame["meta"]["cursor"]).1
}

#[test]
fn each_logged_event_has_a_cursor_for_those_who_asked_and_for_no_one_else() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let (mut asked, mut plain) = (bob.stream_with(ASKED), bob.stream());
    for stream in [&asked, &plain] {
        stream.subscribes(&bob, &format!("/channels/{room}/messages"));
        stream.subscribes(&bob, "/channels");
        stream.subscribes(&bob, "/presence?include_not_followed=1");
    }
    assert!(plain.hello["meta"].get("cursor").is_none());
    let (epoch, mut last) = parts(&asked.hello["meta"]["cursor"]);
    for said in ["one", "two", "three"] {
        build::says(&ada, &room, said);
        let event = asked.hears_text(said);
        let (of, at) = parts(&event["meta"]["cursor"]);
        assert_eq!(of, epoch);
        assert!(at > last, "{at} after {last}");
        last = at;
        assert!(plain.hears_text(said)["meta"].get("cursor").is_none());
    }
    // Presence is not in the log.
    ada.put("/users/me/presence", &json!({"presence": "here"}))
        .is(200);
    for stream in [&mut asked, &mut plain] {
        let event = stream.hears("user_presence");
        assert!(event["meta"].get("cursor").is_none(), "{event}");
    }
}

#[test]
fn a_new_app_stream_is_sent_nothing_that_its_hello_has_behind_it() {
    let server = TestServer::with_faults(&[]);
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "hose", &["message"]);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    // So that where the events of the app go is asked at all.
    let mut older = app.firehose("hose");
    let held = server.fault("routing");
    build::says(&ada, &room, "before");
    held.is_met();
    let mut newer = app.firehose_with("hose", "&include_cursor=1");
    held.off();
    older.hears_text("before");
    build::says(&ada, &room, "behind");
    let event = newer.hears_text("behind");
    assert!(pos(&event) > pos(&newer.hello));
}

#[test]
fn an_app_stream_has_a_place_to_go_on_from_before_its_first_event() {
    let server = TestServer::start();
    let app = server.app();
    build::app_stream(&app, "hose", &["message", "post"]);
    let mut stream = app.firehose_with("hose", ASKED);
    let plain = app.firehose("hose");
    assert!(plain.hello["meta"].get("cursor").is_none());
    let hello = pos(&stream.hello);
    build::posts(&server.ada(), "a word");
    assert!(pos(&stream.hears("post")) > hello);
}

/// Endpoints, and a write of Bob's that the subscribed one hears of.
fn endpoints(room: &str, root: &str) -> Vec<(String, &'static str)> {
    let fixed = [
        ("/channels", "message"),
        ("/users/me/channels/subscribed", "message"),
        ("/posts/streams/me", "post"),
        ("/posts/streams/unified", "post"),
        ("/users/me/posts", "post"),
        ("/users/me/files", "file"),
        ("/users/me/following", "follow"),
        ("/users/me/followers", ""),
        ("/users/me/mentions", ""),
        ("/token", "token"),
        ("/presence", ""),
    ];
    let fixed = fixed.map(|(path, kind)| (path.to_owned(), kind));
    let mut all = fixed.to_vec();
    all.push((format!("/channels/{room}/messages"), "message"));
    all.push((format!("/channels/{room}/subscribers"), ""));
    all.push((format!("/channels/{room}/presence"), ""));
    all.push((format!("/posts/{root}/thread"), ""));
    all
}

#[test]
fn every_page_that_subscribes_says_where_its_stream_goes_on() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&bob]);
    let root = build::posts(&ada, "the root");
    for (path, kind) in endpoints(&room, &root) {
        let mut stream = bob.stream_with(ASKED);
        let page = stream.calls(&bob, &path);
        let (epoch, end) = parts(&page.meta()["cursor"]);
        assert_eq!(epoch, parts(&stream.hello["meta"]["cursor"]).0, "{path}");
        assert!(
            bob.get(&path).meta().get("cursor").is_none(),
            "{path} without a stream"
        );
        let plain = bob.stream();
        assert!(plain.calls(&bob, &path).meta().get("cursor").is_none());
        match kind {
            "message" => drop(build::says(&ada, &room, "hi")),
            "post" => drop(build::posts(&bob, &format!("at {end}"))),
            "follow" => {
                bob.does(&format!("/users/{}/follow", ada.id)).is(200);
            }
            "token" => {
                bob.patch("/users/me", &json!({"name": format!("Bob {end}")}))
                    .is(200);
            }
            "file" => {
                let file = json!({"type": "com.example.x", "name": "a.txt", "kind": "other"});
                bob.post("/files", &file).data();
            }
            _ => continue,
        }
        assert!(pos(&stream.hears(kind)) > end, "{path}");
    }
}

#[test]
pub(super) fn page_and_stream_meet_exactly_whatever_is_written_meanwhile() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let other = build::room(&ada, "Other");
    for round in 0..6 {
        let room = build::room(&ada, "Busy");
        build::join(&room, &[&bob]);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writer = || {
                let mut said: Vec<u64> = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    said.push(build::says(&ada, &room, "x").parse().expect("a number"));
                    build::says(&ada, &other, "y");
                }
                said
            };
            let writers = [scope.spawn(writer), scope.spawn(writer)];
            let ends = Ends(&stop);
            let mut stream = bob.stream_with(ASKED);
            // A subscription that is there already goes on in order.
            stream.subscribes(&bob, &format!("/channels/{other}/messages"));
            let path = match round % 2 {
                0 => format!("/channels/{room}/messages?count=200"),
                // Another page of the same stream, whose items say nothing of messages.
                _ => String::from("/channels?count=200"),
            };
            let page = stream.calls(&bob, &path);
            let end = parts(&page.meta()["cursor"]).1;
            let newest = match round % 2 {
                0 => ids(&page.data()).first().cloned(),
                _ => newest_of(&page.data(), &room),
            };
            // Nothing may have been said yet.
            let newest = newest.map_or(0, |id| id.parse::<u64>().expect("a number"));
            let (mut heard, mut last) = (BTreeSet::new(), 0);
            let mut hears = |stream: &mut crate::support::Stream| {
                let event = stream.event();
                assert!(pos(&event) > last, "in order: {event} after {last}");
                last = pos(&event);
                if event["data"][0]["channel_id"] == room.as_str() {
                    assert!(last > end, "on the page: {event}, which ends at {end}");
                    let id: u64 = text(&event["data"][0]["id"]).parse().expect("a number");
                    assert!(heard.insert(id), "twice: {event}");
                }
                heard.last().copied()
            };
            let mut latest = None;
            for _ in 0..8 {
                latest = hears(&mut stream);
            }
            drop(ends);
            let said: BTreeSet<u64> = writers
                .into_iter()
                .flat_map(|writer| writer.join().expect("a writer"))
                .collect();
            let end = said.last().copied().expect("a message");
            while latest != Some(end) {
                latest = hears(&mut stream);
            }
            let expected: BTreeSet<u64> = said.range(newest + 1..).copied().collect();
            assert_eq!(heard, expected, "the page ends with {newest}");
        });
    }
}

/// The newest message of a channel in an inbox, by the page's own word.
fn newest_of(inbox: &Value, room: &str) -> Option<String> {
    let mut channels = inbox.as_array().expect("a list").iter();
    let channel = channels.find(|channel| channel["id"] == room);
    let newest = &channel.expect("the room")["recent_message_id"];
    newest.as_str().map(str::to_owned)
}

/// Ends the writers of a story, also if its reader fails: they would be waited for.
struct Ends<'s>(&'s AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
