//! The server about itself, and the page it serves.

use crate::support::TestServer;

#[test]
fn it_says_that_it_is_well_and_ready() {
    let server = TestServer::start();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            server.anonymous().call_at("GET", path, &[], b"").status,
            200,
            "{path}"
        );
    }
}

#[test]
fn what_it_holds_is_counted() {
    let server = TestServer::start();
    let counts = server.actors();
    for name in [
        "connections",
        "subscriptions",
        "channels",
        "users",
        "streams_in_use",
    ] {
        assert!(counts[name].is_u64(), "{name}: {counts}");
    }
    let stream = server.ada().stream();
    assert_eq!(server.actors()["connections"], 1);
    stream.subscribes(&server.ada(), "/token");
    assert_eq!(server.actors()["subscriptions"], 1);
}

#[test]
fn the_start_warns_of_a_proxy_that_is_not_trusted() {
    let warning = "server.trusted_proxies is empty";
    let https = ("SERVER_PUBLIC_URL", "https://chat.example.org");
    let strange = TestServer::with(&[https]);
    strange.forgives(warning, 1);
    let trusted = TestServer::with(&[https, ("SERVER_TRUSTED_PROXIES", "127.0.0.1")]);
    let direct = TestServer::start();
    for server in [trusted, direct] {
        server
            .anonymous()
            .call_at("GET", "/readyz", &[], b"")
            .is(200);
        assert!(!server.log().contains(warning), "{}", server.log());
    }
}

#[test]
fn the_rooms_page_comes_whole_and_is_guarded() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let page = anonymous.call_at("GET", "/", &[], b"");
    assert_eq!(page.status, 200, "{page}");
    assert!(
        page.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
    );
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(
        !policy.is_empty() && !policy.contains("unsafe-eval"),
        "{policy}"
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let html = String::from_utf8(page.body.clone()).expect("UTF-8");
    let mut found = 0;
    for part in html.split('"').filter(|part| part.starts_with("/assets/")) {
        let asset = anonymous.call_at("GET", part, &[], b"");
        assert_eq!(asset.status, 200, "{part}");
        let kind = asset.header("content-type").unwrap_or_default();
        let expected = match part.rsplit('.').next() {
            Some("js") => "javascript",
            Some("css") => "text/css",
            _ => "image/svg+xml",
        };
        assert!(kind.contains(expected), "{part}: {kind}");
        if let Some(tag) = asset.header("etag") {
            let weak = format!("\"other\", W/{tag}");
            let lines = [
                ("If-None-Match", "\"another\""),
                ("If-None-Match", weak.as_str()),
            ];
            let again = anonymous.call_at("GET", part, &lines, b"");
            assert_eq!(again.status, 304, "{part}");
            let again = anonymous.call_at("GET", part, &[("If-None-Match", tag)], b"");
            assert_eq!(again.status, 304, "{part}");
        }
        found += 1;
    }
    assert!(found > 3, "{html}");
    assert_eq!(
        anonymous
            .call_at("GET", "/assets/../Cargo.toml", &[], b"")
            .status,
        404
    );
    assert_eq!(
        anonymous
            .call_at("GET", "/assets/nothing.js", &[], b"")
            .status,
        404
    );
}
