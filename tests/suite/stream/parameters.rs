//! The display parameters of a stream, each against all others: what it shows, and what it does not.

use serde_json::{Value, json};

use crate::support::{Fence, Person, Stream, TestServer, build, text};

/// A part of an event: its type, and where the part is.
type Part = (&'static str, &'static str);

/// A parameter, and the parts that are there with it alone. Without any, none of them is.
#[rustfmt::skip]
const PARAMETERS: [(&str, &[Part]); 10] = [
    ("", &[]),
    ("include_raw=1", &[POST_RAW, POST_USER_RAW, MESSAGE_RAW, MESSAGE_USER_RAW, CHANNEL_RAW, CHANNEL_USER_RAW, FILE_RAW, FILE_USER_RAW]),
    ("include_post_raw=1", &[POST_RAW]),
    ("include_message_raw=1", &[MESSAGE_RAW]),
    ("include_channel_raw=1", &[CHANNEL_RAW]),
    ("include_file_raw=1", &[FILE_RAW]),
    ("include_user_raw=1", &[POST_USER_RAW, MESSAGE_USER_RAW, CHANNEL_USER_RAW, FILE_USER_RAW]),
    ("include_bookmarked_by=1", &[BOOKMARKED_BY]),
    ("include_reposted_by=1", &[REPOSTED_BY]),
    ("include_recent_message=1", &[RECENT]),
];

const POST_RAW: Part = ("post", "/data/0/raw/org.example.a");
const POST_USER_RAW: Part = ("post", "/data/0/user/raw");
const MESSAGE_RAW: Part = ("message", "/data/0/raw/org.example.a");
const MESSAGE_USER_RAW: Part = ("message", "/data/0/user/raw");
const CHANNEL_RAW: Part = ("channel", "/data/raw/org.example.a");
const CHANNEL_USER_RAW: Part = ("channel", "/data/user/raw");
const FILE_RAW: Part = ("file", "/data/raw/org.example.a");
const FILE_USER_RAW: Part = ("file", "/data/user/raw");
const BOOKMARKED_BY: Part = ("post", "/data/0/bookmarked_by/0/id");
const REPOSTED_BY: Part = ("post", "/data/0/reposted_by/0/id");
const RECENT: Part = ("channel", "/data/recent_message/id");

/// All that a stream heard, by type.
fn heard(stream: &mut Stream, fence: &Fence) -> Vec<Value> {
    stream.heard_before(fence)
}

fn raw() -> Value {
    json!({"org.example.a": [{"n": 1}]})
}

struct Scene {
    ada: Person,
    room: String,
    post: String,
}

impl Scene {
    /// Ada has all that can be shown: a post that others acted on, a room with a message.
    fn new(server: &TestServer) -> Self {
        let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
        ada.patch("/users/me", &json!({"raw": raw()})).is(200);
        let post = json!({"text": "hello", "raw": raw()});
        let post = text(&ada.post("/posts", &post).is(201).data()["id"]);
        bob.does(&format!("/posts/{post}/bookmark")).is(200);
        eve.does(&format!("/posts/{post}/repost")).is(201);
        let room = build::room(&ada, "Lounge");
        build::join(&room, &[&ada]);
        Self { ada, room, post }
    }

    /// An event of each type with parts.
    fn acts(&self) {
        let (ada, room) = (&self.ada, &self.room);
        let revised = json!({"text": "hello there"});
        ada.put(&format!("/posts/{}", self.post), &revised).is(201);
        let said = json!({"text": "said", "raw": raw()});
        ada.post(&format!("/channels/{room}/messages"), &said)
            .is(201);
        let changed = json!({"raw": raw()});
        ada.put(&format!("/channels/{room}"), &changed).is(200);
        let file = json!({"type": "a.b", "kind": "other", "raw": raw()});
        ada.post("/files", &file).is(201);
    }
}

/// The newest event of a type, apart from what was said into fences.
fn newest<'e>(events: &'e [Value], kind: &str) -> Option<&'e Value> {
    let mut of_kind = events.iter().rev().filter(|event| {
        let is_fence = event.pointer("/data/0/content/text") == Some(&json!("fence"));
        event["meta"]["type"] == kind && !is_fence
    });
    of_kind.next()
}

/// Whether each part is there exactly if the parameter says so.
fn compare(events: &[Value], (parameter, shown): (&str, &[Part]), who: &str) {
    for (_, parts) in PARAMETERS {
        for part in parts {
            let (kind, place) = *part;
            let event = newest(events, kind)
                .unwrap_or_else(|| panic!("no {kind} on the {who} stream with {parameter}"));
            let is_there = event.pointer(place).is_some();
            let expected = shown.contains(part);
            assert_eq!(
                is_there, expected,
                "{place} of {kind} with {parameter}, {who}"
            );
        }
    }
}

#[test]
fn each_display_parameter_of_a_user_stream_shows_its_parts_and_no_others() {
    let server = TestServer::start();
    let scene = Scene::new(&server);
    let ada = &scene.ada;
    let mut streams = Vec::new();
    for (parameter, shown) in PARAMETERS {
        let mut stream = ada.stream_with(&format!("&{parameter}"));
        for path in ["/posts/streams/me", "/channels", "/users/me/files"] {
            stream.subscribes(ada, path);
        }
        let fence = Fence::on(&mut stream, ada, ada);
        streams.push((stream, fence, parameter, shown));
    }
    scene.acts();
    for (stream, fence, parameter, shown) in &mut streams {
        let events = heard(stream, fence);
        compare(&events, (parameter, shown), "user");
    }
}

#[test]
fn each_display_parameter_of_an_app_stream_shows_its_parts_and_no_others() {
    let server = TestServer::with(&[("STREAMS_APP_CONNECTIONS", "16")]);
    let scene = Scene::new(&server);
    let types = ["post", "message", "channel", "file"];
    build::app_stream(&server.app(), "all", &types);
    let fence = Fence::of_app(&scene.ada);
    let mut streams = PARAMETERS.map(|(parameter, shown)| {
        let stream = server.app().firehose_with("all", &format!("&{parameter}"));
        (stream, parameter, shown)
    });
    scene.acts();
    for (stream, parameter, shown) in &mut streams {
        compare(&heard(stream, &fence), (parameter, shown), "app");
    }
}

#[test]
fn an_app_sees_raw_of_polls_and_samples_with_bookmarks_when_it_asks() {
    let server = TestServer::start();
    let scene = Scene::new(&server);
    build::app_stream(&server.app(), "rich", &["poll", "bookmark"]);
    let asked = "&include_poll_raw=1&include_bookmarked_by=1&include_reposted_by=1";
    let (mut rich, mut plain) = (
        server.app().firehose_with("rich", asked),
        server.app().firehose("rich"),
    );
    let mut ballot = build::ballot("Where to?", &["Here", "There"]);
    ballot["raw"] = raw();
    scene.ada.post("/polls", &ballot).is(201);
    assert_eq!(rich.hears("poll")["data"]["poll"]["raw"], raw());
    assert!(plain.hears("poll")["data"]["poll"].get("raw").is_none());
    let dan = server.dan();
    dan.does(&format!("/posts/{}/bookmark", scene.post)).is(200);
    let post = rich.hears("bookmark")["data"]["post"].clone();
    let ids = |list: &Value| crate::support::ids(list);
    assert_eq!(ids(&post["bookmarked_by"]), ["4", "2"]);
    assert_eq!(ids(&post["reposted_by"]), ["3"]);
    let post = plain.hears("bookmark")["data"]["post"].clone();
    assert!(post.get("bookmarked_by").is_none() && post.get("reposted_by").is_none());
}

#[test]
fn html_is_left_out_everywhere() {
    let server = TestServer::start();
    let scene = Scene::new(&server);
    let ada = &scene.ada;
    let mut stream = ada.stream_with("&include_html=0&include_raw=1");
    for path in ["/posts/streams/me", "/channels", "/users/me/files"] {
        stream.subscribes(ada, path);
    }
    let fence = Fence::on(&mut stream, ada, ada);
    scene.acts();
    let events = heard(&mut stream, &fence);
    assert!(events.len() >= 4, "{events:?}");
    for event in events {
        assert!(!event.to_string().contains("\"html\""), "{event}");
    }
}

#[test]
fn samples_are_read_for_streams_that_show_posts_alone() {
    let server = TestServer::start();
    let scene = Scene::new(&server);
    let (ada, bob) = (&scene.ada, server.bob());
    let room = build::room(ada, "Lounge");
    bob.does("/users/1/follow").is(200);
    build::app_stream(&server.app(), "rooms", &["message"]);
    let asked = "&include_bookmarked_by=1";
    // One hears of rooms alone, one of nothing, one of messages; a third shows posts as they are.
    let mut rooms = bob.stream_with(asked);
    rooms.subscribes(&bob, &format!("/channels/{room}/messages"));
    let _unclaimed = server.anonymous().stream_with(asked);
    let _app = server.app().firehose_with("rooms", asked);
    let mut plain = bob.stream();
    plain.subscribes(&bob, "/posts/streams/me");
    let reads = || server.counter("log_sample_reads_total");
    build::posts(ada, "without");
    plain.hears("post");
    assert_eq!(reads(), 0);
    let home = rooms.subscribes(&bob, "/posts/streams/me");
    build::posts(ada, "with");
    rooms.hears("post");
    plain.hears("post");
    assert_eq!(reads(), 1);
    bob.delete(&format!("/users/me/streams/{}/{home}", rooms.id))
        .is(204);
    build::posts(ada, "without again");
    plain.hears("post");
    assert_eq!(reads(), 1);
}

#[test]
fn samples_on_a_stream_leave_out_who_is_hidden_from_its_user_and_from_no_other() {
    let server = TestServer::start();
    let scene = Scene::new(&server);
    let (ada, bob, dan) = (&scene.ada, server.bob(), server.dan());
    dan.does(&format!("/posts/{}/bookmark", scene.post)).is(200);
    for follower in [&bob, &dan] {
        follower.does("/users/1/follow").is(200);
    }
    // Dan muted bob, and a block is between bob and eve.
    dan.does("/users/2/mute").is(200);
    bob.does("/users/3/block").is(200);
    let asked = "&include_bookmarked_by=1&include_reposted_by=1";
    let mut streams = [ada, &bob, &dan].map(|person| {
        let stream = person.stream_with(asked);
        stream.subscribes(person, "/posts/streams/me");
        stream
    });
    let revised = json!({"text": "hello there"});
    ada.put(&format!("/posts/{}", scene.post), &revised).is(201);
    let expected: [(&[&str], &[&str]); 3] =
        [(&["4", "2"], &["3"]), (&["4", "2"], &[]), (&["4"], &["3"])];
    for (stream, (bookmarkers, reposters)) in streams.iter_mut().zip(expected) {
        let event = loop {
            let event = stream.hears("post");
            if event["meta"].get("revision").is_some() {
                break event;
            }
        };
        let post = &event["data"][0];
        assert_eq!(crate::support::ids(&post["bookmarked_by"]), bookmarkers);
        assert_eq!(crate::support::ids(&post["reposted_by"]), reposters);
    }
}
