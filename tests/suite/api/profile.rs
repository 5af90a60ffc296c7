//! One's own profile: what it takes, keeps and refuses.

use serde_json::{Value, json};

use crate::support::{TestServer, text};

#[test]
fn languages_by_their_form_and_time_zones_by_their_name() {
    let server = TestServer::start();
    let ada = server.ada();
    let set = |field: &str, value: &str| ada.patch("/users/me", &json!({field: value}));
    assert_eq!(set("locale", "pt_PT").is(200).data()["locale"], "pt_PT");
    assert_eq!(
        set("timezone", "asia/kolkata").is(200).data()["timezone"],
        "Asia/Kolkata"
    );
    for (field, value) in [
        ("locale", "portuguese"),
        ("locale", "pt-PT"),
        ("timezone", "Mars/Olympus_Mons"),
        ("timezone", "Europe/Atlantis"),
        ("timezone", ""),
    ] {
        let answer = set(field, value);
        assert_eq!(answer.refused(400), "invalid-value", "{field} {value}");
        answer.refused_at(400, field);
    }
    let shown = ada.get("/users/me").data();
    assert_eq!(shown["locale"], "pt_PT");
    assert_eq!(shown["timezone"], "Asia/Kolkata");
}

#[test]
fn a_field_of_a_wrong_type_is_refused_by_name_and_nothing_is_changed() {
    let server = TestServer::start();
    let ada = server.ada();
    let first = json!({"name": "Ada", "content": {"text": "Hello"}});
    ada.patch("/users/me", &first).is(200);
    for (field, value) in [
        ("content", json!("x")),
        ("name", json!([])),
        ("name", json!({"x": 1})),
        ("name", json!(true)),
        ("locale", json!(["de_DE"])),
        ("timezone", json!({})),
        ("raw", json!(5)),
    ] {
        for method in ["PATCH", "PUT"] {
            let mut body = json!({"name": "Eve", "locale": "de_DE", "timezone": "UTC"});
            body[field] = value.clone();
            let answer = ada.json(method, "/users/me", &body);
            assert_eq!(answer.refused(400), "wrong-type", "{answer}");
            answer.refused_at(400, field);
        }
    }
    let shown = ada.get("/users/me").data();
    assert_eq!(
        (text(&shown["name"]), text(&shown["content"]["text"])),
        ("Ada".into(), "Hello".into())
    );
    // The fields that are not given stay; with PUT they go.
    let all = json!({"locale": "de_DE", "timezone": "UTC", "content": []});
    let shown = ada.put("/users/me", &all).is(200).data();
    assert!(
        shown.get("name").is_none() && shown["content"].get("text").is_none(),
        "{shown}"
    );
}

#[test]
fn a_name_that_cannot_be_seen_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    for name in ["\u{200B}", "\u{202E}\u{2060}", "\u{3164}"] {
        ada.patch("/users/me", &json!({ "name": name }))
            .refused_at(400, "name");
    }
    // Right-to-left marks within a name are seen by what they do.
    ada.patch("/users/me", &json!({"name": "\u{200F}أدا"}))
        .is(200);
}

#[test]
fn links_that_a_client_made_itself_are_kept() {
    let server = TestServer::start();
    let ada = server.ada();
    let link = json!({"pos": 3, "len": 4, "url": "https://ada.example/"});
    let sent = json!({"content": {"text": "My page", "entities": {"links": [link]}}});
    let shown = ada.patch("/users/me", &sent).is(200).data();
    let links = |user: &Value| user["content"]["entities"]["links"].clone();
    assert_eq!(links(&shown)[0]["url"], "https://ada.example/");
    assert_eq!(shown["content"]["text"], "My page [ada.example]");

    // Sent back as it was received, by a client that changes the name only.
    let mut back = shown.clone();
    back["name"] = json!("Ada");
    let again = ada.put("/users/me", &back).is(200).data();
    assert_eq!(again["content"]["text"], "My page [ada.example]");
    assert_eq!(links(&again)[0]["url"], "https://ada.example/");

    // Sent back with another text: the link was of the former one.
    back["content"]["text"] = json!("Nothing there");
    let other = ada.put("/users/me", &back).is(200).data();
    assert_eq!(other["content"]["text"], "Nothing there");
    assert_eq!(links(&other), json!([]));
}
