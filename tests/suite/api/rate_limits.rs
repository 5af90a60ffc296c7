//! Buckets, their headers, and what a full one costs.

use serde_json::json;

use crate::support::build::sign_in;
use crate::support::http::Answer;
use crate::support::raw_socket::RawSocket;
use crate::support::template::PASSWORD;
use crate::support::{Person, TestServer, build, eventually};

fn strict() -> TestServer {
    TestServer::with(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_WRITES", "3"),
        ("RATE_LIMITS_USER_WRITES", "5"),
        ("RATE_LIMITS_ACCOUNT_SIGN_INS", "3"),
        ("RATE_LIMITS_SIGN_INS", "7"),
    ])
}

/// A 429 that says when to try again, in its body and in a header; gives the seconds.
fn refused(answer: &Answer) -> u64 {
    answer.refused_as(429, "rate-limited");
    let retry = answer.meta()["retry_in"].as_u64().expect("retry_in");
    let header = answer.header("retry-after");
    assert_eq!(header, Some(retry.to_string().as_str()), "{answer}");
    assert_eq!(answer.exact_header("X-RateLimit-Remaining"), Some("0"));
    retry
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
fn a_presence_that_a_call_changes_by_the_way_counts_as_one_that_is_put() {
    let server = TestServer::with(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_MARKERS", "2"),
    ]);
    let ada = server.ada();
    let calls = |text: &str| {
        let answer = ada.get(&format!("/token?update_presence={text}")).is(200);
        answer.meta()["updated_presence"].clone()
    };
    assert_eq!(calls("one"), true);
    assert_eq!(calls("two"), true);
    // The same text only lasts longer.
    assert_eq!(calls("two"), true);
    // Beyond the limit the presence stays, and the call is answered.
    assert_eq!(calls("three"), false);
    assert_eq!(calls("two"), true);
    assert_eq!(ada.get("/users/1/presence").data()["presence"], "two");
    refused(&ada.does("/users/me/presence"));
}

#[test]
fn openings_of_websockets_with_a_token_count_as_markers_do() {
    let server = TestServer::with(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_MARKERS", "2"),
    ]);
    let (ada, bob) = (server.ada(), server.bob());
    let opens = |who: &Person| {
        let token = who.token();
        who.asks_upgrade(&format!("/user?access_token={token}&connection_id=gone"))
    };
    for _ in 0..2 {
        assert_eq!(opens(&ada).status, 101);
    }
    let answer = opens(&ada);
    answer.refused_as(429, "rate-limited");
    let retry = answer.meta()["retry_in"].as_u64().expect("retry_in");
    assert!((1..=60).contains(&retry), "{retry}");
    let header = answer.header("retry-after").map(str::to_owned);
    assert_eq!(header, Some(retry.to_string()));
    assert_eq!(opens(&bob).status, 101);
    // One without a token has limits of its own; wrong tokens count for their address.
    for status in [101, 101, 101] {
        assert_eq!(server.anonymous().asks_upgrade("/user").status, status);
    }
    for status in [401, 401, 429] {
        let wrong = server.anonymous().asks_upgrade("/user?access_token=x");
        assert_eq!(wrong.status, status, "{wrong}");
    }
}

#[test]
fn a_full_bucket_says_when_it_refills_and_the_others_are_not_full() {
    let server = strict();
    let ada = server.ada();
    for _ in 0..3 {
        ada.does("/users/2/mute").is(200);
    }
    // The window, not a ban.
    let first = refused(&ada.does("/users/2/mute"));
    assert!((1..=60).contains(&first), "{first}");
    // Asking on costs nothing.
    let second = refused(&ada.does("/users/2/mute"));
    assert!(second <= first, "{second}");
    assert!(server.counter("rate_limit_refused_total") >= 2);
    // Reads are another bucket, and so is every other caller.
    ada.get("/token").is(200);
    server.bob().does("/users/1/mute").is(200);
}

#[test]
fn an_operator_may_ask_for_a_ban() {
    let server = TestServer::with(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_WRITES", "1"),
        ("RATE_LIMITS_BAN_SECONDS", "600"),
    ]);
    let ada = server.ada();
    ada.does("/users/2/mute").is(200);
    let retry = refused(&ada.does("/users/2/mute"));
    assert!((590..=600).contains(&retry), "{retry}");
    let config = server.anonymous().get("/sys/config").data();
    assert_eq!(config["rate_limit"]["seconds_banned"], 600);
}

#[test]
fn markers_and_presence_do_not_use_up_writing() {
    let server = strict();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, "hello");
    let marker = json!({"name": format!("channel:{room}"), "id": said});
    for _ in 0..20 {
        ada.post("/markers", &marker).is(200);
    }
    ada.does("/users/me/presence").is(200);
    ada.does(&format!("/users/me/presence/channels/{room}"))
        .is(200);
    ada.delete("/users/me/channels/num_unread").is(200);
    // A client that changes its room subscribes, which is a read, and unsubscribes.
    let stream = ada.stream();
    for _ in 0..5 {
        let id = stream.subscribes(&ada, &format!("/channels/{room}/messages"));
        ada.delete(&format!("/users/me/streams/{}/{id}", stream.id))
            .is(204);
    }
    let last = ada.does("/users/2/mute").is(200);
    assert_eq!(last.exact_header("X-RateLimit-Remaining"), Some("0"));
    refused(&ada.does("/users/2/mute"));
    ada.post("/markers", &marker).is(200);
}

#[test]
fn a_user_has_no_more_writes_with_more_tokens() {
    let server = strict();
    let phone = server.ada();
    let desk = server.with_scopes(&server.ada(), "follow");
    let tablet = server.with_scopes(&server.ada(), "follow");
    for _ in 0..3 {
        phone.does("/users/2/mute").is(200);
    }
    for _ in 0..2 {
        desk.does("/users/2/mute").is(200);
    }
    let answer = tablet.does("/users/2/mute");
    refused(&answer);
    assert_eq!(answer.exact_header("X-RateLimit-Limit"), Some("5"));
    tablet.get("/token").is(200);
    server.bob().does("/users/1/mute").is(200);
}

#[test]
fn a_token_can_be_given_back_whatever_the_limits_say() {
    let server = strict();
    let ada = server.ada();
    for _ in 0..3 {
        ada.does("/users/2/mute").is(200);
    }
    refused(&ada.does("/users/2/mute"));
    ada.delete("/token").is(200);
    // Only one's own: calls without a valid token are counted.
    for _ in 0..3 {
        ada.delete("/token").refused(401);
    }
    ada.delete("/token").refused(429);
}

#[test]
fn attempts_to_sign_in_are_counted_by_account_and_by_address_and_apart_from_reading() {
    let server = strict();
    for _ in 0..3 {
        sign_in(&server, "ada", "a guess").refused(400);
    }
    // The right password does not help either, nor another way to write the name.
    for name in ["ada", " @ADA "] {
        let answer = sign_in(&server, name, PASSWORD);
        answer.refused_as(429, "rate-limited");
        let retry = answer.meta()["retry_in"].as_u64().expect("retry_in");
        assert!((1..=60).contains(&retry), "{answer}");
    }
    // Another account is another bucket, until the address has none left.
    sign_in(&server, "bob", PASSWORD).is(200);
    sign_in(&server, "eve", PASSWORD).is(200);
    sign_in(&server, "dan", PASSWORD).refused(429);
    // Reading from the same address goes on, and so do tokens that were granted before.
    server.anonymous().get("/users/1").is(200);
    server.ada().does("/users/2/mute").is(200);
}

#[test]
fn too_many_checks_of_passwords_are_refused_and_reading_goes_on() {
    let server = TestServer::with_faults(&[]);
    let held = server.fault("password");
    let (calls, admitted) = (40, 17);
    let refused = std::sync::atomic::AtomicU64::new(0);
    let right = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..calls {
            scope.spawn(|| {
                let answer = sign_in(&server, "ada", PASSWORD);
                match answer.status {
                    200 => &right,
                    _ => {
                        answer.refused_as(503, "busy");
                        assert_eq!(answer.header("retry-after"), Some("1"));
                        &refused
                    }
                }
                .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            });
        }
        eventually("all but those that may wait are refused", || {
            refused.load(std::sync::atomic::Ordering::Relaxed) == calls - admitted
        });
        // More reads than the store has reading threads.
        for _ in 0..8 {
            server.ada().get("/users/2").is(200);
        }
        assert_eq!(
            server.counter("password_checks_refused_total"),
            calls - admitted
        );
        drop(held);
    });
    assert_eq!(right.into_inner(), admitted);
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
    let config = server.anonymous().get("/sys/config").data();
    let rate = &config["rate_limit"];
    assert_eq!(rate["authorized"]["writes"], 3, "{rate}");
    assert_eq!(rate["authorized"]["markers"], 120, "{rate}");
    assert_eq!(rate["user"]["writes"], 5, "{rate}");
    assert_eq!(rate["sign_in"]["per_account"], 3, "{rate}");
    assert_eq!(rate["seconds_banned"], 0, "{rate}");
}

#[test]
fn each_person_that_a_write_names_counts() {
    let server = strict();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}");
    let invites = |people: &[&str]| json!({"acl": {"write": {"user_ids": people}}});
    // One person is the call itself, so two calls and one more person are the three of the bucket.
    ada.put(&path, &invites(&["2", "3"])).is(200);
    refused(&ada.put(&path, &invites(&["2"])));
    bob.does("/users/3/mute").is(200);
    // A call that was let in may cost more than there is room for; what comes behind it waits.
    let new = json!({"type": "org.example.x", "acl": {"read": {"user_ids": ["1", "3", "4"]}}});
    bob.post("/channels", &new).is(201);
    refused(&bob.does("/users/3/mute"));
}

#[test]
fn each_person_of_a_new_private_channel_counts_and_of_an_old_one_none() {
    let server = strict();
    let (ada, bob) = (server.ada(), server.bob());
    let whisper = |from: &Person, to: &[&str]| {
        let body = json!({"text": "psst", "destinations": to});
        from.post("/channels/pm/messages", &body)
    };
    // The channel of three is made by the first call, which is two of the three of the bucket.
    whisper(&ada, &["2", "3"]).is(201);
    whisper(&ada, &["2", "3"]).is(201);
    refused(&whisper(&ada, &["2", "3"]));
    // It is there now.
    for _ in 0..3 {
        whisper(&bob, &["1", "3"]).is(201);
    }
    refused(&whisper(&bob, &["1", "3"]));
}

#[test]
fn a_form_counts_before_it_is_read_and_then_for_its_sender() {
    let server = TestServer::with(&[("RATE_LIMITS_ENABLED", "true"), ("RATE_LIMITS_WRITES", "3")]);
    // Forms that hold their token count for it, and no longer for the address.
    for person in [server.ada(), server.bob()] {
        for _ in 0..3 {
            let fields = format!("access_token={}", person.token());
            let answer = server.anonymous().form("PUT", "/users/3/mute", &fields);
            assert_eq!(answer.status, 200, "{answer}");
        }
    }
    let unfinished = |socket: &mut RawSocket| {
        socket.write(
            b"POST /v1/channels HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
              Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n",
        );
        socket.line()
    };
    let mut held: Vec<_> = (0..4).map(|_| RawSocket::connect(server.address)).collect();
    for socket in &mut held {
        // The head has been read, and its call begun.
        assert_eq!(unfinished(socket), "HTTP/1.1 100 Continue");
    }
    let mut last = held.pop().expect("a socket");
    assert_eq!(last.line(), "");
    assert_eq!(last.line(), "HTTP/1.1 429 Too Many Requests");
    server
        .anonymous()
        .form("PUT", "/users/3/mute", "")
        .refused(429);
}
