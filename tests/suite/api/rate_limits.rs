//! Buckets, their headers, and the ban.

use serde_json::json;

use crate::support::{TestServer, build};

fn strict() -> TestServer {
    TestServer::with(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_WRITES", "3"),
        ("RATE_LIMITS_SECONDS_BANNED", "600"),
    ])
}

#[test]
fn every_answer_counts_down_in_headers_of_exactly_this_letter_case() {
    let server = TestServer::with(&[("RATE_LIMITS_ENABLED", "true")]);
    let ada = server.ada();
    let number = |name: &str| -> u64 {
        let answer = ada.get("/token");
        let value = answer
            .exact_header(name)
            .unwrap_or_else(|| panic!("{name}: {:?}", answer.headers));
        value.parse().expect("a number")
    };
    assert_eq!(number("X-RateLimit-Limit"), 5000);
    let before = number("X-RateLimit-Remaining");
    assert_eq!(number("X-RateLimit-Remaining"), before - 1);
    assert!(number("X-RateLimit-Reset") <= 3600);
    let anonymous = server.anonymous().get("/users/1");
    assert_eq!(anonymous.exact_header("X-RateLimit-Limit"), Some("40"));
    let written = ada.does("/users/2/mute");
    assert_eq!(written.exact_header("X-RateLimit-Limit"), Some("20"));
    assert_eq!(written.exact_header("X-RateLimit-Remaining"), Some("19"));
    assert!(
        ada.get("/nowhere")
            .exact_header("X-RateLimit-Limit")
            .is_some()
    );
}

#[test]
fn a_bucket_that_overflows_is_banned_and_the_others_are_not() {
    let server = strict();
    let ada = server.ada();
    for _ in 0..3 {
        ada.does("/users/2/mute").is(200);
    }
    let answer = ada.does("/users/2/mute");
    answer.refused_as(429, "rate-limited");
    let retry = answer.meta()["retry_in"].as_u64().expect("retry_in");
    assert!((590..=600).contains(&retry), "{answer}");
    let header: u64 = answer
        .header("retry-after")
        .and_then(|v| v.parse().ok())
        .expect("Retry-After");
    assert!((590..=600).contains(&header), "{answer}");
    assert_eq!(answer.exact_header("X-RateLimit-Remaining"), Some("0"));
    // Reads are another bucket, and so is everybody else.
    ada.get("/token").is(200);
    server.bob().does("/users/1/mute").is(200);
}

#[test]
fn writes_without_a_valid_token_are_counted_by_address() {
    let server = strict();
    let wrong = server.holder("nobody", "wrong");
    for _ in 0..3 {
        wrong.does("/users/2/mute").refused(401);
    }
    wrong.does("/users/2/mute").refused(429);
    server.anonymous().does("/users/2/mute").refused(429);
    server.ada().does("/users/2/mute").is(200);
}

#[test]
fn subscribing_is_a_read() {
    let server = strict();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let stream = ada.stream();
    for _ in 0..6 {
        stream.subscribes(&ada, &format!("/channels/{room}/messages"));
    }
}

#[test]
fn the_published_limits_are_those_in_force() {
    let server = strict();
    let config = server.anonymous().get("/sys/config").data().to_string();
    assert!(config.contains("rate"), "{config}");
    server.ada().post("/markers", &json!([])).is(400);
}
