//! What is common to all answers.

use serde_json::json;

use crate::support::{TestServer, build, text};

#[test]
fn an_unknown_address_and_a_wrong_method_are_refused_in_the_envelope() {
    let server = TestServer::start();
    let ada = server.ada();
    ada.get("/nowhere").refused(404);
    ada.call_at("GET", "/v1/channels/1/nowhere", &[], b"")
        .refused(404);
    ada.call("PATCH", "/token", &[], b"")
        .refused_as(405, "method-not-allowed");
    ada.delete("/users/me").refused(405);
}

#[test]
fn pretty_json_is_indented_and_plain_json_is_not() {
    let server = TestServer::start();
    let ada = server.ada();
    let plain = ada.get("/token");
    assert!(!plain.body.contains(&b'\n'), "{plain}");
    let pretty = ada.call("GET", "/token", &[("X-Pretty-Json", "1")], b"");
    assert!(
        String::from_utf8_lossy(&pretty.body).contains("\n  "),
        "{pretty}"
    );
    assert_eq!(plain.json(), pretty.json());
    let refused = ada.call("GET", "/nowhere", &[("X-Pretty-Json", "1")], b"");
    assert!(
        String::from_utf8_lossy(&refused.body).contains("\n  "),
        "{refused}"
    );
}

#[test]
fn the_version_in_the_address_and_a_trailing_slash_are_optional() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    for path in ["/v1/token", "/token", "/v1/token/", "/token/"] {
        assert_eq!(
            ada.call_at("GET", path, &[], b"").data()["user"]["username"],
            "ada",
            "{path}"
        );
    }
    let found = ada.get(&format!("/channels/?ids={room}")).data();
    assert_eq!(found[0]["id"], room.as_str());
}

#[test]
fn answers_are_json_and_say_so() {
    let server = TestServer::start();
    for path in ["/token", "/nowhere"] {
        let answer = server.ada().get(path);
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{kind}");
    }
}

#[test]
fn browsers_of_any_origin_may_call_and_read_the_headers() {
    let server = TestServer::start();
    let ask = [
        ("Origin", "https://chat.example"),
        ("Access-Control-Request-Method", "PUT"),
        (
            "Access-Control-Request-Headers",
            "authorization, content-type, x-pretty-json",
        ),
    ];
    let answer = server
        .anonymous()
        .call("OPTIONS", "/users/me/presence", &ask, b"");
    assert!(matches!(answer.status, 200 | 204), "{answer}");
    let allowed = |name: &str| answer.header(name).unwrap_or_default().to_ascii_lowercase();
    assert!(!allowed("access-control-allow-origin").is_empty());
    for method in ["get", "post", "put", "patch", "delete"] {
        assert!(
            allowed("access-control-allow-methods").contains(method),
            "{method}"
        );
    }
    for header in ["authorization", "content-type", "x-pretty-json"] {
        assert!(
            allowed("access-control-allow-headers").contains(header),
            "{header}"
        );
    }
    for path in ["/token", "/nowhere"] {
        let answer = server
            .ada()
            .call("GET", path, &[("Origin", "https://chat.example")], b"");
        assert!(
            answer.header("access-control-allow-origin").is_some(),
            "{path}"
        );
        let exposed = answer
            .header("access-control-expose-headers")
            .unwrap_or_default();
        assert!(
            exposed
                .to_ascii_lowercase()
                .contains("x-ratelimit-remaining"),
            "{exposed}"
        );
    }
}

#[test]
fn the_configuration_is_published() {
    let server = TestServer::start();
    let config = server.anonymous().get("/sys/config").data();
    assert_eq!(config["message"]["max_length"], 2048);
    assert_eq!(config["user"]["presence_max_length"], 100);
}

#[test]
fn text_is_utf8_counted_in_code_points() {
    let server = TestServer::with(&[("LIMITS_MESSAGE_LENGTH", "5")]);
    let ada = server.ada();
    assert_eq!(
        server.anonymous().get("/sys/config").data()["message"]["max_length"],
        5
    );
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let longest = "🥜".repeat(5);
    let said = ada.post(&path, &json!({"text": longest})).is(201).data();
    assert_eq!(text(&said["content"]["text"]), longest);
    ada.post(&path, &json!({"text": "🥜".repeat(6)}))
        .refused_as(400, "too-long");
}
