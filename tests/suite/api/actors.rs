//! What each actor has done, for the operator.

use serde_json::Value;

use crate::support::{TestServer, build, eventually};

fn list(server: &TestServer, query: &str) -> Vec<Value> {
    let path = format!("/v1/sys/actors?{query}");
    let answer = server.anonymous().call_at("GET", &path, &[], b"");
    let rows = answer.is(200).data();
    rows.as_array().expect("a list").clone()
}

#[test]
fn a_channel_tells_of_its_listeners_and_what_they_were_sent() {
    // On two threads: the fan-out is over when both are done.
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (busy, quiet) = (build::room(&ada, "Busy"), build::room(&ada, "Quiet"));
    let mut streams: Vec<_> = (0..8).map(|_| bob.stream()).collect();
    for stream in &streams {
        stream.subscribes(&bob, &format!("/channels/{busy}/messages"));
    }
    let mut bytes = 0;
    for text in ["one", "two", "three"] {
        build::says(&ada, &busy, text);
        for stream in &mut streams {
            bytes += stream.hears_text(text).to_string().len() as u64;
        }
    }
    build::says(&ada, &quiet, "without a listener");
    eventually("the last fan-out is counted", || {
        list(&server, "kind=channel")[0]["fanout_us"]["count"] == 3
    });
    let rows = list(&server, "kind=channel&order=receivers");
    assert_eq!(rows.len(), 2, "{rows:?}");
    let (first, second) = (&rows[0], &rows[1]);
    assert_eq!((&first["id"], &second["id"]), (&busy.into(), &quiet.into()));
    assert_eq!(first["receivers"], 8, "{first}");
    assert_eq!(second["receivers"], 0, "{second}");
    assert_eq!(first["frames"], 24, "{first}");
    assert!(first["bytes"].as_u64() >= Some(bytes), "{first}");
    assert!(first["events"].as_u64() >= Some(3), "{first}");
    assert!((1..=2).contains(&first["shards"].as_u64().unwrap_or(0)));
    let fanout = &first["fanout_us"];
    assert!(fanout["p50"].as_u64() <= fanout["max"].as_u64(), "{first}");
    assert!(second.get("fanout_us").is_none(), "{second}");
    assert_eq!(first["mailbox"]["depth"], 0, "{first}");
    assert!(first["mailbox"]["high_water"].as_u64() >= Some(1));
    let one = list(&server, "kind=channel&order=frames&count=1");
    assert_eq!(one.len(), 1, "{one:?}");
    assert_eq!(one[0]["id"], first["id"]);
}

#[test]
fn shards_and_firehoses_are_listed_too() {
    let server = TestServer::start();
    let (ada, app) = (server.ada(), server.app());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada]);
    assert_eq!(list(&server, "kind=firehose"), [Value::Null; 0]);
    build::app_stream(&app, "hose", &["message"]);
    let mut hose = app.firehose("hose");
    let mut stream = ada.stream();
    stream.subscribes(&ada, &format!("/channels/{room}/messages"));
    build::says(&ada, &room, "hello");
    hose.hears_text("hello");
    stream.hears_text("hello");
    let frames = |rows: &[Value]| -> u64 {
        let frames = rows.iter().filter_map(|row| row["frames"].as_u64());
        frames.sum()
    };
    // A frame may be read before its slice of receivers is counted.
    eventually("both frames are counted", || {
        frames(&list(&server, "kind=shard")) == 2 && frames(&list(&server, "kind=firehose")) == 1
    });
    let firehoses = list(&server, "kind=firehose");
    assert_eq!(firehoses.len(), 1, "{firehoses:?}");
    assert_eq!(firehoses[0]["receivers"], 1);
    let shards = list(&server, "kind=shard&order=receivers");
    assert_eq!(shards.len(), 2, "{shards:?}");
    let receivers = shards.iter().filter_map(|row| row["receivers"].as_u64());
    assert_eq!(receivers.sum::<u64>(), 2, "{shards:?}");
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let ask = |query: &str| anonymous.call_at("GET", &format!("/v1/sys/actors?{query}"), &[], b"");
    ask("kind=ghost").refused_at(400, "kind");
    ask("kind=channel&order=age").refused_at(400, "order");
    let forwarded = [("X-Forwarded-For", "203.0.113.7")];
    let through_a_proxy = anonymous.call_at("GET", "/v1/sys/actors", &forwarded, b"");
    through_a_proxy.refused_as(404, "not-found");
}

#[test]
fn the_metrics_page_has_the_parts_of_a_write_and_no_ids() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let mut stream = ada.stream();
    stream.subscribes(&ada, &format!("/channels/{room}/messages"));
    build::says(&ada, &room, "hello");
    stream.hears_text("hello");
    let page = || {
        let answer = server.anonymous().call_at("GET", "/metrics", &[], b"");
        String::from_utf8(answer.body).expect("text")
    };
    let parts = [
        "authenticate",
        "parse",
        "decide",
        "lane_wait",
        "transact",
        "commit",
        "fan_out",
    ];
    eventually("every part was timed", || {
        let page = page();
        parts.iter().all(|part| {
            let name = format!("groundnut_part_seconds_count{{part=\"{part}\"}} ");
            let line = page.lines().find_map(|line| line.strip_prefix(&name));
            line.is_some_and(|count| count != "0")
        })
    });
    for line in page().lines().filter(|line| line.contains('{')) {
        let known = ["part=\"", "kind=\""]
            .iter()
            .any(|label| line.contains(label));
        assert!(known && !line.contains(&ada.token()[..8]), "{line}");
    }
    assert!(page().contains("groundnut_actor_mailbox_high_water{kind=\"channel\"}"));
}
