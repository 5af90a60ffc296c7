//! The rule about control characters, over everything that can be written.

use serde_json::{Value, json};

use crate::support::database::url_of_file;
use crate::support::template::{PASSWORD, template};
use crate::support::{Person, TestServer, build, cli, text};

const NUL: &str = "a\0b";

/// A body that is fine, and the places in it where a text stands.
struct Writable {
    method: &'static str,
    path: String,
    body: Value,
    /// JSON pointers.
    texts: &'static [&'static str],
}

#[expect(clippy::too_many_lines, reason = "a table of fields")]
fn writable(room: &str, circle: &str) -> Vec<Writable> {
    let raw = json!({"org.example.note": [{"title": "t", "deep": {"list": ["x", {"y": "z"}]}}]});
    vec![
        Writable {
            method: "POST",
            path: format!("/channels/{room}/messages"),
            body: json!({
                "text": "see that",
                "entities": {"links": [{"pos": 4, "len": 4, "url": "https://a.example", "title": "t"}]},
                "raw": raw,
                "reply_to": null,
            }),
            texts: &[
                "/text",
                "/entities/links/0/url",
                "/entities/links/0/title",
                "/raw/org.example.note/0/title",
                "/raw/org.example.note/0/deep/list/0",
                "/raw/org.example.note/0/deep/list/1/y",
                "/reply_to",
            ],
        },
        Writable {
            method: "POST",
            path: String::from("/channels/pm/messages"),
            body: json!({"text": "psst", "destinations": ["@bob"]}),
            texts: &["/text", "/destinations/0"],
        },
        Writable {
            method: "POST",
            path: String::from("/channels"),
            body: json!({
                "type": "io.pnut.core.chat",
                "acl": {"write": {"user_ids": ["@bob"]}, "read": {"public": "1"}},
                "raw": build::settings("Tea"),
            }),
            texts: &[
                "/type",
                "/acl/write/user_ids/0",
                "/acl/read/public",
                "/raw/io.pnut.core.chat-settings/0/name",
                "/raw/io.pnut.core.chat-settings/0/description/text",
            ],
        },
        Writable {
            method: "PUT",
            path: format!("/channels/{circle}"),
            body: json!({"acl": {"read": {"user_ids": ["@bob"]}}, "raw": raw}),
            texts: &["/acl/read/user_ids/0", "/raw/org.example.note/0/title"],
        },
        Writable {
            method: "PATCH",
            path: String::from("/users/me"),
            body: json!({
                "name": "Ada",
                "content": {"text": "mathematician"},
                "locale": "en_GB",
                "timezone": "Europe/London",
                "raw": raw,
            }),
            texts: &[
                "/name",
                "/content/text",
                "/locale",
                "/timezone",
                "/raw/org.example.note/0/title",
            ],
        },
        Writable {
            method: "PUT",
            path: String::from("/users/me/presence"),
            body: json!({"presence": "at tea", "expiration": "99999999999"}),
            texts: &["/presence", "/expiration"],
        },
        Writable {
            method: "POST",
            path: String::from("/markers"),
            body: json!([{"name": format!("channel:{room}"), "id": "0"}]),
            texts: &["/0/name", "/0/id"],
        },
        Writable {
            method: "POST",
            path: String::from("/text/process"),
            body: json!({"text": "see @bob"}),
            texts: &["/text"],
        },
    ]
}

fn refused(person: &Person, method: &str, path: &str, body: &Value) {
    let answer = person.json(method, path, body);
    answer.refused_as(400, "nul-character");
}

#[test]
fn a_nul_is_refused_in_every_text_and_every_field_name_that_can_be_written() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, circle) = (build::room(&ada, "Tea"), build::circle(&ada, &[&bob]));
    for Writable {
        method,
        path,
        body,
        texts,
    } in writable(&room, &circle)
    {
        for place in texts {
            let mut broken = body.clone();
            *broken
                .pointer_mut(place)
                .unwrap_or_else(|| panic!("{place}")) = json!(NUL);
            refused(&ada, method, &path, &broken);
        }
        if let Some(mut fields) = body.as_object().cloned() {
            fields.insert(String::from(NUL), json!(1));
            refused(&ada, method, &path, &Value::Object(fields));
        }
        // Nothing else is wrong with them.
        let answer = ada.json(method, &path, &body);
        assert!(
            matches!(answer.status, 200 | 201),
            "{method} {path}: {answer}"
        );
    }
    let mut named = json!({"text": "x", "raw": {"a\0b": [{}]}});
    refused(&ada, "POST", &format!("/channels/{room}/messages"), &named);
    named["raw"] = json!({"a.b": [{"deep": [{"c\0d": 1}]}]});
    refused(&ada, "POST", &format!("/channels/{room}/messages"), &named);
    let said = ada.get(&format!("/channels/{room}/messages")).data();
    assert_eq!(
        said.as_array().map(Vec::len),
        Some(1),
        "only the good one: {said}"
    );
}

#[test]
fn a_nul_is_refused_in_forms_and_in_the_json_inside_of_them() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Tea");
    let path = format!("/channels/{room}/messages");
    for fields in [
        "text=a%00b",
        "text=a&raw=%7B%22x%22%3A%5B%7B%22y%22%3A%22a%5Cu0000b%22%7D%5D%7D",
        "text=a&nobody%00=1",
    ] {
        ada.form("POST", &path, fields)
            .refused_as(400, "nul-character");
    }
    let part = "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\0b\r\n--x--\r\n";
    let kind = [("Content-Type", "multipart/form-data; boundary=x")];
    ada.call("POST", &path, &kind, part.as_bytes())
        .refused_as(400, "nul-character");
    // A text that holds the raw, in a JSON body.
    let body = json!({"text": "x", "raw": r#"{"x":[{"y":"a\u0000b"}]}"#});
    refused(&ada, "POST", &path, &body);
}

#[test]
fn a_nul_is_refused_by_the_token_endpoint_in_each_of_its_fields() {
    let server = TestServer::start();
    let template = template();
    let fields = [
        ("grant_type", "password"),
        ("client_id", template.client_id.as_str()),
        ("client_secret", template.client_secret.as_str()),
        ("username", "ada"),
        ("password", PASSWORD),
        ("scope", "basic"),
    ];
    for (broken, _) in fields {
        let pairs = fields.map(|(name, value)| {
            let nul = if name == broken { "%00" } else { "" };
            format!("{name}={}{nul}", value.replace(' ', "+"))
        });
        let answer = server
            .anonymous()
            .form("POST", "/oauth/access_token", &pairs.join("&"));
        answer.refused_as(400, "nul-character");
    }
}

#[test]
fn a_nul_is_refused_in_queries_and_paths() {
    let server = TestServer::start();
    let ada = server.ada();
    for path in [
        "/channels/search?q=tea%00",
        "/channels/messages/search?q=tea%00",
        "/users?ids=@ada%00",
        "/users/@ada%00",
        "/users/me?update_presence=a%00b",
        "/feed/rss/channels/search?uri_template=%00",
    ] {
        ada.get(path).refused_as(400, "nul-character");
    }
    assert_eq!(text(&ada.get("/presence/me").data()["presence"]), "offline");
}

#[test]
fn an_app_stream_takes_no_nul() {
    let server = TestServer::start();
    let app = server.app();
    for place in ["/type", "/key", "/object_types/0"] {
        let mut body = json!({"type": "long_poll", "key": "k", "object_types": ["message"]});
        *body.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = json!(NUL);
        refused(&app, "POST", "/streams", &body);
    }
}

#[test]
fn other_control_characters_are_kept_in_texts_and_refused_in_names() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Tea");
    let said = "one\ttwo\n\u{2}bold\u{f} \u{7f}\u{85}end";
    let body = json!({"text": said, "raw": {"org.example.note": [{"t": said}]}});
    let path = format!("/channels/{room}/messages?include_raw=1");
    let message = ada.post(&path, &body).is(201).data();
    assert_eq!(message["content"]["text"], said);
    assert_eq!(message["raw"]["org.example.note"][0]["t"], said);
    for control in ["\n", "\t", "\u{1b}", "\u{85}"] {
        let name = format!("a{control}b");
        ada.patch("/users/me", &json!({ "name": name }))
            .refused_at(400, "name");
        let chat = json!({"type": "io.pnut.core.chat", "raw": build::settings(&name)});
        ada.post("/channels", &chat).refused_as(400, "raw-invalid");
        let raw = json!({"text": "x", "raw": {name: [{}]}});
        ada.post(&path, &raw).refused_as(400, "raw-invalid");
    }
}

#[test]
fn the_command_line_follows_the_rule_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = url_of_file(folder.path());
    let db = ["--database-url", url.as_str()];
    let named = [&["client", "create", "--name", "a\nb"], &db[..]].concat();
    let linked = [
        &[
            "client",
            "create",
            "--name",
            "a",
            "--url",
            "https://a.example/\u{1b}",
        ],
        &db[..],
    ]
    .concat();
    for arguments in [named, linked] {
        let output = cli::run(&arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("control character"), "{said}");
    }
    let user = [&["user", "create", "grace", "--password-stdin"], &db[..]].concat();
    let output = cli::run_with_input(&user, "a\0b\n");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("NUL"));
    let file = folder.path().join("groundnut.toml");
    std::fs::write(
        &file,
        "[server]\npublic_url = \"https://a.example\\u0000\"\n",
    )
    .expect("a file");
    let output = cli::run(&[
        "serve",
        "--bind",
        "127.0.0.1:0",
        "--config",
        &file.display().to_string(),
    ]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("server.public_url") && said.contains("origin"),
        "{said}"
    );
}
