//! Predefined streams of posts.

use serde_json::json;

use crate::support::build::posts;
use crate::support::{Person, TestServer, ids, text};

const SLUGS: [&str; 6] = [
    "conversations",
    "missed_conversations",
    "newcomers",
    "photos",
    "trending",
    "256",
];

fn shown(who: &Person, slug: &str) -> Vec<String> {
    ids(&who
        .get(&format!("/posts/streams/explore/{slug}"))
        .is(200)
        .data())
}

#[test]
fn each_stream_says_what_it_shows_and_where_it_is() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let list = anonymous.get("/posts/streams/explore").is(200).data();
    let streams = list.as_array().expect("a list");
    let slugs: Vec<String> = streams.iter().map(|one| text(&one["slug"])).collect();
    assert_eq!(slugs, SLUGS);
    for (stream, slug) in streams.iter().zip(SLUGS) {
        let url = text(&stream["url"]);
        assert!(
            url.ends_with(&format!("/v1/posts/streams/explore/{slug}")),
            "{url}"
        );
        assert_eq!(stream["link"], stream["url"]);
        assert!(stream["title"].is_string() && stream["description"].is_string());
        assert!(shown(&anonymous, slug).is_empty());
    }
    anonymous.get("/posts/streams/explore/none").is(404);
}

#[test]
fn a_post_is_on_the_streams_that_it_belongs_to() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let photo = json!({"text": "look", "raw": {"io.pnut.core.oembed": [{"type": "photo", "version": "1.0",
        "url": "https://x.example/a.png", "width": 1, "height": 1}]}});
    let photo = text(&ada.post("/posts", &photo).is(201).data()["id"]);
    let long = posts(&ada, &"x".repeat(256));
    let root = posts(&ada, "root");
    let reply = json!({"text": "an answer", "reply_to": root});
    let reply = text(&bob.post("/posts", &reply).is(201).data()["id"]);
    bob.put(&format!("/posts/{photo}/bookmark"), &json!({}))
        .is(200);
    for who in [&ada, &server.anonymous()] {
        assert_eq!(shown(who, "conversations"), [root.as_str()]);
        assert_eq!(shown(who, "missed_conversations"), [long.as_str()]);
        assert_eq!(
            shown(who, "newcomers"),
            [reply.as_str(), &root, &long, &photo]
        );
        assert_eq!(shown(who, "photos"), [photo.as_str()]);
        assert_eq!(shown(who, "256"), [long.as_str()]);
        assert_eq!(shown(who, "trending"), [root.as_str(), &photo]);
    }
    let page = ada.get("/posts/streams/explore/conversations").data();
    assert_eq!(
        page[0]["pagination_id"],
        reply.as_str(),
        "the first reply orders the list"
    );
    bob.does(&format!("/users/{}/block", ada.id)).is(200);
    for slug in SLUGS {
        let seen: Vec<String> = shown(&bob, slug);
        assert!(seen.iter().all(|id| *id == reply), "{slug}: {seen:?}");
    }
    ada.delete(&format!("/posts/{root}")).is(200);
    assert!(shown(&ada, "conversations").is_empty());
    assert_eq!(
        shown(&ada, "trending"),
        [photo.as_str()],
        "deleted ones go at once"
    );
}
