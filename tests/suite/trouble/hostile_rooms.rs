//! Values of every kind in the fields of rooms, messages, markers, streams, filters and tokens, and in the forms of pages.

use serde_json::{Value, json};

use super::hostile_values::{each_kind, each_of, values};
use crate::support::browser::Browser;
use crate::support::template::{PASSWORD, template};
use crate::support::{Person, TestServer, build, text};

fn channel() -> Value {
    let group = json!({"any_user": true, "user_ids": ["2"], "immutable": false, "public": true});
    json!({"type": "io.pnut.core.chat", "raw": build::settings("Lounge"), "annotations": [],
        "acl": {"full": {"user_ids": ["2"]}, "write": group, "read": group}})
}

fn words() -> Value {
    json!({"text": "words", "reply_to": "1", "is_nsfw": false, "raw": {}, "annotations": [],
        "entities": {"parse_links": true, "links": [{"pos": 0, "len": 1, "url": "https://a.example"}]}})
}

/// Writing calls of a person about rooms.
fn calls(ada: &Person) -> Vec<(&'static str, String, Value)> {
    let room = build::room(ada, "Lounge");
    let said = build::says(ada, &room, "hello");
    let path = format!("/channels/{room}");
    let marker = json!({"name": format!("channel:{room}"), "id": said, "percentage": 5});
    let mut mail = words();
    mail["destinations"] = json!(["2", "@eve"]);
    vec![
        ("POST", String::from("/channels"), channel()),
        ("PUT", path.clone(), channel()),
        ("PATCH", path.clone(), channel()),
        ("POST", format!("{path}/messages"), words()),
        ("POST", String::from("/channels/pm/messages"), mail),
        (
            "POST",
            format!("{path}/messages/{said}/report"),
            json!({"reason": "nsfw"}),
        ),
        ("POST", String::from("/markers"), json!([marker])),
        (
            "PUT",
            format!("/users/me/presence{path}"),
            json!({"presence": "x", "expiration": 1}),
        ),
    ]
}

#[test]
fn rooms_messages_and_markers_take_or_refuse_each_kind_of_value() {
    let server = TestServer::start();
    let ada = server.ada();
    for (method, path, body) in calls(&ada) {
        each_kind(&ada, method, &path, &body);
    }
    for path in ["/channels", "/users/me/channels", "/users/me/messages"] {
        ada.get(&format!("{path}?include_raw=1&count=200")).is(200);
    }
}

#[test]
fn streams_filters_and_tokens_take_or_refuse_each_kind_of_value() {
    let server = TestServer::start();
    let app = server.app();
    let stream = json!({"type": "long_poll", "key": "kept", "object_types": ["post", "message"],
        "name": "x", "parameters": "include_raw=1"});
    // An address and no name: nothing is looked up.
    let hook = json!({"type": "webhook", "key": "hook", "object_types": ["post"], "filter_id": "1",
        "url": "https://127.0.0.1/hook"});
    build::app_stream(&app, "kept", &["post"]);
    each_kind(&app, "PUT", "/streams/kept", &stream);
    each_kind(&app, "POST", "/streams", &stream);
    each_kind(&app, "POST", "/streams", &hook);
    each_kind(&app, "PUT", "/streams/kept", &hook);
    let clause = json!({"object_type": "message", "field": "/data/content/text", "operator": "contains",
        "value": "x"});
    let filter = json!({"name": "x", "match_policy": "include_any", "clauses": [clause]});
    each_kind(&app, "POST", "/filters", &filter);
    let made = app.get("/filters").is(200).data();
    if let Some(id) = made.get(0).map(|filter| text(&filter["id"])) {
        each_kind(&app, "PUT", &format!("/filters/{id}"), &filter);
    }
    app.get("/streams").is(200);

    // A password costs much to check, so that only some of the values are tried.
    let some: Vec<String> = values().into_iter().step_by(5).collect();
    let template = template();
    let secret = &template.client_secret;
    let token = json!({"grant_type": "password", "client_id": template.client_id, "client_secret": secret,
        "password_grant_secret": secret, "username": "ada", "password": "wrong", "scope": "basic",
        "token_group": "x"});
    each_of(
        &some,
        &server.anonymous(),
        "POST",
        "/oauth/access_token",
        &token,
    );
    let code = json!({"grant_type": "authorization_code", "client_id": template.client_id,
        "client_secret": secret, "code": "x", "redirect_uri": "x", "code_verifier": "x"});
    each_of(
        &some,
        &server.anonymous(),
        "POST",
        "/oauth/access_token",
        &code,
    );
}

#[test]
fn forms_of_pages_take_or_refuse_each_kind_of_text() {
    let server = TestServer::start();
    let mut browser = Browser::of(&server, &server.ada());
    let mut stranger = Browser::new(&server);
    for value in values() {
        // As a text: what is between the quotes.
        let value = serde_json::from_str::<String>(&value).unwrap_or(value);
        for field in ["name", "text", "locale", "timezone", "badge_id"] {
            let page = browser.get("/account");
            let answer = browser.sends(&page, "/account", &[(field, &value)]);
            assert!(answer.status < 500, "{field}: {value:.40}: {answer}");
        }
        let page = stranger.get("/sign-in");
        for with in [
            [("username", &*value), ("password", "x")],
            [("username", "ada"), ("password", &value)],
        ] {
            let answer = stranger.sends(&page, "/sign-in", &with);
            assert!(answer.status < 500, "{with:.40?}: {answer}");
        }
        // Wherever a form wants to lead, it leads to this server.
        let mut other = Browser::new(&server);
        let page = other.get("/sign-in");
        let with = [
            ("username", "bob"),
            ("password", PASSWORD),
            ("next", &value),
        ];
        let answer = other.sends(&page, "/sign-in", &with);
        assert!(answer.status < 500, "{value:.40}: {answer}");
        let leads = answer.header("location").unwrap_or("/");
        assert!(
            leads.starts_with('/') && !leads.starts_with("//"),
            "{leads}"
        );
        for path in ["/sign-in", "/sign-up", "/oauth/authorize", "/account"] {
            let body = format!("csrf={0}&client_id={0}&username={0}", text_of(&value));
            let kind = [("Content-Type", "application/x-www-form-urlencoded")];
            let answer = stranger.call("POST", path, &kind, body);
            assert!(answer.status < 500, "{path}: {value:.40}: {answer}");
        }
    }
    assert_eq!(browser.get("/account").status, 200);
}

fn text_of(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}
