use super::*;
use serde_json::json;

const LIMIT: usize = 8192;

fn refused(value: &Value, on: On) -> bool {
    check(value, on, LIMIT).is_err()
}

fn message(kind: &str, item: impl Into<Value>) -> Result<Raw, Refused> {
    let item = item.into();
    check(&json!({ kind: [item] }), On::Message, LIMIT)
}

#[test]
fn free_types_are_kept_as_they_are() {
    let sent = json!({ "com.example.x": [{ "a": 1 }, { "b": [true, null] }], "com.example.y": [] });
    let raw = check(&sent, On::Message, LIMIT).unwrap();
    assert_eq!(
        Value::Object(raw.0),
        json!({ "com.example.x": [{ "a": 1 }, { "b": [true, null] }] })
    );
}

#[test]
fn the_form_must_be_right() {
    for wrong in [
        json!([1]),
        json!([{ "value": {} }]),
        json!(null),
        json!("x"),
        json!({ "t": {} }),
        json!({ "t": null }),
        json!({ "t": [1] }),
        json!({ "t": [[1]] }),
        json!({ "": [{}] }),
    ] {
        assert!(refused(&wrong, On::Message), "{wrong}");
    }
    let two = json!({ "com.example.x": [{}, {}] });
    assert!(!refused(&two, On::Message));
    assert!(refused(&two, On::Channel) && refused(&two, On::User));
}

#[test]
fn size_is_limited() {
    let fits = json!({ "t": [{ "a": "x".repeat(LIMIT - r#"{"t":[{"a":""}]}"#.len()) }] });
    assert!(!refused(&fits, On::Message));
    let over = json!({ "t": [{ "a": "x".repeat(LIMIT - r#"{"t":[{"a":""}]}"#.len() + 1) }] });
    let refusal = check(&over, On::Message, LIMIT).unwrap_err();
    assert_eq!(refusal.refusal, Refusal::RawTooLarge);
}

#[test]
fn files_cannot_be_attached_yet() {
    for kind in ["com.example.x", "io.pnut.core.oembed"] {
        assert!(message(kind, json!({ "+io.pnut.core.file": { "file_id": "1" } })).is_err());
    }
    let avatar = json!({ "io.pnut.core.channel.avatar": [{ "file_id": "1" }] });
    assert!(refused(&avatar, On::Channel));
}

#[test]
fn small_core_types() {
    let good = [
        ("io.pnut.core.language", json!({ "language": "de" })),
        (
            "io.pnut.core.fallback_url",
            json!({ "url": "https://example.com/a" }),
        ),
        (
            "io.pnut.core.crosspost",
            json!({ "canonical_url": "https://example.com/a" }),
        ),
        (
            "io.pnut.core.crosspost",
            json!({ "canonical_url": "https://example.com/a", "user": { "username": "amy" },
                "source": { "name": "Blog", "url": "http://example.com" } }),
        ),
    ];
    for (kind, item) in good {
        let raw = message(kind, item.clone()).unwrap();
        assert_eq!(raw.0.get(kind), Some(&json!([item])));
    }
    let bad = [
        ("io.pnut.core.language", json!({ "language": "DE" })),
        ("io.pnut.core.language", json!({ "language": "de en" })),
        ("io.pnut.core.language", json!({})),
        ("io.pnut.core.fallback_url", json!({ "url": "example.com" })),
        (
            "io.pnut.core.fallback_url",
            json!({ "url": "javascript:alert(1)" }),
        ),
        ("io.pnut.core.crosspost", json!({ "canonical_url": "no" })),
        (
            "io.pnut.core.crosspost",
            json!({ "canonical_url": "https://a.com", "source": { "name": "x" } }),
        ),
        (
            "io.pnut.core.crosspost",
            json!({ "canonical_url": "https://a.com", "user": "amy" }),
        ),
    ];
    for (kind, item) in bad {
        assert!(message(kind, item.clone()).is_err(), "{kind} {item}");
    }
}

#[test]
fn oembed_rules() {
    let photo = json!({ "type": "photo", "version": "1.0", "width": 4, "height": 3,
        "url": "https://example.com/a.png", "custom": [1] });
    assert_eq!(
        message(OEMBED, photo.clone()).unwrap().0.get(OEMBED),
        Some(&json!([photo]))
    );
    let with = |key: &str, value: Value| {
        let mut item = photo.clone();
        item[key] = value;
        message(OEMBED, item)
    };
    assert!(with("thumbnail_url", json!("https://example.com/t.png")).is_err());
    assert!(with("license", json!("cc-by")).is_ok());
    let wrong = [
        ("license", json!("mine")),
        ("track_type", json!("noise")),
        ("width", json!("4")),
        ("height", json!(-1)),
        ("version", json!("1")),
        ("type", json!("photograph")),
        ("url", json!("javascript:alert(1)")),
        ("genre", json!("x".repeat(129))),
        ("title", json!(1)),
    ];
    for (key, value) in wrong {
        assert!(with(key, value.clone()).is_err(), "{key} {value}");
    }

    let audio = json!({ "type": "audio", "version": "1.0", "duration": 12.5 });
    assert!(message(OEMBED, audio).is_ok());
    let source = json!({ "type": "video/mp4", "url": "https://example.com/v" });
    let many = |n: usize| {
        json!({ "type": "html5video", "version": "1.0", "width": 4, "height": 3,
            "sources": vec![source.clone(); n] })
    };
    assert!(message(OEMBED, many(5)).is_ok());
    assert!(message(OEMBED, many(0)).is_err() && message(OEMBED, many(6)).is_err());
    let rich = json!({ "type": "rich", "version": "1.0", "width": 4, "height": 3 });
    assert!(message(OEMBED, rich).is_err());
}

#[test]
fn a_video_gets_its_player() {
    let video = json!({ "type": "video", "version": "1.0", "width": 4, "height": 3,
        "url": "https://example.com/v?a=1&b='2'", "poster_url": "https://example.com/p/{object_id}" });
    let mut raw = message(OEMBED, video).unwrap();
    with_object_id(&mut raw, 7);
    let item = raw.first(OEMBED).unwrap();
    assert_eq!(item["poster_url"], "https://example.com/p/7");
    assert_eq!(
        item["html"],
        "<video width=\"4\" height=\"3\" controls poster=\"https://example.com/p/7\" \
         src=\"https://example.com/v?a=1&amp;b=&#039;2&#039;\">\
         <iframe width=\"4\" height=\"3\" src=\"https://example.com/v?a=1&amp;b=&#039;2&#039;\">\
         </iframe></video>"
    );
}

#[test]
fn templates_can_be_switched_off() {
    let photo = |on: bool| {
        json!({ "type": "photo", "version": "1.0", "width": 4, "height": 3,
            "url": "https://example.com/{object_id}", "process_template": on })
    };
    let mut raw = check(
        &json!({ OEMBED: [photo(true), photo(false)] }),
        On::Message,
        LIMIT,
    )
    .unwrap();
    with_object_id(&mut raw, 7);
    assert_eq!(raw.0[OEMBED][0]["url"], "https://example.com/7");
    assert_eq!(raw.0[OEMBED][1]["url"], "https://example.com/{object_id}");
}

#[test]
fn invites_are_named() {
    let sent = json!({ INVITE: [{ "channel_id": "5", "name": "forged" }, { "channel_id": 3 }] });
    let mut raw = check(&sent, On::Message, LIMIT).unwrap();
    assert_eq!(invited_channels(&raw), [ChannelId(3), ChannelId(5)]);
    let mut names = HashMap::from([(ChannelId(5), Some(String::from("Lounge")))]);
    assert!(name_invites(&mut raw.clone(), &names).is_err());
    names.insert(ChannelId(3), None);
    name_invites(&mut raw, &names).unwrap();
    let named = json!([{ "channel_id": "5", "name": "Lounge" }, { "channel_id": "3" }]);
    assert_eq!(raw.0.get(INVITE), Some(&named));

    for id in [json!("x"), json!(null), json!("0"), json!(-1), json!(1.5)] {
        assert!(message(INVITE, json!({ "channel_id": id })).is_err());
    }
    assert!(refused(&sent, On::Channel));
}

#[test]
fn chat_settings() {
    let settings = |item: Value| check(&json!({ CHAT_SETTINGS: [item] }), On::Channel, LIMIT);
    for description in [
        json!("Hi <b> #fun"),
        json!({ "text": "Hi <b> #fun", "html": "<script>" }),
    ] {
        let raw = settings(json!({ "name": "Lounge", "description": description })).unwrap();
        assert_eq!(
            raw.first(CHAT_SETTINGS).unwrap()["description"],
            json!({ "text": "Hi <b> #fun",
                "html": "<span itemscope itemtype=\"https://pnut.io/schemas/Post\">Hi &lt;b&gt; \
                    <span data-tag-name=\"fun\" itemprop=\"tag\">#fun</span></span>",
                "entities": { "links": [], "mentions": [],
                    "tags": [{ "len": 4, "pos": 7, "text": "fun" }] } })
        );
    }
    let blank = settings(json!({ "name": "Lounge", "description": { "text": " " } })).unwrap();
    assert!(
        blank
            .first(CHAT_SETTINGS)
            .unwrap()
            .get("description")
            .is_none()
    );
    assert!(settings(json!({ "name": "Lounge", "categories": ["fun", "tech", "event"] })).is_ok());
    for wrong in [
        json!({}),
        json!({ "name": " " }),
        json!({ "name": 5 }),
        json!({ "name": "x".repeat(129) }),
        json!({ "name": "x", "categories": ["fun", "tech", "event", "general"] }),
        json!({ "name": "x", "categories": ["boring"] }),
        json!({ "name": "x", "categories": "fun" }),
        json!({ "name": "x", "description": "x".repeat(257) }),
        json!({ "name": "x", "description": 5 }),
    ] {
        assert!(settings(wrong.clone()).is_err(), "{wrong}");
    }
    let elsewhere = json!({ CHAT_SETTINGS: [{ "name": "x" }] });
    assert!(refused(&elsewhere, On::Message) && refused(&elsewhere, On::User));
}

#[test]
fn a_rendered_description_does_not_count() {
    let sent =
        json!({ CHAT_SETTINGS: [{ "name": "x", "description": { "text": "&".repeat(256) } }] });
    let size = sent.to_string().len();
    assert!(check(&sent, On::Channel, size).is_ok());
    assert!(check(&sent, On::Channel, size - 1).is_err());
}

#[test]
fn merging_keeps_replaces_and_removes() {
    let first = json!({ "a": [{ "n": 1 }], "b": [{ "n": 2 }], "c": [{ "n": 3 }] });
    let current = check(&first, On::Channel, LIMIT).unwrap();
    let merged = merge(
        &current,
        &json!({ "b": [{ "n": 5 }], "c": [] }),
        On::Channel,
        LIMIT,
    )
    .unwrap();
    assert_eq!(
        Value::Object(merged.0),
        json!({ "a": [{ "n": 1 }], "b": [{ "n": 5 }] })
    );
}

#[test]
fn settings_that_come_back_keep_their_links() {
    let sent =
        json!({ CHAT_SETTINGS: [{ "name": "x", "description": "[docs](https://a.com/d)" }] });
    let current = check(&sent, On::Channel, LIMIT).unwrap();
    let mut echo = Value::Object(current.0.clone());
    assert_eq!(merge(&current, &echo, On::Channel, LIMIT).unwrap(), current);
    echo[CHAT_SETTINGS][0]["name"] = json!("y");
    let renamed = merge(&current, &echo, On::Channel, LIMIT).unwrap();
    let (old, new) = (
        current.first(CHAT_SETTINGS).unwrap(),
        renamed.first(CHAT_SETTINGS).unwrap(),
    );
    assert_eq!(
        (&new["name"], &new["description"]),
        (&json!("y"), &old["description"])
    );
}
