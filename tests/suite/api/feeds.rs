//! RSS of channels and posts.

use serde_json::json;

use crate::support::http::Answer;
use crate::support::{TestServer, build, text};

#[test]
fn a_public_room_is_a_feed_and_a_private_one_needs_a_token() {
    let server = TestServer::start();
    let (ada, anonymous) = (server.ada(), server.anonymous());
    let room = build::room(&ada, "Tea & <cake>");
    build::says(&ada, &room, "one < two & \"three\"");
    let path = format!("/feed/rss/channels/{room}/messages");
    for answer in [
        anonymous.get(&path),
        anonymous.call_at("GET", &path, &[], b""),
    ] {
        assert_eq!(answer.status, 200, "{answer}");
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.contains("xml"), "{kind}");
        let feed = String::from_utf8(answer.body.clone()).expect("UTF-8");
        assert!(feed.contains("Tea &amp; &lt;cake&gt;"), "{feed}");
        assert!(feed.contains("<rss") && feed.contains("<item>"), "{feed}");
        assert!(!feed.contains("one < two"), "{feed}");
    }
    let circle = build::circle(&ada, &[]);
    let path = format!("/feed/rss/channels/{circle}/messages");
    assert_eq!(anonymous.get(&path).status, 401);
    assert_eq!(
        anonymous
            .get(&format!("{path}?access_token={}", ada.token()))
            .status,
        200
    );
    assert_eq!(
        anonymous.get("/feed/rss/channels/9999/messages").status,
        404
    );
}

#[test]
fn the_addresses_of_a_feed_may_be_others_within_bounds() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    build::says(&ada, &room, "hello");
    for path in [
        format!("/feed/rss/channels/{room}/messages"),
        String::from("/feed/rss/channels/search"),
    ] {
        let with = |template: &str| ada.get(&format!("{path}?uri_template={template}"));
        let answer = with("HTTPS://x.example/%7Bchannel_id%7D");
        let feed = String::from_utf8_lossy(&answer.body).into_owned();
        let link = format!("HTTPS://x.example/{room}");
        assert!(feed.contains(&link), "{feed}");
        with(&format!("https://x.example/{}", "%22".repeat(600))).refused_at(400, "uri_template");
        for odd in ["javascript:alert(1)", "ftp://x.example/", "data://x", "x"] {
            with(odd).refused_at(400, "uri_template");
        }
    }
}

#[test]
fn a_search_is_a_feed_too() {
    let server = TestServer::start();
    build::room(&server.ada(), "Gardeners");
    let answer = server
        .anonymous()
        .get("/feed/rss/channels/search?q=gardeners");
    assert_eq!(answer.status, 200, "{answer}");
    assert!(
        String::from_utf8_lossy(&answer.body).contains("Gardeners"),
        "{answer}"
    );
}

fn read(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer}");
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.contains("application/rss+xml"), "{kind}");
    String::from_utf8(answer.body.clone()).expect("UTF-8")
}

#[test]
fn lists_of_posts_are_feeds_of_what_a_stranger_sees() {
    let server = TestServer::start();
    let (ada, bob, anonymous) = (server.ada(), server.bob(), server.anonymous());
    let photo = json!({"text": "<look> & #see \"this\"", "raw": {"io.pnut.core.oembed": [{"type": "photo",
        "version": "1.0", "url": "https://x.example/a.png", "width": 1, "height": 1}]}});
    let photo = text(&ada.post("/posts", &photo).is(201).data()["id"]);
    let gone = build::posts(&ada, "gone #see");
    ada.delete(&format!("/posts/{gone}")).is(200);
    let paths = [
        "/feed/rss/posts/tags/See",
        "/feed/rss/users/1/posts",
        "/feed/rss/users/@ada/posts",
        "/feed/rss/posts/search?q=look",
        "/feed/rss/posts/streams/explore/photos",
    ];
    for path in paths {
        let feed = read(&anonymous.get(path));
        assert!(
            feed.contains("<title>ada: &lt;look&gt; &amp; #see"),
            "{feed}"
        );
        assert!(feed.contains("<category>see</category>"), "{feed}");
        assert!(
            feed.contains("<img src=\"https://x.example/a.png\">"),
            "{feed}"
        );
        assert!(feed.contains(&format!("/p/{photo}</link>")), "{feed}");
        assert!(!feed.contains("gone"), "{feed}");
        assert_eq!(feed.matches("<item>").count(), 1, "{feed}");
    }
    // The token of one that does not see ada changes nothing.
    bob.does("/users/1/block").is(200);
    for path in paths {
        assert_eq!(read(&bob.get(path)).matches("<item>").count(), 1, "{path}");
    }
    let linked =
        "/feed/rss/users/1/posts?uri_template=https://y.example/%7Busername%7D/%7Bpost_id%7D";
    let feed = read(&anonymous.get(linked));
    assert!(
        feed.contains(&format!("https://y.example/ada/{photo}")),
        "{feed}"
    );
    anonymous
        .get("/feed/rss/posts/streams/explore/none")
        .is(404);
    anonymous.get("/feed/rss/users/99/posts").is(404);
    anonymous
        .get("/feed/rss/posts/search?user_types=cat")
        .refused_at(400, "user_types");
}

#[test]
fn a_repost_is_an_entry_that_shows_the_other_post() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let said = build::posts(&ada, "worth it");
    bob.put(&format!("/posts/{said}/repost"), &json!({}))
        .is(201);
    let path = "/feed/rss/users/2/posts";
    let feed = read(&server.anonymous().get(path));
    assert!(feed.contains("<title>ada: worth it</title>"), "{feed}");
    ada.delete(&format!("/posts/{said}")).is(200);
    let feed = read(&server.anonymous().get(path));
    assert!(!feed.contains("<item>"), "{feed}");
}

#[test]
fn entries_of_a_feed_keep_names_of_their_own_and_come_latest_first() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let best = build::posts(&ada, "tea");
    let latest = build::posts(&ada, "a cup of tea, and many words more");
    bob.put(&format!("/posts/{best}/repost"), &json!({}))
        .is(201);
    let anonymous = server.anonymous();
    let names = |feed: &str| -> Vec<String> {
        let parts = feed.split("<guid").skip(1);
        let names = parts.filter_map(|part| part.split(['>', '<']).nth(1));
        names.map(str::to_owned).collect()
    };
    let ends = |feed: &str, ids: [&str; 2]| {
        let names = names(feed);
        assert_eq!(names.len(), 2, "{feed}");
        for (name, id) in names.iter().zip(ids) {
            assert!(name.ends_with(&format!("/p/{id}")), "{name}: {feed}");
        }
    };
    // By relevance the shorter post would be first.
    for order in ["", "&order=relevance"] {
        let path = format!("/feed/rss/posts/search?q=tea{order}");
        ends(&read(&anonymous.get(&path)), [&latest, &best]);
    }
    // A template without a number gives all entries one address, and still each has its own name.
    let path = "/feed/rss/users/1/posts?uri_template=https://y.example/all";
    let feed = read(&anonymous.get(path));
    ends(&feed, [&latest, &best]);
    assert_eq!(feed.matches("isPermaLink=\"false\"").count(), 2, "{feed}");
    // A repost is not the post that it shows.
    let feed = read(&anonymous.get("/feed/rss/users/2/posts"));
    let repost = names(&feed);
    assert_eq!(repost.len(), 1);
    assert!(!repost[0].ends_with(&format!("/p/{best}")), "{feed}");
    assert!(feed.contains(&format!("/p/{best}</link>")), "{feed}");
}

#[test]
fn a_feed_names_its_own_address_with_its_query_and_without_a_token() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    for path in [
        format!("/feed/rss/channels/{room}/messages"),
        String::from("/feed/rss/channels/search"),
        String::from("/feed/rss/posts/search"),
        String::from("/feed/rss/users/1/posts"),
    ] {
        let query = "?q=a%26b&count=5";
        let called = format!("{path}{query}&access_token={}", ada.token());
        let feed = read(&server.anonymous().get(&called));
        let own = format!("{path}?q=a%26b&amp;count=5\"");
        assert!(feed.contains(&own), "{own}: {feed}");
        assert!(!feed.contains(ada.token()), "{feed}");
    }
}
