//! Webhooks that may not be: addresses, limits, tokens, secrets.

use serde_json::json;

use super::hooks::LOCAL;
use crate::support::receiver::{Receiver, SECRET};
use crate::support::{TestServer, build, eventually};

#[test]
fn receivers_are_public_and_reached_by_tls() {
    let server = TestServer::start();
    let app = server.app();
    let refused = |url: &str| {
        let body =
            json!({"type": "webhook", "object_types": ["post"], "url": url, "secret": SECRET});
        app.post("/streams", &body)
            .refused_as(400, "webhook-url-refused");
    };
    for url in [
        "http://example.org/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:192.168.0.1]/",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/",
        "https://user:pass@example.org/",
        // A name that the resolver leads to this machine.
        "https://localhost/",
        "ftp://example.org/",
        "nonsense",
    ] {
        refused(url);
    }
    assert_eq!(app.get("/streams").is(200).data(), json!([]));
}

#[test]
fn a_name_that_leads_to_this_machine_is_refused_when_it_is_connected_to() {
    let mut server = TestServer::with(&[("CONFIG", "groundnut.toml"), ("WEBHOOKS_RETRY_MS", "10")]);
    server.reads_again("[webhooks]\nallow_private = true\n");
    server.kill();
    server.start_again();
    let receiver = Receiver::start();
    let (ada, app) = (server.ada(), server.app());
    let mut hook = receiver.hook("hook", &["post"]);
    hook["url"] = json!(format!("https://localhost:{}/", receiver.address.port()));
    hook["is_enabled"] = json!(false);
    app.post("/streams", &hook).is(200);
    // What was allowed when it was made is not any more.
    server.reads_again("");
    server.kill();
    server.start_again();
    let app = server.app();
    app.put("/streams/hook", &json!({"is_enabled": true}))
        .is(200);
    let ada = server.holder("ada", ada.token());
    build::posts(&ada, "hello");
    eventually("it is given up", || {
        let dead = app.get("/streams/hook/dead_letters").is(200).data();
        dead[0]["error_slug"] == "address-refused"
    });
    assert!(receiver.all().is_empty());
    app.delete("/streams/hook").is(200);
}

#[test]
fn a_hook_that_is_on_is_a_stream_in_use() {
    let server = TestServer::with(LOCAL);
    let (app, receiver) = (server.app(), Receiver::start());
    receiver.is_hooked(&app, "one", &["post"]);
    receiver.is_hooked(&app, "two", &["post"]);
    assert_eq!(server.actors()["streams_in_use"], 2);
    app.post("/streams", &receiver.hook("three", &["post"]))
        .refused_as(429, "streams-in-use");
    app.asks_upgrade("/app?key=one")
        .refused_as(429, "streams-in-use");
    assert_eq!(app.get("/streams").data().as_array().map(Vec::len), Some(2));
    let mut off = receiver.hook("three", &["post"]);
    off["is_enabled"] = json!(false);
    app.post("/streams", &off).is(200);
    app.put("/streams/three", &json!({"is_enabled": true}))
        .refused_as(429, "streams-in-use");
    app.put("/streams/one", &json!({"is_enabled": false}))
        .is(200);
    app.put("/streams/three", &json!({"is_enabled": true}))
        .is(200);
    app.delete("/streams").is(200);
    server.holds_no_connection();
}

#[test]
fn a_hook_ends_with_the_token_that_switched_it_on_and_with_its_app() {
    let server = TestServer::with(LOCAL);
    let receiver = Receiver::start();
    let (_, other) = server.other_app("Other");
    receiver.is_hooked(&other, "hook", &["post"]);
    assert_eq!(server.counter("webhooks"), 1);
    other.delete("/token").is(200);
    eventually("its task ends", || server.counter("webhooks") == 0);
    build::posts(&server.ada(), "hello");
    server.holds_no_connection();
    assert!(receiver.all().is_empty());
}

#[test]
fn what_a_hook_is_made_of_is_checked_and_its_secret_is_shown_nowhere() {
    let server = TestServer::with(&[LOCAL, &[("SERVER_LOG", "groundnut=trace,info")]].concat());
    let (ada, app, receiver) = (server.ada(), server.app(), Receiver::start());
    let with = |field: &str, value: serde_json::Value| {
        let mut hook = receiver.hook("hook", &["post"]);
        hook[field] = value;
        app.post("/streams", &hook)
    };
    with("secret", json!("short")).refused_at(400, "secret");
    with("secret", json!(null)).refused_at(400, "secret");
    with("url", json!(null)).refused_at(400, "url");
    with("url", json!(format!("http://{}/", "x".repeat(3000)))).refused_at(400, "url");
    with("parameters", json!("cursor=a.1")).refused_at(400, "parameters");
    with("parameters", json!("channel_ids=x")).refused_at(400, "channel_ids");
    with("is_enabled", json!("perhaps")).refused_at(400, "is_enabled");
    with("type", json!("pigeon")).refused_at(400, "type");
    build::app_stream(&app, "plain", &["post"]);
    app.put("/streams/plain", &json!({"url": receiver.url()}))
        .refused_as(400, "not-a-webhook");
    app.get("/streams/plain/dead_letters")
        .refused_as(404, "stream-not-found");
    let mut shown = vec![
        app.post("/streams", &receiver.hook("hook", &["post"]))
            .is(200)
            .json(),
    ];
    build::posts(&ada, "hello");
    receiver.waits_for(1);
    let paths = [
        "/streams",
        "/streams/hook",
        "/apps/me/streams",
        "/streams/hook/dead_letters",
    ];
    shown.extend(paths.map(|path| app.get(path).is(200).json()));
    shown.push(
        app.put("/streams/hook", &json!({"secret": "another-secret-of-it"}))
            .is(200)
            .json(),
    );
    build::posts(&ada, "hello again");
    let received = receiver.waits_for(2);
    assert!(received[0].is_signed(SECRET) && received[1].is_signed("another-secret-of-it"));
    shown.push(app.delete("/streams/hook").is(200).json());
    let all = format!("{shown:?}{}", server.log());
    assert!(
        !all.contains(SECRET) && !all.contains("another-secret"),
        "{all}"
    );
}
