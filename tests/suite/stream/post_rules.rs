//! What subscriptions to posts leave out, what they show, and who gets none.

use serde_json::{Value, json};

use crate::support::{Fence, Person, Stream, TestServer, build, text};

fn follow(person: &Person, other: &Person) {
    person.does(&format!("/users/{}/follow", other.id)).is(200);
}

fn ids(events: &[Value]) -> Vec<String> {
    let ids = events.iter().map(|event| text(&event["meta"]["id"]));
    ids.collect()
}

#[test]
fn filters_of_the_call_leave_out_what_they_leave_out_of_the_page() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    follow(&bob, &ada);
    follow(&bob, &dan);
    bob.does(&format!("/users/{}/mute", dan.id)).is(200);
    let mut stream = bob.stream();
    let names = [
        "",
        "include_directed_posts=0",
        "include_deleted=0",
        "include_muted=1",
        "include_replies=0",
        "include_mention_posts=0",
    ];
    let subscriptions = names.map(|filter| {
        let path = format!("/posts/streams/me?{filter}");
        stream.subscribes(&bob, &path)
    });
    let fence = Fence::on(&mut stream, &eve, &bob);
    let id = build::posts(&ada, "@eve to a stranger");
    ada.delete(&format!("/posts/{id}")).is(200);
    build::posts(&ada, "@dan to a followed user");
    let root = build::posts(&ada, "plain");
    build::answers(&ada, &root, "reply");
    build::posts(&dan, "muted");
    let events = stream.heard_before(&fence);
    let heard = events.iter().map(|event| {
        let named = Stream::named(event);
        let left_out = names.iter().zip(&subscriptions);
        let left_out = left_out.filter(|(_, id)| !named.contains(id));
        left_out.map(|(name, _)| *name).collect::<Vec<_>>()
    });
    let [all, directed, deleted, _, replies, mentions] = names;
    let expected = [
        vec![directed, mentions],
        vec![directed, deleted, mentions],
        vec![mentions],
        Vec::new(),
        vec![replies],
        vec![all, directed, deleted, replies, mentions],
    ];
    assert_eq!(heard.collect::<Vec<_>>(), expected, "{events:?}");
}

#[test]
fn a_repost_is_left_out_where_the_post_was_there_a_short_while_ago() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    // Bob follows the author and both that repost; eve the latter; dan follows nobody and reposts.
    for other in [&ada, &eve, &dan] {
        follow(&bob, other);
    }
    follow(&eve, &dan);
    let mut streams = [&bob, &eve].map(|person| {
        let mut stream = person.stream();
        stream.subscribes(person, "/posts/streams/me");
        let fence = Fence::on(&mut stream, &ada, person);
        (stream, fence)
    });
    let id = build::posts(&ada, "news");
    dan.does(&format!("/posts/{id}/repost")).is(201);
    let repost = text(&dan.get("/users/me/posts").data()[0]["id"]);
    let mut heard = || {
        streams
            .each_mut()
            .map(|(stream, fence)| ids(&stream.heard_before(fence)))
    };
    assert_eq!(heard(), [vec![id.clone()], vec![repost.clone()]]);
    let page = bob.get("/posts/streams/me").data();
    assert_eq!(page[0]["id"], id.as_str(), "as on the page");
    // Eve's own repost is told to her, and is no news to bob either.
    eve.does(&format!("/posts/{id}/repost")).is(201);
    let own = text(&eve.get("/users/me/posts").data()[0]["id"]);
    assert_eq!(heard(), [Vec::new(), vec![own]]);
}

#[test]
fn raw_is_shown_where_the_stream_or_the_call_asks_for_it() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    follow(&bob, &ada);
    let streams = [
        ("&include_post_raw=1", "/posts/streams/me", true),
        ("", "/posts/streams/me?include_post_raw=1", true),
        ("&include_html=0", "/posts/streams/me", false),
    ];
    let streams = streams.map(|(parameters, path, raw)| {
        let mut stream = bob.stream_with(parameters);
        stream.subscribes(&bob, path);
        let fence = Fence::on(&mut stream, &eve, &bob);
        (stream, fence, raw)
    });
    let body = json!({"text": "hi", "raw": {"com.example.x": [{"a": 1}]}});
    ada.post("/posts", &body).is(201);
    for (mut stream, fence, raw) in streams {
        let events = stream.heard_before(&fence);
        let post = &events[0]["data"][0];
        assert_eq!(post.get("raw").is_some(), raw, "{post}");
        assert_eq!(post["content"].get("html").is_some(), raw, "{post}");
    }
}

#[test]
fn posts_of_others_and_callers_without_a_user_get_pages_only() {
    let server = TestServer::start();
    let (ada, bob, app) = (server.ada(), server.bob(), server.app());
    let id = build::posts(&bob, "hello @ada");
    let stream = ada.stream();
    let thread = format!("/posts/{id}/thread");
    for (person, path) in [
        (&ada, "/users/2/posts"),
        (&ada, "/users/2/mentions"),
        (&ada, "/posts/streams/global"),
        (&ada, "/posts/tags/x"),
        (&ada, "/users/me/bookmarks"),
        (&app, "/users/1/posts"),
        (&app, "/users/1/mentions"),
        (&app, &thread),
    ] {
        let answer = stream.calls(person, path);
        answer.data();
        assert!(answer.meta().get("subscription_id").is_none(), "{answer}");
    }
    for path in ["/users/@ada/posts", "/users/1/mentions", &thread] {
        stream.subscribes(&ada, path);
    }
    // A call that fails makes none.
    stream.calls(&ada, "/posts/99/thread").is(404);
    let narrow = server.with_scopes(&ada, "basic");
    stream.calls(&narrow, "/posts/streams/me").is(403);
}

#[test]
fn one_that_follows_more_than_a_stream_may_listen_to_gets_the_page_only() {
    let server = TestServer::with(&[("STREAMS_FOLLOWED", "1")]);
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    follow(&bob, &ada);
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/posts/streams/me");
    let fence = Fence::on(&mut stream, &eve, &bob);
    follow(&bob, &eve);
    let subscribes = |path: &str| {
        stream
            .calls(&bob, path)
            .is(200)
            .meta()
            .get("subscription_id")
            .is_some()
    };
    for (path, expected) in [
        ("/posts/streams/me", false),
        ("/posts/streams/unified", false),
        ("/users/me/mentions?include_directed_posts=0", false),
        ("/users/me/mentions", true),
    ] {
        assert_eq!(subscribes(path), expected, "{path}");
    }
    assert_eq!(server.counter("stream_homes_refused_total"), 3);
    // What was made before goes on, with whom bob follows since.
    let first = build::posts(&ada, "one");
    let second = build::posts(&eve, "two");
    assert_eq!(ids(&stream.heard_before(&fence)), [first, second]);
}
