//! `POST /channels`

use serde_json::{Value, json};

use crate::support::{TestServer, build, text};

#[test]
fn a_new_channel_has_its_whole_shape() {
    let server = TestServer::start();
    let ada = server.ada();
    let body = json!({"type": "org.example.x", "acl": {"write": {"user_ids": ["2"]}}});
    let made = ada.post("/channels", &body).is(201).data();
    assert_eq!(made["type"], "org.example.x");
    assert_eq!(text(&made["created_at"]).len(), 20);
    assert_eq!(made["user"]["id"], "1");
    assert_eq!(
        made["acl"],
        json!({
            "full": {"immutable": false, "you": true, "user_ids": []},
            "write": {"any_user": false, "immutable": false, "you": true, "user_ids": ["2"]},
            "read": {"any_user": false, "public": false, "immutable": false, "you": true, "user_ids": []},
        })
    );
    assert_eq!(made["counts"], json!({"messages": 0, "subscribers": 0}));
    for name in [
        "has_sticky_messages",
        "has_unread",
        "you_subscribed",
        "you_muted",
    ] {
        assert_eq!(made[name], false, "{name}");
    }
    for name in [
        "is_active",
        "recent_message_id",
        "raw",
        "user_id",
        "pagination_id",
        "auto_subscribe",
    ] {
        assert!(made.get(name).is_none(), "{name}: {made}");
    }
    assert!(!made.to_string().contains("null"), "{made}");
}

#[test]
fn a_new_channel_has_no_subscribers_not_even_its_owner() {
    let server = TestServer::start();
    let ada = server.ada();
    let circle = build::circle(&ada, &[&server.bob()]);
    let channel = ada.get(&format!("/channels/{circle}")).data();
    assert_eq!(channel["counts"]["subscribers"], 0);
    assert_eq!(channel["you_subscribed"], false);
}

#[test]
fn auto_subscribe_takes_the_owner_and_all_listed_users_that_have_not_muted() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    dan.does("/users/1/block").is(200);
    let body = json!({
        "type": "org.example.x",
        "auto_subscribe": true,
        "acl": {"full": {"user_ids": [bob.id]}, "write": {"user_ids": [dan.id]}, "read": {"user_ids": [eve.id]}},
    });
    let made = ada.post("/channels", &body).is(201).data();
    assert_eq!(made["you_subscribed"], true);
    assert_eq!(
        made["counts"]["subscribers"], 3,
        "ada, bob, eve; dan blocks ada"
    );
    assert!(made.get("auto_subscribe").is_none());
    let path = format!("/channels/{}", text(&made["id"]));
    assert_eq!(eve.get(&path).data()["you_subscribed"], true);
    assert_eq!(dan.get(&path).data()["you_subscribed"], false);
}

#[test]
fn members_may_be_numbers_texts_or_names_and_sit_in_one_group() {
    let server = TestServer::start();
    let ada = server.ada();
    let body = json!({"type": "org.example.x", "acl": {
        "full": {"user_ids": [2, "1"], "you": true, "users": [{"id": "9"}]},
        "write": {"user_ids": ["2", "@EVE"], "any_user": "0"},
        "read": {"user_ids": ["4", 4, "@bob", "@eve"]},
    }});
    let acl = ada.post("/channels", &body).is(201).data()["acl"].clone();
    assert_eq!(
        acl["full"]["user_ids"],
        json!(["2"]),
        "the owner is never listed"
    );
    assert_eq!(acl["write"]["user_ids"], json!(["3"]));
    assert_eq!(acl["read"]["user_ids"], json!(["4"]));
}

#[test]
fn flags_that_follow_from_others_are_set() {
    let server = TestServer::start();
    let ada = server.ada();
    let acl = |acl: Value| {
        let made = ada.post("/channels", &json!({"type": "org.example.x", "acl": acl}));
        made.is(201).data()["acl"].clone()
    };
    let written =
        acl(json!({"write": {"any_user": true}, "read": {"any_user": false, "immutable": true}}));
    assert_eq!(
        written["read"]["any_user"], true,
        "users that may write may read"
    );
    let public = acl(json!({"read": {"public": true}}));
    assert_eq!(
        public["read"]["any_user"], true,
        "what is public is open to users too"
    );
    assert_eq!(public["write"]["any_user"], false);
}

#[test]
fn a_chat_room_needs_settings_that_hold() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = |settings: Value| {
        let raw = json!({"io.pnut.core.chat-settings": [settings]});
        ada.post(
            "/channels",
            &json!({"type": "io.pnut.core.chat", "raw": raw}),
        )
    };
    ada.post("/channels", &json!({"type": "io.pnut.core.chat"}))
        .refused(400);
    room(json!({"name": ""})).refused(400);
    room(json!({"description": {"text": "no name"}})).refused(400);
    room(json!({"name": "x", "description": {"text": "d".repeat(257)}})).refused(400);
    room(json!({"name": "x", "categories": ["fun", "tech", "event", "general"]})).refused(400);
    room(json!({"name": "x", "categories": ["underwater"]})).refused(400);
    let made = room(
        json!({"name": "Tea", "description": "as an old client says it", "categories": ["fun"]}),
    );
    let id = text(&made.is(201).data()["id"]);
    let raw = ada.get(&format!("/channels/{id}?include_raw=1")).data()["raw"].clone();
    let settings = &raw["io.pnut.core.chat-settings"][0];
    assert_eq!(settings["name"], "Tea");
    assert_eq!(settings["categories"], json!(["fun"]));
    assert_eq!(settings["description"]["text"], "as an old client says it");
    assert!(settings["description"]["html"].is_string());
    assert!(settings["description"]["entities"]["mentions"].is_array());
    // The settings belong to chat rooms only.
    let body = json!({"type": "org.example.x", "raw": build::settings("x")});
    ada.post("/channels", &body).refused(400);
}

#[test]
fn raw_is_one_item_per_type_and_bounded() {
    let server = TestServer::start();
    let ada = server.ada();
    let with = |raw: Value| ada.post("/channels", &json!({"type": "org.example.x", "raw": raw}));
    let made = with(
        json!({"org.example.a": [{"n": 1}], "org.example.b": [{"deep": {"er": [1, 2.5, null]}}]}),
    );
    let id = text(&made.is(201).data()["id"]);
    let shown = ada
        .get(&format!("/channels/{id}?include_channel_raw=1"))
        .data();
    assert_eq!(
        shown["raw"]["org.example.b"],
        json!([{"deep": {"er": [1, 2.5, null]}}])
    );
    assert!(
        ada.get(&format!("/channels/{id}"))
            .data()
            .get("raw")
            .is_none()
    );
    with(json!({"org.example.a": [{"n": 1}, {"n": 2}]})).refused(400);
    with(json!({"org.example.a": {"n": 1}})).refused(400);
    with(json!("text")).refused(400);
    with(json!({"org.example.a": [{"t": "x".repeat(8200)}]})).refused_as(400, "raw-too-large");
    with(json!({"io.pnut.core.fallback_url": [{"url": "not a url"}]})).refused(400);
    with(json!({"io.pnut.core.fallback_url": [{"url": "https://example.org/x"}]})).is(201);
}

#[test]
fn bad_channels_are_refused_and_the_field_is_named() {
    let server = TestServer::start();
    let ada = server.ada();
    let many: Vec<String> = (1..=201).map(|n| n.to_string()).collect();
    for (bad, field) in [
        (json!({}), "type"),
        (json!({"type": 7}), "type"),
        (json!({"type": ""}), "type"),
        (json!({"type": "with blanks"}), "type"),
        (json!({"type": "t".repeat(129)}), "type"),
        (json!({"type": "io.pnut.core.pm"}), "type"),
        (json!({"type": "x.y", "acl": "open"}), "acl"),
        (
            json!({"type": "x.y", "acl": {"write": {"user_ids": {"2": true}}}}),
            "user_ids",
        ),
        (
            json!({"type": "x.y", "acl": {"write": {"user_ids": [{}]}}}),
            "user_ids",
        ),
        (
            json!({"type": "x.y", "acl": {"write": {"user_ids": ["999"]}}}),
            "user_ids",
        ),
        (
            json!({"type": "x.y", "acl": {"write": {"user_ids": ["@nobody"]}}}),
            "user_ids",
        ),
        (
            json!({"type": "x.y", "acl": {"write": {"user_ids": many}}}),
            "",
        ),
    ] {
        let answer = ada.post("/channels", &bad);
        assert_eq!(answer.status, 400, "{bad}: {answer}");
        answer.refused_at(400, field);
    }
    server
        .anonymous()
        .post("/channels", &json!({"type": "x.y"}))
        .refused_as(401, "token-required");
    server
        .app()
        .post("/channels", &json!({"type": "x.y"}))
        .refused_as(403, "wrong-token-kind");
    server
        .with_scopes(&ada, "basic")
        .post("/channels", &json!({"type": "x.y"}))
        .refused(403);
}
