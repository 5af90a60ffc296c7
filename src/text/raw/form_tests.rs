//! The forms in which clients send raw, and what a refusal names.

use super::*;
use serde_json::json;

const LIMIT: usize = 8192;

fn message(kind: &str, item: impl Into<Value>) -> Result<Raw, Refused> {
    let item = item.into();
    check(&json!({ kind: [item] }), On::Message, LIMIT)
}

fn extended(mut item: Value, more: impl Into<Value>) -> Value {
    let more = more.into();
    let item_fields = item.as_object_mut().unwrap();
    item_fields.extend(more.as_object().unwrap().clone());
    item
}

fn settings(more: impl Into<Value>) -> Result<Raw, Refused> {
    let item = extended(json!({ "name": "Tea" }), more);
    check(&json!({ CHAT_SETTINGS: [item] }), On::Channel, LIMIT)
}

fn photo(more: impl Into<Value>) -> Result<Raw, Refused> {
    let item = json!({ "type": "photo", "version": "1.0", "width": 1, "height": 1,
        "url": "https://a.example" });
    message(OEMBED, extended(item, more))
}

fn names(checked: Result<Raw, Refused>, place: &str) {
    let expected = Refusal::RawInvalid.at(format!("raw.io.pnut.core.{place}"));
    assert_eq!(checked.unwrap_err(), expected);
}

#[test]
fn the_field_of_chat_settings_at_fault_is_named() {
    for (more, place) in [
        (json!({ "name": "\u{2060}" }), "name"),
        (json!({ "name": 5 }), "name"),
        (json!({ "categories": "fun" }), "categories"),
        (json!({ "categories": ["fun", "x"] }), "categories.1"),
        (json!({ "description": 5 }), "description"),
        (json!({ "description": { "text": 5 } }), "description.text"),
    ] {
        names(settings(more), &format!("chat-settings.0.{place}"));
    }
}

#[test]
fn the_field_of_an_oembed_at_fault_is_named() {
    for (more, place) in [
        (json!({ "width": "1" }), "width"),
        (json!({ "type": "gif" }), "type"),
        (json!({ "title": 5 }), "title"),
        (
            json!({ "thumbnail_url": "https://a.example" }),
            "thumbnail_width",
        ),
        (
            json!({ "type": "html5video", "sources": [{ "type": "video/mp4" }] }),
            "sources",
        ),
    ] {
        names(photo(more), &format!("oembed.0.{place}"));
    }
}

#[test]
fn the_field_of_other_types_at_fault_is_named() {
    let named_only = json!({ "canonical_url": "https://a.example", "source": { "name": "x" } });
    names(
        message(LANGUAGE, json!({ "language": "xx" })),
        "language.0.language",
    );
    names(message(CROSSPOST, json!({})), "crosspost.0.canonical_url");
    names(message(CROSSPOST, named_only), "crosspost.0.source.url");
    names(
        message(INVITE, json!({ "channel_id": "me" })),
        "channel.invite.0.channel_id",
    );
    names(message(LANGUAGE, 5), "language.0");
    names(
        message("io.pnut.core.poll-notice", json!({})),
        "poll-notice.0.+io.pnut.core.poll",
    );
    let second = json!({ LANGUAGE: [{ "language": "de" }, { "language": "xx" }] });
    names(check(&second, On::Message, LIMIT), "language.1.language");
}

#[test]
fn null_in_a_checked_type_means_absent() {
    let sent =
        json!({ CHAT_SETTINGS: [{ "name": "Tea", "categories": null, "description": null }] });
    let raw = check(&sent, On::Channel, LIMIT).unwrap();
    assert_eq!(
        Value::Object(raw.0),
        json!({ CHAT_SETTINGS: [{ "name": "Tea" }] })
    );
    let photo = json!({ "type": "photo", "version": "1.0", "width": 1, "height": 1,
        "url": "https://a.example", "title": null, "thumbnail_url": null, "own": { "a": null } });
    let raw = message(OEMBED, photo).unwrap();
    let item = raw.first(OEMBED).unwrap();
    assert!(!item.contains_key("title") && !item.contains_key("thumbnail_url"));
    // A field that must be there is not.
    let refused = message(LANGUAGE, json!({ "language": null })).unwrap_err();
    assert_eq!(
        refused,
        Refusal::RawInvalid.at(format!("raw.{LANGUAGE}.0.language"))
    );
}

#[test]
fn a_list_of_types_and_values_is_taken() {
    let item = |n: i32| json!({ "type": "com.example.x", "value": { "n": n } });
    let other = json!({ "type": "com.example.y", "value": [] });
    let expected = json!({ "com.example.x": [{ "n": 1 }, { "n": 2 }], "com.example.y": [{}] });
    for sent in [
        json!([item(1), item(2), other]),
        json!({ "0": item(1), "2": item(2), "3": other }),
        json!({ "com.example.x": { "1": { "n": 2 }, "0": { "n": 1 } }, "com.example.y": [[]] }),
    ] {
        let raw = check(&sent, On::Message, LIMIT).unwrap();
        assert_eq!(Value::Object(raw.0), expected, "{sent}");
    }
    // One entry alone, as pnut-butter documents it.
    let raw = check(&item(1), On::Message, LIMIT).unwrap();
    assert_eq!(
        Value::Object(raw.0),
        json!({ "com.example.x": [{ "n": 1 }] })
    );
    // `type` is a type like others if it holds a list, and nothing beside an entry is lost in silence.
    let raw = check(&json!({ "type": [{ "n": 1 }] }), On::Message, LIMIT).unwrap();
    assert_eq!(Value::Object(raw.0), json!({ "type": [{ "n": 1 }] }));
    for more in [json!({ "a.b": [{}] }), json!({ "text": "x" })] {
        let mut sent = item(1);
        sent.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        assert!(check(&sent, On::Message, LIMIT).is_err(), "{sent}");
    }
    assert!(check(&json!([]), On::Message, LIMIT).unwrap().is_empty());
    // As in the older API, a type without a value is removed.
    let current = Raw(expected.as_object().unwrap().clone());
    let left = merge(
        &current,
        &json!([{ "type": "com.example.x" }]),
        On::User,
        LIMIT,
    )
    .unwrap();
    assert_eq!(Value::Object(left.0), json!({ "com.example.y": [{}] }));
    for (wrong, place) in [
        (json!([{ "value": {} }]), "raw.0.type"),
        (
            json!({ "type": "com.example.x", "value": 5 }),
            "raw.com.example.x.0",
        ),
        (json!([item(1), 5]), "raw.1"),
        (
            json!([{ "type": "com.example.x", "value": 5 }]),
            "raw.com.example.x.0",
        ),
    ] {
        let refused = check(&wrong, On::Message, LIMIT).unwrap_err();
        assert_eq!(refused, Refusal::RawInvalid.at(place), "{wrong}");
    }
}
