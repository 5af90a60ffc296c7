//! `control=1`: the last frame says why the stream is closed, and when its client may come back.

use nix::sys::signal::Signal;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{SHORT_SILENCE, Stream, TestServer, build, cli};

/// The last text frame before the close frame, and the code of that one.
fn end_of(stream: &mut Stream) -> (Option<Value>, u16) {
    let mut last = None;
    loop {
        match stream.raw() {
            Message::Text(frame) => {
                last = Some(serde_json::from_str(&frame).expect("JSON in every frame"));
            }
            Message::Close(close) => return (last, close.map_or(1005, |close| close.code.into())),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

/// Closed with this code and slug, which the last frame explained. Gives when the client may come back.
fn is_told(stream: &mut Stream, code: u16, slug: &str) -> Option<u64> {
    let (last, closed) = end_of(stream);
    let last = last.unwrap_or_else(|| panic!("closed with {closed} without a last frame"));
    let meta = &last["meta"];
    assert_eq!(closed, code, "{last}");
    assert_eq!(meta["code"], code, "{last}");
    assert_eq!(meta["error_slug"], slug, "{last}");
    assert!(meta["error_message"].is_string(), "{last}");
    assert!(meta["resumable"].is_boolean(), "{last}");
    assert_eq!(last["control"]["type"], "close", "{last}");
    for never in ["connection_id", "subscription_ids", "type", "pong"] {
        assert!(meta.get(never).is_none(), "{last}");
    }
    assert!(last.get("data").is_none(), "{last}");
    meta.get("retry_after_ms").map(|millis| {
        let millis = millis.as_u64();
        millis.unwrap_or_else(|| panic!("no number: {last}"))
    })
}

#[test]
fn what_would_fail_again_names_no_time_to_come_back() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    let mut deleted = ada.stream_with("&control=1");
    ada.delete(&format!("/users/me/streams/{}", deleted.id))
        .is(204);
    assert_eq!(is_told(&mut deleted, 1000, "closed-as-asked"), None);
    let mut large = ada.stream_with("&control=1");
    large.says(&"x".repeat(5000));
    assert_eq!(is_told(&mut large, 1009, "message-too-big"), None);
    let bob = server.with_scopes(&server.bob(), "basic");
    let mut revoked = bob.stream_with("&control=1");
    bob.delete("/token").is(200);
    assert_eq!(is_told(&mut revoked, 4001, "token-revoked"), None);
    build::app_stream(&app, "mine", &["message"]);
    let mut gone = app.firehose_with("mine", "&control=1");
    app.delete("/streams/mine").is(200);
    assert_eq!(is_told(&mut gone, 4004, "stream-deleted"), None);
    let mut disabled = server.eve().stream_with("&control=1");
    let url = server.database_url();
    let out = cli::run(&["user", "disable", "eve", "--database-url", &url]);
    assert!(out.status.success(), "{out:?}");
    assert_eq!(is_told(&mut disabled, 4005, "account-disabled"), None);
}

#[test]
fn a_silent_and_an_unclaimed_stream_may_come_back() {
    let server = TestServer::with(SHORT_SILENCE);
    let mut silent = server.ada().stream_with("&control=1");
    let again = is_told(&mut silent, 4000, "silent");
    assert!(again.is_some_and(|millis| millis <= 2000), "{again:?}");
    let server = TestServer::with(&[("STREAMS_UNCLAIMED_MS", "300")]);
    let mut unclaimed = Stream::open(server.address, "/v1/user?control=1");
    let again = is_told(&mut unclaimed, 4003, "not-claimed");
    assert!(
        again.is_some_and(|millis| (1000..=5000).contains(&millis)),
        "{again:?}"
    );
}

#[test]
fn streams_that_end_together_come_back_at_times_of_their_own() {
    let mut server = TestServer::start();
    let ada = server.ada();
    let mut told: Vec<Stream> = (0..8).map(|_| ada.stream_with("&control=1")).collect();
    let mut plain = ada.stream();
    server.signal(Signal::SIGTERM);
    let mut times: Vec<u64> = told
        .iter_mut()
        .map(|stream| is_told(stream, 1001, "going-away").expect("a time"))
        .collect();
    assert!(
        times.iter().all(|millis| (1000..=10_000).contains(millis)),
        "{times:?}"
    );
    times.sort_unstable();
    times.dedup();
    assert!(times.len() > 4, "all at once: {times:?}");
    assert_eq!(end_of(&mut plain), (None, 1001), "it did not ask");
    drop((told, plain));
    assert!(server.stop_status(), "{}", server.log());
}
