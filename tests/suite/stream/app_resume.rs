//! App streams go on behind a cursor, or some time back.

use serde_json::Value;

use crate::support::{TestServer, build, text};

fn cursor(frame: &Value) -> String {
    text(&frame["meta"]["cursor"])
}

#[test]
pub(super) fn an_app_stream_that_was_cut_goes_on_without_a_hole() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "hose", &["message", "post", "follow"]);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    let mut stream = app.firehose_with("hose", "&include_cursor=1");
    let mut last = cursor(&stream.hello);
    for round in 0..3 {
        drop(stream);
        build::says(&ada, &room, &format!("said {round}"));
        build::posts(&ada, &format!("posted {round}"));
        stream = app.firehose_with("hose", &format!("&include_cursor=1&cursor={last}"));
        assert_eq!(cursor(&stream.hello), last);
        let event = stream.hears_text(&format!("said {round}"));
        assert_eq!(
            event["meta"]["subscribed_user_ids"],
            serde_json::json!([ada.id]),
            "{event}"
        );
        stream.hears("post");
        build::says(&ada, &room, &format!("live {round}"));
        last = cursor(&stream.hears_text(&format!("live {round}")));
    }
}

#[test]
fn an_app_stream_may_begin_some_time_back() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    build::app_stream(&app, "hose", &["post"]);
    for n in 0..3 {
        build::posts(&ada, &format!("number {n}"));
    }
    let mut stream = app.firehose_with("hose", "&backfill=600");
    for n in 0..3 {
        let event = stream.hears("post");
        assert_eq!(event["data"][0]["content"]["text"], format!("number {n}"));
    }
    build::posts(&ada, "live");
    stream.hears("post");
    app.asks_upgrade("/app?key=hose&backfill=yesterday")
        .refused_as(400, "invalid-value");
    app.asks_upgrade("/app?key=hose&cursor=x")
        .refused_as(400, "cursor-malformed");
}

#[test]
fn what_was_said_before_an_authorization_or_behind_its_end_is_not_replayed() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (client, other) = server.other_app("Other");
    build::app_stream(&other, "hose", &["message"]);
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada, &bob]);
    let stream = other.firehose_with("hose", "&include_cursor=1");
    let begin = cursor(&stream.hello);
    drop(stream);
    build::says(&ada, &room, "before");
    let granted = server.through(&client, &bob, "messages");
    build::says(&ada, &room, "within");
    let goes_on = || other.firehose_with("hose", &format!("&include_cursor=1&cursor={begin}"));
    let mut stream = goes_on();
    stream.hears_text("within");
    drop(stream);
    granted.delete("/token").is(200);
    build::says(&ada, &room, "behind");
    let again = server.through(&client, &bob, "messages");
    build::says(&ada, &room, "again");
    let mut stream = goes_on();
    stream.hears_text("again");
    drop(again);
}
