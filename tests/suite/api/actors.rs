//! What each actor has done, for the operator.

use serde_json::Value;

use crate::support::http::{Answer, exchange};
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
}

/// A request with this `Host` and these lines, from this machine.
fn asks(server: &TestServer, path: &str, host: &str, lines: &str) -> Answer {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{lines}\r\n");
    exchange(server.address, request.as_bytes())
}

#[test]
fn only_this_machine_is_told_and_only_under_its_own_name() {
    let server = TestServer::start();
    for path in [
        "/v1/sys/actors",
        "/sys/actors",
        "/v1/sys/actors?kind=channel",
    ] {
        for host in ["localhost", "127.0.0.1:8080", "[::1]"] {
            asks(&server, path, host, "").is(200);
        }
        for mark in [
            "X-Forwarded-For: 203.0.113.7",
            "X-Forwarded-For: 127.0.0.1",
            "X-Forwarded-Proto: https",
            "X-Real-IP: 203.0.113.7",
            "Via: 1.1 proxy",
            "Forwarded: for=203.0.113.7",
            "CF-Connecting-IP: 203.0.113.7",
            "True-Client-IP: 203.0.113.7",
        ] {
            let answer = asks(&server, path, "localhost", &format!("{mark}\r\n"));
            answer.refused_as(404, "not-found");
        }
        for host in [
            "chat.example.org",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "10.0.0.1",
        ] {
            asks(&server, path, host, "").refused_as(404, "not-found");
        }
    }
}

#[test]
fn no_page_of_another_origin_may_read_what_is_for_the_operator() {
    let server = TestServer::start();
    let origin = "Origin: https://chat.example\r\n";
    for path in [
        "/v1/sys/actors",
        "/sys/actors?kind=shard",
        "/metrics",
        "/healthz",
        "/readyz",
    ] {
        let answer = asks(&server, path, "localhost", origin).is(200);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
    let strange = asks(&server, "/v1/sys/actors", "chat.example", origin);
    assert_eq!(strange.header("access-control-allow-origin"), None);
    // A browser on this machine that was made to take a foreign name for it.
    assert_eq!(
        asks(&server, "/metrics", "rebound.example", origin).status,
        421
    );
    // What is for clients stays open to pages.
    let open = asks(&server, "/v1/sys/config", "localhost", origin).is(200);
    assert_eq!(open.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn a_monitor_on_this_machine_may_ask_as_often_as_it_likes() {
    let server = TestServer::with(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_ANONYMOUS_READS", "3"),
    ]);
    let paths = [
        "/v1/sys/actors",
        "/v1/sys/config",
        "/v1/sys/stats",
        "/metrics",
        "/healthz",
        "/readyz",
    ];
    for path in paths.iter().cycle().take(60) {
        asks(&server, path, "localhost", "").is(200);
    }
    // A proxy on this machine speaks for others, and they are counted.
    let through_one = || asks(&server, "/v1/sys/config", "localhost", "Via: 1.1 x\r\n").status;
    let answers = [(); 4].map(|()| through_one());
    assert_eq!(answers, [200, 200, 200, 429]);
    asks(&server, "/v1/sys/actors", "localhost", "").is(200);
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
        "head_wait",
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
