//! What is around the API: short addresses, oEmbed, statistics, texts that are only composed.

use serde_json::json;

use crate::support::{TestServer, build, text};

#[test]
fn short_addresses_lead_to_the_thread_and_the_profile() {
    let server = TestServer::start();
    let (ada, anonymous) = (server.ada(), server.anonymous());
    let said = build::posts(&ada, "hello");
    for (path, target) in [
        (format!("/p/{said}"), format!("/v1/posts/{said}/thread")),
        (String::from("/@ADA"), String::from("/v1/users/1")),
    ] {
        for path in [path.clone(), format!("/v1{path}")] {
            let answer = anonymous.call_at("GET", &path, &[], b"");
            assert_eq!(answer.status, 302, "{answer}");
            let to = answer.header("location").unwrap_or_default();
            assert!(to.ends_with(&target), "{to}");
        }
    }
    for missing in ["/p/99", "/@nobody"] {
        assert_eq!(
            anonymous.call_at("GET", missing, &[], b"").status,
            404,
            "{missing}"
        );
    }
    assert_eq!(anonymous.call_at("GET", "/p/x", &[], b"").status, 400);
}

#[test]
fn another_site_can_embed_a_post() {
    let server = TestServer::start();
    let (ada, anonymous) = (server.ada(), server.anonymous());
    let said = build::posts(&ada, "<hello> & welcome");
    let base = build::public_url(&ada);
    let asks = |url: &str| anonymous.get(&format!("/oembed?url={url}"));
    let shown = asks(&format!("{base}/p/{said}")).is(200).json();
    assert_eq!(
        (&shown["type"], &shown["version"]),
        (&json!("link"), &json!("1.0"))
    );
    assert_eq!(shown["title"], "<hello> & welcome");
    assert!(
        text(&shown["html"]).contains("&lt;hello&gt; &amp; welcome"),
        "{shown}"
    );
    assert_eq!(shown["author_name"], "ada");
    assert_eq!(shown["author_url"], format!("{base}/@ada"));
    assert_eq!(shown["url"], format!("{base}/p/{said}"));
    assert!(shown.get("meta").is_none(), "{shown}");
    for same in [
        format!("{base}/v1/posts/{said}"),
        format!("{base}/posts/{said}?a=b"),
    ] {
        assert_eq!(asks(&same).is(200).json(), shown);
    }
    anonymous.get("/oembed").refused_at(400, "url");
    let xml = anonymous.get(&format!("/oembed?url={base}/p/{said}&format=xml"));
    xml.refused_at(400, "format");
    for unknown in [
        format!("{base}/p/99"),
        String::from("https://x.example/p/1"),
        base.clone(),
    ] {
        asks(&unknown).is(404);
    }
    ada.delete(&format!("/posts/{said}")).is(200);
    asks(&format!("{base}/p/{said}")).is(404);
}

#[test]
fn statistics_have_all_their_fields() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    build::says(&ada, &room, "hello");
    build::posts(&ada, "hello");
    let stats = server.anonymous().get("/sys/stats").is(200).data();
    for (name, at_least) in [("clients", 1), ("messages", 1), ("posts", 1), ("users", 4)] {
        let created = stats[name]["created"].as_i64().expect("a number");
        assert!(created >= at_least, "{name}: {stats}");
    }
    for name in ["files", "polls"] {
        assert!(stats[name]["created"].is_i64(), "{name}: {stats}");
    }
    assert!(stats["clients"]["public"].is_i64() && stats["days"].is_i64());
    assert_eq!(stats["users"]["disabled"], 0);
    let active = stats["users"]["active"].as_object().expect("an object");
    assert_eq!(active.len(), 7, "{stats}");
    assert!(
        active
            .iter()
            .all(|(day, users)| day.len() == 10 && users == 0),
        "{stats}"
    );
    // Presence is always exact; the rest is kept for a minute.
    assert_eq!(stats["users"]["present"], 0);
    ada.does("/users/me/presence?update_presence=here").is(200);
    build::posts(&ada, "again");
    let later = server.anonymous().get("/sys/stats").data();
    assert_eq!(later["users"]["present"], 1);
    assert_eq!(later["posts"], stats["posts"]);
}

#[test]
fn a_text_is_composed_within_the_limit_of_its_object_and_kept_nowhere() {
    let server = TestServer::start();
    let ada = server.ada();
    let body = json!({"text": "hi @bob, see [docs](https://example.com/a \"T\") #Rust_lang"});
    let composed = ada.post("/text/process", &body).is(200).data();
    assert_eq!(
        composed["text"],
        "hi @bob, see docs [example.com] #Rust_lang"
    );
    for lists in [&composed["entities"], &composed] {
        assert_eq!(lists["links"][0]["amended_len"], 18, "{composed}");
        assert_eq!(lists["mentions"][0]["id"], "2");
        assert_eq!(lists["tags"][0]["text"], "Rust_lang");
    }
    let plain = json!({"text": "see https://example.com [a](b.com)",
        "entities": {"parse_links": false, "parse_markdown_links": false}});
    let plain = ada.post("/text/process", &plain).is(200).data();
    assert_eq!(plain["entities"]["links"], json!([]));
    let long = json!({"text": "x".repeat(257)});
    ada.post("/text/process", &long).refused_at(400, "text");
    ada.post("/text/process?object_type=post", &long)
        .refused_at(400, "text");
    ada.post("/text/process?object_type=message", &long).is(200);
    let longer = json!({"text": "x".repeat(2049)});
    ada.post("/text/process?object_type=message", &longer)
        .refused_at(400, "text");
    ada.post("/text/process?object_type=poem", &long)
        .refused_at(400, "object_type");
    ada.post("/text/process", &json!({"text": " "}))
        .refused_at(400, "text");
    assert_eq!(ada.get("/users/1/posts").data(), json!([]));
}
