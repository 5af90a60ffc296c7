//! Posts on user streams: for each write exactly the frames that the reference names, on exactly the subscriptions that
//! would show the post.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::{Fence, Person, Stream, TestServer, build, text};

/// A person with a stream that subscribes to all that there is of posts.
struct Listener {
    stream: Stream,
    /// Topics by the ids of their subscriptions.
    topics: HashMap<String, &'static str>,
    fence: Fence,
}

impl Listener {
    fn new(person: &Person, keeper: &Person, root: &str) -> Self {
        let mut stream = person.stream();
        let mut topics = HashMap::new();
        let thread = format!("/posts/{root}/thread");
        for (topic, path) in [
            ("me", "/posts/streams/me"),
            ("unified", "/posts/streams/unified"),
            ("mentions", "/users/me/mentions"),
            ("own", "/users/me/posts"),
            ("thread", &thread),
        ] {
            topics.insert(stream.subscribes(person, path), topic);
        }
        let fence = Fence::on(&mut stream, keeper, person);
        Self {
            stream,
            topics,
            fence,
        }
    }

    /// What came since the last time: what happened to which post, and the topics that heard it.
    fn heard(&mut self) -> Vec<String> {
        let events = self.stream.heard_before(&self.fence);
        events.iter().map(|event| self.line(event)).collect()
    }

    fn line(&self, event: &Value) -> String {
        let (meta, post) = (&event["meta"], &event["data"][0]);
        assert_eq!(meta["type"], "post", "{event}");
        assert_eq!(meta["id"], post["id"], "{event}");
        assert!(post.get("you_bookmarked").is_none(), "{event}");
        let (is_deleted, revision) = (meta.get("is_deleted"), meta.get("revision"));
        // Never the words of what was deleted.
        assert_eq!(
            post.get("content").is_none(),
            is_deleted.is_some(),
            "{event}"
        );
        assert_eq!(post.get("is_deleted"), is_deleted, "{event}");
        let what = match (is_deleted, revision, post.get("repost_of")) {
            (None, None, None) => "created",
            (None, None, Some(_)) => "reposted",
            (None, Some(revision), None) => {
                assert_eq!((revision, &post["is_revised"]), (&json!(1), &json!(true)));
                "revised"
            }
            (Some(_), None, None) => {
                assert_eq!(post["counts"]["reposts"], 0, "{event}");
                "deleted"
            }
            (Some(_), None, Some(original)) => {
                // As it is by now: without words if it was deleted itself.
                assert_eq!(
                    original.get("content").is_none(),
                    original.get("is_deleted").is_some(),
                    "{event}"
                );
                assert_eq!(post["counts"], original["counts"], "{event}");
                assert_eq!(original["counts"]["reposts"], 0, "{event}");
                "taken back"
            }
            _ => panic!("a frame of no kind: {event}"),
        };
        let named = Stream::named(event);
        let mut topics: Vec<&str> = named.iter().map(|id| self.topics[id]).collect();
        topics.sort_unstable();
        format!("{what} {}: {}", text(&post["id"]), topics.join(" "))
    }
}

/// What each of some listeners heard, in their order.
fn all_heard<const N: usize>(listeners: &mut [Listener; N]) -> [Vec<String>; N] {
    listeners.each_mut().map(Listener::heard)
}

fn follow(person: &Person, other: &Person) {
    person.does(&format!("/users/{}/follow", other.id)).is(200);
}

/// The newest of a user's own posts.
fn newest(person: &Person) -> String {
    text(&person.get("/users/me/posts").data()[0]["id"])
}

/// Ada; bob, who follows ada; eve, who follows bob alone; dan, who follows both and muted ada. All listen to everything.
struct Scene {
    listeners: [Listener; 4],
    people: [Person; 4],
    root: String,
    server: TestServer,
}

impl Scene {
    fn new() -> Self {
        let server = TestServer::start();
        let people = [server.ada(), server.bob(), server.eve(), server.dan()];
        let [ada, bob, eve, dan] = &people;
        for (person, other) in [(bob, ada), (eve, bob), (dan, ada), (dan, bob)] {
            follow(person, other);
        }
        dan.does("/users/1/mute").is(200);
        let root = build::posts(ada, "root");
        let listeners = people
            .each_ref()
            .map(|person| Listener::new(person, bob, &root));
        Self {
            listeners,
            people,
            root,
            server,
        }
    }

    fn heard(&mut self) -> [Vec<String>; 4] {
        all_heard(&mut self.listeners)
    }
}

fn line(what: &str, id: &str, topics: &str) -> Vec<String> {
    vec![format!("{what} {id}: {topics}")]
}

const NOTHING: [Vec<String>; 4] = [const { Vec::new() }; 4];

/// What the four hear of a post of ada's in the thread that mentions eve.
fn of_ada(what: &str, id: &str) -> [Vec<String>; 4] {
    [
        line(what, id, "me own thread unified"),
        line(what, id, "me thread unified"),
        line(what, id, "mentions thread unified"),
        Vec::new(),
    ]
}

/// What they hear of bob's repost of it: neither its author, who does not follow bob, nor its thread. Dan muted ada.
fn of_bob(what: &str, id: &str) -> [Vec<String>; 4] {
    [
        Vec::new(),
        line(what, id, "me own unified"),
        line(what, id, "me unified"),
        Vec::new(),
    ]
}

#[test]
pub(super) fn each_write_is_told_to_exactly_the_streams_that_show_the_post() {
    let mut scene = Scene::new();
    let [ada, bob, _, _] = scene.people.clone();
    let id = build::answers(&ada, &scene.root, "@eve hello");
    let path = format!("/posts/{id}");
    assert_eq!(scene.heard(), of_ada("created", &id));
    ada.put(&path, &json!({"text": "@eve hello again"})).is(201);
    assert_eq!(scene.heard(), of_ada("revised", &id));
    // Bookmarks are for app streams; a report and a follow are no posts.
    bob.does(&format!("{path}/bookmark")).is(200);
    bob.delete(&format!("{path}/bookmark")).is(200);
    bob.post(&format!("{path}/report"), &json!({"reason": "nsfw"}))
        .is(201);
    follow(&ada, &bob);
    assert_eq!(scene.heard(), NOTHING);
    ada.delete(&path).is(200);
    assert_eq!(scene.heard(), of_ada("deleted", &id));
    // A stranger's post that concerns none of the others.
    let plain = build::posts(&scene.people[2], "hello");
    let mut expected = NOTHING;
    expected[2] = line("created", &plain, "me own unified");
    assert_eq!(scene.heard(), expected);
}

#[test]
fn reposts_are_told_to_followers_and_end_with_their_post() {
    let mut scene = Scene::new();
    let [ada, bob, eve, _] = scene.people.clone();
    let id = build::answers(&ada, &scene.root, "@eve hello");
    let path = format!("/posts/{id}/repost");
    assert_eq!(scene.heard(), of_ada("created", &id));
    eve.does(&path).is(201);
    let repost = newest(&eve);
    let mut expected = NOTHING;
    expected[2] = line("reposted", &repost, "me own unified");
    assert_eq!(scene.heard(), expected, "nobody follows eve");
    eve.delete(&path).is(200);
    expected[2] = line("taken back", &repost, "me own unified");
    assert_eq!(scene.heard(), expected);
    for _ in 0..2 {
        bob.does(&path).is(201);
        let repost = newest(&bob);
        assert_eq!(scene.heard(), of_bob("reposted", &repost));
        bob.delete(&path).is(200);
        assert_eq!(scene.heard(), of_bob("taken back", &repost));
    }
    bob.does(&path).is(201);
    let repost = newest(&bob);
    assert_eq!(scene.heard(), of_bob("reposted", &repost));
    ada.delete(&format!("/posts/{id}")).is(200);
    crate::support::eventually("the repost is taken away", || {
        bob.get("/users/me").data()["counts"]["posts"] == 0
    });
    let mut both = of_ada("deleted", &id);
    for (heard, of_repost) in both.iter_mut().zip(of_bob("taken back", &repost)) {
        heard.extend(of_repost);
    }
    assert_eq!(scene.heard(), both);
    drop(scene.listeners);
    scene.server.holds_no_connection();
}

#[test]
fn a_block_keeps_posts_and_reposts_of_them_from_both() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    for person in [&bob, &eve] {
        follow(person, &ada);
        follow(person, &dan);
        follow(&ada, person);
    }
    let root = build::posts(&dan, "root");
    let people = [&ada, &bob, &eve];
    let mut all = people.map(|person| Listener::new(person, &dan, &root));
    // Ada blocks bob, and eve blocks ada. The follows stay, and are heard again when the blocks have ended.
    ada.does("/users/2/block").is(200);
    eve.does("/users/1/block").is(200);
    let hello = build::answers(&ada, &root, "hello @bob and @eve");
    let own = vec![format!("created {hello}: me own thread unified")];
    assert_eq!(all_heard(&mut all), [own, Vec::new(), Vec::new()]);
    let (id, other) = (
        build::answers(&bob, &root, "to @ada"),
        build::answers(&eve, &root, "to @ada, too"),
    );
    let own = |id: &str| format!("created {id}: me own thread unified");
    let thread = |id: &str| format!("created {id}: thread");
    let (bobs, eves) = (
        vec![own(&id), thread(&other)],
        vec![thread(&id), own(&other)],
    );
    assert_eq!(all_heard(&mut all), [Vec::new(), bobs, eves]);
    // A repost by a third person is no way around.
    dan.does(&format!("/posts/{hello}/repost")).is(201);
    assert_eq!(all_heard(&mut all), [const { Vec::<String>::new() }; 3]);
    ada.delete("/users/2/block").is(200);
    let id = build::posts(&ada, "hello");
    let bobs = vec![format!("created {id}: me unified")];
    assert_eq!(
        all_heard(&mut all),
        [
            vec![format!("created {id}: me own unified")],
            bobs,
            Vec::new()
        ]
    );
}

#[test]
pub(super) fn a_stream_follows_ones_follows_as_they_change() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    // One subscription each, which the fast path serves; two streams share what bob follows.
    let mut streams = [bob.stream(), bob.stream()];
    let ids: Vec<String> = ["/posts/streams/me", "/posts/streams/unified"]
        .iter()
        .zip(&streams)
        .map(|(path, stream)| stream.subscribes(&bob, path))
        .collect();
    let mut fences = Vec::new();
    for stream in &mut streams {
        fences.push(Fence::on(stream, &eve, &bob));
    }
    for round in 0..3 {
        build::posts(&ada, &format!("before {round}"));
        follow(&bob, &ada);
        // At once: the post must not pass before the follow is known.
        let id = build::posts(&ada, &format!("followed {round}"));
        for ((stream, fence), subscription) in streams.iter_mut().zip(&fences).zip(&ids) {
            let events = stream.heard_before(fence);
            assert_eq!(events.len(), 1, "{events:?}");
            assert_eq!(events[0]["meta"]["id"], id.as_str());
            assert_eq!(
                Stream::named(&events[0]),
                std::slice::from_ref(subscription)
            );
        }
        bob.delete("/users/1/follow").is(200);
    }
    // The other stream goes on when one has closed.
    follow(&bob, &ada);
    let [first, mut second] = streams;
    drop(first);
    let id = build::posts(&ada, "after all");
    let events = second.heard_before(&fences[1]);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["meta"]["id"], id.as_str());
}

#[test]
fn who_followed_before_hears_posts_from_the_subscription_on() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    follow(&bob, &ada);
    let before = build::posts(&ada, "before");
    let mut stream = bob.stream();
    let page = stream.calls(&bob, "/posts/streams/me");
    assert_eq!(page.data()[0]["id"], before.as_str());
    let fence = Fence::on(&mut stream, &eve, &bob);
    let id = build::posts(&ada, "live");
    build::posts(&eve, "of a stranger");
    let events = stream.heard_before(&fence);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["meta"]["id"], id.as_str());
    assert_eq!(events[0]["data"][0]["content"]["text"], "live");
    assert_eq!(events[0]["data"][0]["user"]["username"], "ada");
}

#[test]
fn a_thread_is_heard_by_any_of_its_posts_and_outlives_its_root() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let root = build::posts(&ada, "root");
    let reply = build::answers(&bob, &root, "reply");
    let mut stream = eve.stream();
    let id = stream.subscribes(&eve, &format!("/posts/{reply}/thread"));
    let fence = Fence::on(&mut stream, &bob, &eve);
    build::posts(&ada, "another thread");
    ada.delete(&format!("/posts/{root}")).is(200);
    let later = build::answers(&ada, &reply, "later");
    let events = stream.heard_before(&fence);
    let told = events.iter().map(|event| {
        assert_eq!(Stream::named(event), [id.as_str()]);
        (
            text(&event["meta"]["id"]),
            event["meta"].get("is_deleted").is_some(),
        )
    });
    assert_eq!(told.collect::<Vec<_>>(), [(root, true), (later, false)]);
}
