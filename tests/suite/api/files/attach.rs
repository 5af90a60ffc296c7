//! Files in raw: `+io.pnut.core.file` becomes what the server knows of the file.

use serde_json::{Value, json};

use super::{load, object, png};
use crate::support::build::{self, form};
use crate::support::{Person, TestServer, text};

const KEY: &str = "+io.pnut.core.file";

fn picture(person: &Person, width: u32, height: u32) -> Value {
    let bytes = png(width, height);
    let form = form(
        &[("type", "a.b")],
        &[("content", "a.png", "image/png", &bytes)],
    );
    person.uploads("/files", &form).is(201).data()
}

fn raw(kind: &str, file: &Value, format: &str) -> Value {
    json!({kind: [{"own": 1, KEY: {"file_id": file["id"], "file_token": file["file_token"], "format": format}}]})
}

#[test]
fn a_picture_in_a_post_is_filled_in_and_stays_loadable() {
    let server = TestServer::with(&[("FILES_URL_SECONDS", "3600")]);
    let (ada, bob) = (server.ada(), server.bob());
    let file = picture(&ada, 4, 2);
    let body = json!({"text": "look", "raw": raw("io.pnut.core.oembed", &file, "oembed")});
    let post = ada.post("/posts?include_post_raw=1", &body).is(201).data();
    let item = &post["raw"]["io.pnut.core.oembed"][0];
    assert_eq!(
        (&item["type"], &item["version"]),
        (&json!("photo"), &json!("1.0"))
    );
    assert_eq!(
        (&item["width"], &item["height"], &item["own"]),
        (&json!(4), &json!(2), &json!(1))
    );
    for name in [
        "url",
        "url_expires_at",
        "thumbnail_url",
        "embeddable_url",
        "provider_name",
        "provider_url",
        "file_token_read",
    ] {
        assert!(item[name].is_string(), "{name}: {item}");
    }
    assert!(item.get(KEY).is_none());
    // Whoever sees the post may read the file, also without an account.
    let path = format!("/posts/{}?include_post_raw=1", text(&post["id"]));
    let seen = server.anonymous().get(&path).is(200).data();
    let item = &seen["raw"]["io.pnut.core.oembed"][0];
    load(&server, &text(&item["url"]), &[]).is(200);
    load(&server, &text(&item["thumbnail_url"]), &[]).is(200);
    let id = text(&file["id"]);
    let read = text(&item["file_token_read"]);
    bob.get(&format!("/files/{id}?file_token_read={read}"))
        .is(200);
    assert_eq!(
        object(&ada, &id)["attached_to"]["posts"],
        json!([post["id"]])
    );
    ada.delete(&format!("/files/{id}")).is(200);
    let seen = bob.get(&path).data();
    let address = text(&seen["raw"]["io.pnut.core.oembed"][0]["url"]);
    load(&server, &address, &[]).refused_as(404, "file-not-found");
}

#[test]
fn a_sound_keeps_the_thumbnail_that_its_sender_names() {
    let server = TestServer::start();
    let ada = server.ada();
    let made = json!({"type": "a.b", "kind": "audio", "name": "a.mp3"});
    let file = ada.post("/files", &made).is(201).data();
    let path = format!("/files/{}/content", text(&file["id"]));
    let kind = [("Content-Type", "audio/mpeg")];
    ada.call("PUT", &path, &kind, b"ID3\x03\0\0\0\0\0\0")
        .is(204);
    let mut raw = raw("io.pnut.core.oembed", &file, "oembed");
    let item = &mut raw["io.pnut.core.oembed"][0];
    item["thumbnail_url"] = json!("https://a.example/cover.png");
    item["thumbnail_width"] = json!(90);
    item["thumbnail_height"] = json!(80);
    let body = json!({"text": "listen", "raw": raw});
    let post = ada.post("/posts?include_raw=1", &body).is(201).data();
    let item = &post["raw"]["io.pnut.core.oembed"][0];
    assert_eq!(item["type"], "audio");
    assert_eq!(item["thumbnail_url"], "https://a.example/cover.png");
    assert_eq!(item["thumbnail_width"], 90);
}

#[test]
fn only_a_token_or_the_owners_scope_attaches_a_file() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let file = picture(&ada, 4, 2);
    let says = |who: &Person, place: Value| {
        let text = place.to_string();
        who.post(
            "/posts",
            &json!({"text": text.get(..50).unwrap_or(&text), "raw": {"a.b": [{KEY: place}]}}),
        )
    };
    let id = &file["id"];
    says(&bob, json!({"file_id": id, "format": "url"})).refused_as(400, "unknown-file");
    let read = object(&ada, &text(id))["file_token_read"].clone();
    says(
        &bob,
        json!({"file_id": id, "file_token": read, "format": "url"}),
    )
    .refused_as(400, "unknown-file");
    says(&bob, json!({"file_id": "99", "format": "url"})).refused_as(400, "unknown-file");
    says(
        &bob,
        json!({"file_id": id, "file_token": file["file_token"], "format": "url"}),
    )
    .is(201);
    says(&ada, json!({"file_id": id, "format": "url"})).is(201);
    let narrow = server.with_scopes(&ada, "write_post,files:x.y");
    says(&narrow, json!({"file_id": id, "format": "metadata"})).refused_as(400, "unknown-file");
    says(&ada, json!({"file_id": id, "format": "other"})).refused_as(400, "raw-invalid");
    says(&ada, json!({"file_id": id, "format": "oembed"})).refused_as(400, "raw-invalid");
    says(&ada, json!({"format": "url"})).refused_as(400, "raw-invalid");
    let empty = ada
        .post("/files", &json!({"type": "a.b", "kind": "image"}))
        .data();
    says(&ada, json!({"file_id": empty["id"], "format": "url"})).refused_as(400, "file-incomplete");
    // What only looks as if the server had filled it in gives no address.
    let forged = json!({"text": "forged", "raw": {"a.b": [{"file_id": id, "file_token_read": "x",
        "url": "https://x.example/", "url_expires_at": "2030-01-01T00:00:00Z"}]}});
    let post = bob.post("/posts?include_raw=1", &forged).is(201).data();
    assert_eq!(post["raw"]["a.b"][0]["url"], "https://x.example/");
    let many: Vec<Value> = (0..11)
        .map(|_| json!({KEY: {"file_id": id, "format": "url"}}))
        .collect();
    ada.post("/posts", &json!({"text": "many", "raw": {"a.b": many}}))
        .refused_as(400, "raw-too-large");
}

#[test]
fn messages_channels_and_users_show_files_too() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    build::join(&room, &[&ada, &bob]);
    let file = picture(&ada, 200, 200);
    let mut stream = bob.stream_with("&include_raw=1");
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    let body = json!({"text": "look", "raw": raw("io.pnut.core.oembed", &file, "oembed")});
    let said = ada
        .post(&format!("/channels/{room}/messages"), &body)
        .is(201)
        .data();
    let event = stream.hears_text("look");
    let item = &event["data"][0]["raw"]["io.pnut.core.oembed"][0];
    load(&server, &text(&item["url"]), &[]).is(200);
    let id = text(&file["id"]);
    assert_eq!(
        object(&ada, &id)["attached_to"]["messages"],
        json!([said["id"]])
    );
    let path = format!("/channels/{room}?include_channel_raw=1");
    let avatar = "io.pnut.core.channel.avatar";
    let shown = ada
        .put(&path, &json!({"raw": raw(avatar, &file, "metadata")}))
        .is(200)
        .data();
    let item = &shown["raw"][avatar][0];
    assert_eq!(
        (&item["image_info"]["width"], &item["mime_type"]),
        (&json!(200), &json!("image/png"))
    );
    assert!(item.get("file_token").is_none() && item["url"].is_string());
    // Sent back as it was shown, it stays a file.
    let again = ada.put(&path, &json!({"raw": shown["raw"]})).is(200).data();
    load(&server, &text(&again["raw"][avatar][0]["url"]), &[]).is(200);
    let wrong = picture(&ada, 4, 2);
    ada.put(&path, &json!({"raw": raw(avatar, &wrong, "metadata")}))
        .refused_at(400, "image_info");
    ada.put(
        &path,
        &json!({"raw": {avatar: [{"url": "https://x.example"}]}}),
    )
    .refused_as(400, "raw-invalid");
    let profile = json!({"raw": raw("org.example.cv", &file, "url")});
    ada.patch("/users/me?include_user_raw=1", &profile).is(200);
    let seen = bob.get("/users/1?include_user_raw=1").data();
    load(
        &server,
        &text(&seen["raw"]["org.example.cv"][0]["url"]),
        &[],
    )
    .is(200);
    ada.delete(&format!("/channels/{room}/messages/{}", text(&said["id"])))
        .is(200);
    assert_eq!(object(&ada, &id).get("attached_to"), None);
}

#[test]
fn polls_and_files_show_files_as_posts_do() {
    let server = TestServer::start();
    let ada = server.ada();
    let file = picture(&ada, 4, 2);
    let (id, kind) = (text(&file["id"]), "org.example.x");
    let mut ballot = build::ballot("Which?", &["This", "That"]);
    ballot["raw"] = raw(kind, &file, "url");
    let poll = ada.post("/polls?include_raw=1", &ballot).is(201).data();
    let item = &poll["raw"][kind][0];
    assert_eq!((&item["file_id"], &item["own"]), (&json!(id), &json!(1)));
    assert!(item.get(KEY).is_none(), "{item}");
    load(&server, &text(&item["url"]), &[]).is(200);
    let poll_id = text(&poll["id"]);
    let shown = ada.get(&format!("/files/{id}")).data();
    assert_eq!(shown["attached_to"], json!({"polls": [poll_id]}));
    ada.delete(&format!("/polls/{poll_id}")).is(200);
    let shown = ada.get(&format!("/files/{id}")).data();
    assert!(shown.get("attached_to").is_none(), "{shown}");

    let path = format!("/files/{}?include_raw=1", text(&picture(&ada, 3, 3)["id"]));
    let body = json!({"raw": raw(kind, &file, "url")});
    let other = ada.patch(&path, &body).is(200).data();
    load(&server, &text(&other["raw"][kind][0]["url"]), &[]).is(200);
    let made = json!({"type": "a.b", "kind": "other", "raw": raw(kind, &file, "url")});
    let made = ada.post("/files?include_raw=1", &made).is(201).data();
    assert_eq!(made["raw"][kind][0]["file_id"], json!(id));
    // Annotations are raw in other clothes: with addresses of now, and without the server's own notes.
    let post = json!({"text": "look", "raw": raw(kind, &file, "url")});
    let post = ada.post("/posts?include_annotations=1", &post).is(201);
    let value = post.data()["annotations"][0]["value"].clone();
    assert!(value.get(KEY).is_none(), "{value}");
    load(&server, &text(&value["url"]), &[]).is(200);
}
