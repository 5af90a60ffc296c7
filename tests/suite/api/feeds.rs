//! RSS of channels.

use crate::support::{TestServer, build};

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
