//! Every kind of event on the streams of every viewer: `events.txt` says what the frames may show.

use std::collections::BTreeSet;

use groundnut::event::Payload;
use serde_json::json;

use super::marks;
use super::scene::{Scene, VIEWERS, asks};
use super::table::{Differences, rows};
use crate::support::{Person, Stream, build, eventually, text};

const TABLE: &str = include_str!("events.txt");

/// Without an object type: no stream shows them, and no topic has a route for them (`src/event/facts.rs`).
const UNHEARD: [&str; 4] = [
    "app_stream_deleted",
    "client_changed",
    "password_changed",
    "user_disabled",
];

/// Everything that a viewer can subscribe to here.
const TOPICS: [&str; 18] = [
    "/channels",
    "/channels/{public}/messages",
    "/channels/{private}/messages",
    "/channels/{public}/subscribers",
    "/channels/{private}/subscribers",
    "/channels/{public}/presence?include_not_followed=1",
    "/channels/{private}/presence?include_not_followed=1",
    "/presence?include_not_followed=1",
    "/token",
    "/users/me/files",
    "/users/me/following",
    "/users/me/followers",
    "/posts/streams/me",
    "/posts/streams/unified",
    "/users/me/posts",
    "/users/me/mentions",
    "/posts/{post}/thread",
    "/markers",
];

const TYPES: [&str; 15] = [
    "post",
    "poll",
    "bookmark",
    "follow",
    "mute",
    "block",
    "message",
    "channel",
    "channel_subscription",
    "file",
    "token",
    "user",
    "user_presence",
    "user_channel_presence",
    "stream_marker",
];

/// The viewers that are apps.
const APPS: [&str; 2] = ["app", "slimapp"];

const EVERYTHING: &str = "&include_recent_message=1&include_raw=1";

/// The streams of all viewers, and a room in which the end of each row is said.
struct Stage {
    // Before the scene: a server ends when its clients have gone.
    streams: Vec<Stream>,
    scene: Scene,
    fence: String,
    fences: usize,
}

impl Stage {
    /// The streams are opened and subscribed while the one that will be removed is still a member.
    fn new() -> Self {
        let scene = Scene::before_the_removal();
        scene.follow_across_blocks();
        let acl = json!({"read": {"any_user": true}});
        let fence = json!({"type": "org.example.fence", "acl": acl});
        let fence = build::channel(&scene.dan, &fence);
        build::join(&fence, &[&scene.dan]);
        for app in APPS {
            build::app_stream(scene.viewer(app), "all", &TYPES);
        }
        let viewers = VIEWERS.iter().zip(&scene.viewers);
        // Without a token there is no stream.
        let streams = viewers.filter(|(name, _)| **name != "nobody");
        let streams = streams.map(|(name, viewer)| listen(&scene, name, viewer, &fence));
        let streams = streams.collect();
        let mut stage = Self {
            streams,
            scene,
            fence,
            fences: 0,
        };
        stage.scene.removes_ex();
        stage.heard();
        stage
    }

    /// What has to be there before an event can happen.
    fn prepares(&mut self, kind: &str) {
        match kind {
            "subscribed" => happens(&self.scene, "unsubscribed"),
            "message_deleted by_manager" => self.scene.renews(),
            _ => return,
        }
        self.heard();
    }

    /// What each stream heard since the last time. Messages are in the order of the log and presences in an order of
    /// their own, so both have to say that this is the end.
    fn heard(&mut self) -> Vec<String> {
        self.fences += 1;
        let end = format!("fence-{}", self.fences);
        let dan = &self.scene.dan;
        dan.put("/users/me/presence", &json!({"presence": end}))
            .is(200);
        build::says(dan, &self.fence, &end);
        let ada = &self.scene.ada.id;
        let streams = self.streams.iter_mut();
        streams.map(|stream| until(stream, &end, ada)).collect()
    }
}

fn listen(scene: &Scene, name: &str, viewer: &Person, fence: &str) -> Stream {
    if APPS.contains(&name) {
        return viewer.firehose_with("all", EVERYTHING);
    }
    let stream = viewer.stream_with(EVERYTHING);
    for topic in TOPICS {
        let answer = stream.calls(viewer, &scene.fill(topic));
        let is_subscribed = answer.meta().get("subscription_id").is_some();
        assert!(name != "member" || is_subscribed, "{answer}");
    }
    stream.subscribes(viewer, &format!("/channels/{fence}/messages"));
    stream
}

/// What a stream shows until both ends were heard.
fn until(stream: &mut Stream, end: &str, ada: &str) -> String {
    let mut seen: BTreeSet<char> = BTreeSet::new();
    let mut missing = vec!["message", "user_presence"];
    while !missing.is_empty() {
        let frame = stream.frame();
        let text = frame.to_string();
        let kind = frame["meta"]["type"].as_str().unwrap_or_default();
        if text.contains(&format!("\"{end}\"")) {
            missing.retain(|known| *known != kind);
            continue;
        }
        seen.extend(marks::of(&text, ada).chars());
    }
    // In the order of the letters; a stream that heard nothing shows nothing.
    let letters = seen.into_iter().filter(|letter| *letter != '.');
    let letters: String = letters.collect();
    match letters.is_empty() {
        true => String::from("."),
        false => letters,
    }
}

/// Brings an event of this kind about: by ada herself, and by others where that makes a difference.
fn happens(scene: &Scene, kind: &str) {
    let (ada, dan) = (&scene.ada, &scene.dan);
    let rooms = [&scene.public, &scene.private];
    match kind {
        "message_created" => {
            build::says(ada, rooms[0], "words-of-ada");
            build::says(ada, rooms[1], "told-inside-by-ada");
        }
        "message_deleted" => deletes(scene, ada),
        "channel_created" => drop(build::whispers(ada, &[scene.viewer("stranger")], "first")),
        "channel_changed" => {
            for (room, kind, about) in [
                (rooms[1], "org.example.note", "secret raw 2"),
                (rooms[0], "org.example.other", "nothing"),
            ] {
                let note = json!({"raw": {kind: [{"about": about}]}});
                dan.put(&format!("/channels/{room}"), &note).is(200);
            }
        }
        "subscribed" | "unsubscribed" => {
            let verb = ["DELETE", "PUT"][usize::from(kind == "subscribed")];
            for (room, person) in rooms.iter().flat_map(|room| [(room, ada), (room, dan)]) {
                let path = format!("/channels/{room}/subscribe");
                person.call(verb, &path, &[], b"").is(200);
            }
        }
        "message_deleted by_manager" => deletes(scene, scene.viewer("manager")),
        "related" => relates(scene, "follow"),
        "related mute" => relates(scene, "mute"),
        "related block" => relates(scene, "block"),
        "user_changed" => {
            let profile = json!({"content": {"text": "profile-of-ada, again"}});
            ada.patch("/users/me", &profile).is(200);
        }
        "token_granted" => drop(scene.server.with_scopes(ada, "basic")),
        "token_revoked" => {
            let other = scene.server.with_scopes(ada, "basic");
            other.delete("/token").is(200);
        }
        "user_presence" => {
            let here = json!({"presence": "presence-of-ada"});
            ada.put("/users/me/presence", &here).is(200);
        }
        "channel_presence" => {
            let here = json!({"presence": "presence-of-ada"});
            for room in rooms {
                let path = format!("/users/me/presence/channels/{room}");
                ada.put(&path, &here).is(200);
            }
        }
        "marker_moved" => {
            let marker = json!({"name": format!("channel:{}", rooms[0]), "id": scene.said});
            ada.post("/markers", &marker).is(200);
        }
        post => posting(scene, post),
    }
}

fn deletes(scene: &Scene, person: &Person) {
    for (room, id) in [(&scene.public, &scene.said), (&scene.private, &scene.inner)] {
        let path = format!("/channels/{room}/messages/{id}");
        person.delete(&path).is(200);
    }
}

/// Ada follows, mutes or blocks each viewer, and takes it back; and so does each viewer to her. A block refuses some of
/// it, but never the taking back.
fn relates(scene: &Scene, relation: &str) {
    for person in scene.people().chain([&scene.dan]) {
        for (acting, other) in [(&scene.ada, person), (person, &scene.ada)] {
            let path = format!("/users/{}/{relation}", other.id);
            acting.does(&path);
            acting.delete(&path).is(200);
        }
    }
    scene.relate();
}

/// The same for posts.
fn posting(scene: &Scene, kind: &str) {
    let ada = &scene.ada;
    // A post can be revised once.
    let newest = || {
        let posts = ada.get("/users/me/posts").data();
        format!("/posts/{}", text(&posts[0]["id"]))
    };
    match kind {
        "post_created" => drop(build::answers(ada, &scene.post, "words-of-ada again")),
        "post_revised" => {
            let body = json!({"text": "words-of-ada once more"});
            ada.put(&newest(), &body).is(201);
        }
        "post_deleted" => drop(ada.delete(&newest()).is(200)),
        "bookmarked" => {
            let path = format!("/posts/{}/bookmark", scene.post);
            ada.put(&path, &json!({"note": "note-of-ada"})).is(200);
        }
        "file_created" => drop(build::file(ada, "words-of-ada", b"again")),
        "file_changed" => {
            let change = json!({"is_public": true});
            ada.patch(&format!("/files/{}", scene.shared), &change)
                .is(200);
        }
        "file_deleted" => drop(ada.delete(&format!("/files/{}", scene.shared)).is(200)),
        poll => polling(scene, poll),
    }
}

/// The same for polls.
fn polling(scene: &Scene, kind: &str) {
    let ada = &scene.ada;
    let path = format!("/polls/{}", scene.poll);
    match kind {
        "poll_created" => drop(asks(ada, "words-of-ada again?", false)),
        "poll_answered" => drop(ada.does(&format!("{path}/response/1")).is(200)),
        "poll_closed" => {
            let id = &scene.poll;
            let ends = format!("UPDATE polls SET closes_at = created_at WHERE id = {id}");
            scene.server.sql(&ends);
            eventually("the poll closes", || {
                let poll = ada.get(&path).data();
                poll["options"][0].get("respondents").is_some()
            });
        }
        "poll_deleted" => drop(ada.delete(&path).is(200)),
        other => panic!("how does {other} happen?"),
    }
}

#[test]
fn each_event_shows_each_viewer_what_the_table_says() {
    let table = rows(TABLE);
    for kind in Payload::KINDS {
        let has_row = table.iter().any(|row| row.kind() == *kind);
        assert_eq!(
            has_row,
            !UNHEARD.contains(kind),
            "say in events.txt what {kind} shows"
        );
    }
    let viewers: Vec<&str> = VIEWERS
        .into_iter()
        .filter(|name| *name != "nobody")
        .collect();
    let mut stage = Stage::new();
    let mut differences = Differences::default();
    for row in &table {
        stage.prepares(&row.name);
        happens(&stage.scene, &row.name);
        let seen = stage.heard();
        differences.note(row, &viewers, &seen);
    }
    differences.are_none();
}
