//! Random bytes, from a seed that is printed. Whatever comes, the server lives and says no.

use serde_json::json;

use crate::support::random::Random;
use crate::support::raw_socket::{RawSocket, frame};
use crate::support::{TestServer, build, http};

const SEED: u64 = 0x6772_6f75_6e64_6e75;

#[test]
fn random_requests_are_answered_or_dropped_and_never_trouble() {
    let server = TestServer::start();
    let (ada, mut random) = (server.ada(), Random::seeded(SEED));
    let room = build::room(&ada, "Lounge");
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let places = [
        "/channels",
        "/channels/pm/messages",
        "/markers",
        "/streams",
        "/users/me/presence",
        "/token",
        "/channels/search",
        "/channels/messages/search",
        "/oauth/access_token",
        "/users",
    ];
    let kinds = [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ];
    let messages = format!("/channels/{room}/messages");
    for round in 0..400 {
        let place = if round % 3 == 0 {
            messages.as_str()
        } else {
            random.pick(&places)
        };
        let query: String = random
            .bytes(40)
            .iter()
            .map(|byte| format!("%{byte:02x}"))
            .collect();
        let path = format!(
            "{place}?{query}={query}&count={}&ids={query}",
            random.next()
        );
        let body = random.bytes(300);
        let method = random.pick(&methods);
        // Deleting the token or the streams of the others is not the point here.
        if *method == "DELETE" && matches!(place, "/token" | "/streams") {
            continue;
        }
        let kind = *random.pick::<&str>(&kinds);
        let answer = ada.call(method, &path, &[("Content-Type", kind)], &body);
        assert!(answer.status < 500, "round {round}: {answer}");
    }
    assert_eq!(ada.get("/token").status, 200);
}

#[test]
fn random_bytes_instead_of_requests_do_no_harm() {
    let server = TestServer::start();
    let mut random = Random::seeded(SEED ^ 1);
    for _ in 0..200 {
        let mut socket = RawSocket::connect(server.address);
        socket.write(&random.bytes(600));
        socket.finish();
    }
    assert_eq!(server.ada().get("/token").status, 200);
}

#[test]
fn damaged_json_is_refused_and_never_trouble() {
    let server = TestServer::start();
    let (ada, mut random) = (server.ada(), Random::seeded(SEED ^ 2));
    let room = build::room(&ada, "Lounge");
    let whole = json!({
        "text": "hello @bob [x](https://example.org) #tag",
        "reply_to": "1", "is_nsfw": true,
        "entities": {"parse_links": true, "links": [{"pos": 0, "len": 2, "url": "https://e.org"}]},
        "raw": {"org.example.a": [{"n": 1}], "io.pnut.core.crosspost": [{"canonical_url": "https://e.org"}]},
        "type": "org.example.x", "destinations": ["2"],
        "acl": {"full": {"user_ids": ["2"]}, "write": {"any_user": true, "immutable": false}, "read": {"public": true}},
    })
    .to_string()
    .into_bytes();
    let paths = [
        format!("/channels/{room}/messages"),
        "/channels".into(),
        "/channels/pm/messages".into(),
        format!("/channels/{room}"),
    ];
    for round in 0..400 {
        let mut body = whole.clone();
        for _ in 0..=random.below(4) {
            let at = usize::try_from(random.below(body.len() as u64)).unwrap();
            match random.below(4) {
                0 => body[at] = random.next().to_le_bytes()[0],
                1 => drop(body.remove(at)),
                2 => body.insert(at, *random.pick(b"{}[]\",:0x")),
                _ => body.truncate(at.max(2)),
            }
        }
        let path = random.pick(&paths);
        let method = if path.ends_with(&room) { "PUT" } else { "POST" };
        let answer = ada.call(method, path, &[("Content-Type", "application/json")], &body);
        assert!(
            answer.status < 500,
            "round {round}: {answer} {}",
            String::from_utf8_lossy(&body)
        );
    }
}

#[test]
fn random_frames_end_in_a_close_and_leave_nothing() {
    let server = TestServer::start();
    let (ada, mut random) = (server.ada(), Random::seeded(SEED ^ 3));
    for round in 0..60 {
        let mut socket = RawSocket::open(&ada);
        for _ in 0..random.below(20) {
            let bytes = if random.below(2) == 0 {
                random.bytes(64)
            } else {
                let first = random.next().to_le_bytes()[0];
                frame(first, &random.bytes(200))
            };
            if !socket.write(&bytes) {
                break;
            }
        }
        socket.finish();
        if round % 2 == 0 {
            socket.closed_with();
        }
    }
    server.holds_no_connection();
    let token = http::request("GET", "/v1/users/1", &[], b"");
    assert_eq!(http::exchange(server.address, &token).status, 200);
}
