//! Files are uploaded, whole or in two steps; what cannot be kept leaves nothing behind.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::{Value, json};

use super::{object, on_disk, png};
use crate::support::build::form;
use crate::support::http::{read_answer, request};
use crate::support::{DEADLINE, Person, TestServer, eventually, text};

fn multipart() -> String {
    let boundary = crate::support::build::BOUNDARY;
    format!("multipart/form-data; boundary={boundary}")
}

fn uploads(person: &Person, fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Value {
    let form = form(
        fields,
        &[("content", name, "application/octet-stream", bytes)],
    );
    person.uploads("/files", &form).is(201).data()
}

#[test]
fn a_picture_in_one_form_has_every_field() {
    let server = TestServer::start();
    let ada = server.ada();
    let fields = [
        ("type", "com.example.photo"),
        ("kind", "image"),
        ("is_public", "0"),
    ];
    let bytes = png(4, 2);
    let file = uploads(&ada, &fields, "../a photo.png", &bytes);
    assert_eq!(file["name"], "a photo.png", "without its path");
    assert_eq!(
        (&file["kind"], &file["mime_type"]),
        (&json!("image"), &json!("image/png"))
    );
    assert_eq!(file["image_info"], json!({"width": 4, "height": 2}));
    assert_eq!(
        (&file["size"], &file["total_size"]),
        (&json!(bytes.len()), &json!(bytes.len()))
    );
    assert_eq!(text(&file["sha256"]).len(), 64);
    assert_eq!(
        (&file["is_complete"], &file["is_public"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&file["user"]["id"], &file["type"]),
        (&json!("1"), &json!("com.example.photo"))
    );
    for name in ["file_token", "url", "url_expires_at", "created_at"] {
        assert!(file[name].is_string(), "{name}: {file}");
    }
    assert!(file["source"]["name"].is_string());
    for name in ["upload_parameters", "url_short", "is_deleted", "raw"] {
        assert!(file.get(name).is_none(), "{name}: {file}");
    }
    assert_eq!(object(&ada, &text(&file["id"]))["sha256"], file["sha256"]);
}

#[test]
fn fields_may_follow_the_contents_or_be_one_part() {
    let server = TestServer::start();
    let ada = server.ada();
    let boundary = crate::support::build::BOUNDARY;
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"content\"; filename=\"x.txt\"\r\n\r\nwords\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"metadata\"; filename=\"m.json\"\r\n\
         Content-Type: application/json\r\n\r\n{{\"type\":\"a.b\",\"name\":\"y.txt\",\"is_public\":true}}\r\n--{boundary}--\r\n"
    );
    let file = ada.uploads("/files", body.as_bytes()).is(201).data();
    assert_eq!(
        (&file["name"], &file["kind"]),
        (&json!("y.txt"), &json!("other"))
    );
    assert!(file["url_short"].is_string() && file["file_token_read"].is_string());
}

#[test]
fn a_file_is_made_first_and_filled_later_by_a_form_or_by_bytes() {
    let server = TestServer::start();
    let ada = server.ada();
    let body = json!({"type": "a.b", "kind": "image", "name": "x.png"});
    for (method, is_form) in [("PUT", false), ("POST", true), ("PUT", true)] {
        let made = ada.post("/files", &body).is(201).data();
        let id = text(&made["id"]);
        assert_eq!(made["is_complete"], false);
        assert_eq!(made["upload_parameters"]["method"], "POST");
        let address = text(&made["upload_parameters"]["url"]);
        assert!(
            address.ends_with(&format!("/v1/files/{id}/content")),
            "{address}"
        );
        let path = format!("/files/{id}/content");
        assert_eq!(ada.get(&path).status, 204, "nothing to lead to");
        let bytes = png(3, 3);
        let (kind, sent) = match is_form {
            true => (
                multipart(),
                form(&[], &[("content", "z.png", "image/png", &bytes)]),
            ),
            false => (String::from("image/png"), bytes),
        };
        let filled = ada.call(method, &path, &[("Content-Type", &kind)], &sent);
        assert_eq!(filled.status, 204, "{filled}");
        let whole = object(&ada, &id);
        assert_eq!(
            (&whole["is_complete"], &whole["name"]),
            (&json!(true), &json!("x.png"))
        );
        assert_eq!(whole["image_info"]["width"], 3);
        ada.call(method, &path, &[("Content-Type", &kind)], &sent)
            .refused_as(400, "file-complete");
    }
    ada.post("/files", &json!({"type": "a.b"}))
        .refused_at(400, "kind");
}

#[test]
fn a_client_may_bring_small_pictures_of_its_own() {
    let server = TestServer::start();
    let ada = server.ada();
    let (whole, small) = (png(300, 300), png(200, 200));
    let parts: [(&str, &str, &str, &[u8]); 2] = [
        ("content", "a.png", "image/png", &whole),
        ("a_image_thumb_200s", "t.png", "image/png", &small),
    ];
    let file = ada
        .uploads("/files", &form(&[("type", "a.b")], &parts))
        .is(201)
        .data();
    let derived = &file["derived_files"]["core_image_200s"];
    assert_eq!(derived["size"], small.len());
    assert_eq!(derived["image_info"], json!({"width": 200, "height": 200}));
    assert!(file["total_size"].as_u64() > file["size"].as_u64());
    let wrong = form(
        &[("type", "a.b")],
        &[parts[0], ("core_image_200s", "t.png", "image/png", &whole)],
    );
    ada.uploads("/files", &wrong)
        .refused_as(400, "file-not-what-it-says");
    let made = ada
        .post("/files", &json!({"type": "a.b", "kind": "image"}))
        .data();
    let path = format!("/files/{}/content", text(&made["id"]));
    let kind = [("Content-Type", "image/png")];
    ada.call("PUT", &format!("{path}/core_image_200s"), &kind, &small)
        .is(204);
    ada.call("PUT", &format!("{path}/core_secret"), &kind, &small)
        .refused_at(400, "key");
    ada.call("PUT", &path, &kind, &whole).is(204);
    let whole = object(&ada, &text(&made["id"]));
    assert!(whole["derived_files"]["core_image_200s"]["url"].is_string());
}

/// Fields, bytes, and why they are refused.
type Lie<'l> = (Vec<(&'l str, &'l str)>, &'l [u8], &'l str);

const HTML: &[u8] = b"<html><script>alert(1)</script>";

#[rustfmt::skip]
fn lies(song: &[u8]) -> Vec<Lie<'_>> {
    vec![
        (vec![("type", "a.b"), ("kind", "image")], HTML, "file-not-what-it-says"),
        (vec![("type", "a.b"), ("mime_type", "image/png")], HTML, "file-not-what-it-says"),
        (vec![("type", "a.b"), ("kind", "audio"), ("mime_type", "image/png")], HTML, "invalid-value"),
        (vec![("type", "a.b")], b"\x89PNG\r\n\x1a\nbroken", "file-not-what-it-says"),
        (vec![("type", "a.b"), ("sha256", "0000000000000000000000000000000000000000000000000000000000000000")], HTML, "file-not-what-it-says"),
        (vec![("type", "a.b")], b"", "missing-field"),
        (vec![("type", "a b")], HTML, "invalid-value"),
        (vec![], HTML, "missing-field"),
        (vec![("type", "a.b"), ("kind", "audio")], song, "file-too-large"),
    ]
}

#[test]
fn contents_that_are_not_what_they_say_are_refused_and_leave_nothing() {
    let server = TestServer::with(&[
        ("FILES_MAX_BYTES", "100000"),
        ("FILES_AUDIO_MAX_BYTES", "2000"),
    ]);
    let ada = server.ada();
    let mut song = b"ID3".to_vec();
    song.resize(3000, 0);
    for (fields, bytes, slug) in lies(&song) {
        let form = form(&fields, &[("content", "x", "image/png", bytes)]);
        ada.uploads("/files", &form).refused_as(400, slug);
    }
    let large = form(
        &[("type", "a.b")],
        &[("content", "x", "x/y", &[7; 150_000])],
    );
    ada.uploads("/files", &large)
        .refused_as(400, "file-too-large");
    let file = uploads(
        &ada,
        &[("type", "a.b"), ("mime_type", "text/html")],
        "x.html",
        HTML,
    );
    assert_eq!(
        (&file["kind"], &file["mime_type"]),
        (&json!("other"), &json!("text/html"))
    );
    assert_eq!(
        ada.get("/users/me/files").data().as_array().map(Vec::len),
        Some(1)
    );
    eventually("only the whole one is on the disk", || {
        on_disk(&server.data().join("files")).len() == 1
    });
}

#[test]
fn a_body_that_is_cut_or_never_ends_is_given_up_and_leaves_nothing() {
    let server = TestServer::with(&[("FILES_MAX_BYTES", "200000")]);
    let ada = server.ada();
    let bearer = format!("Bearer {}", ada.token());
    let kind = multipart();
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", kind.as_str()),
    ];
    let whole = form(
        &[("type", "a.b")],
        &[("content", "x", "x/y", &[7; 100_000])],
    );
    let sent = request("POST", "/v1/files", &headers, &whole);
    let files = server.data().join("files");
    let mut socket = TcpStream::connect(server.address).expect("a connection");
    socket
        .write_all(&sent[..sent.len() - 50_000])
        .expect("half of it");
    eventually("half of it is on the disk", || !on_disk(&files).is_empty());
    drop(socket);
    eventually("nothing is left", || on_disk(&files).is_empty());
    // A form whose end is missing, although its length is right.
    ada.call("POST", "/files", &headers[1..], &whole[..50_000])
        .refused_as(400, "malformed-body");
    let headers = [headers[0], headers[1], ("Transfer-Encoding", "chunked")];
    let mut socket = TcpStream::connect(server.address).expect("a connection");
    socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    let endless = request("POST", "/v1/files", &headers, b"");
    socket.write_all(&endless).expect("a head");
    let begin = &whole[..1000];
    drop(write!(socket, "{:x}\r\n", begin.len()));
    drop(socket.write_all(begin));
    drop(socket.write_all(b"\r\n"));
    for _ in 0..20 {
        drop(write!(socket, "8000\r\n"));
        drop(socket.write_all(&[7; 0x8000]));
        drop(socket.write_all(b"\r\n"));
    }
    read_answer(&mut socket, "an endless form").refused_as(400, "file-too-large");
    eventually("nothing is left", || on_disk(&files).is_empty());
    assert_eq!(ada.get("/users/me/files").data(), json!([]));
}

#[test]
fn the_viewer_is_known_before_a_form_is_read() {
    let server = TestServer::start();
    let ada = server.ada();
    let nobody = server.anonymous();
    let kind = multipart();
    // A body that never comes: the answers do not wait for it.
    let promised = [
        ("Content-Type", kind.as_str()),
        ("Content-Length", "5000000"),
    ];
    nobody
        .call("POST", "/files", &promised, b"")
        .refused_as(401, "token-required");
    let narrow = server.with_scopes(&ada, "follow,files:com.example.other");
    let basic = server.with_scopes(&ada, "basic");
    basic
        .call("POST", "/files", &promised, b"")
        .refused_as(403, "not-authorized");
    let form = form(&[("type", "a.b")], &[("content", "x", "x/y", b"words")]);
    narrow
        .uploads("/files", &form)
        .refused_as(403, "not-authorized");
    let too_long = [promised[0], ("Content-Length", "500000000")];
    ada.call("POST", "/files", &too_long, b"")
        .refused_as(400, "file-too-large");
    let with_field = build_with_token(&ada);
    nobody
        .uploads("/files", &with_field)
        .refused_as(401, "token-required");
}

/// A form that holds the token itself, as calls of other routes may.
fn build_with_token(person: &Person) -> Vec<u8> {
    form(
        &[("access_token", person.token()), ("type", "a.b")],
        &[("content", "x", "x/y", b"words")],
    )
}

#[test]
fn files_hold_no_more_than_the_quota() {
    let server = TestServer::with(&[("FILES_QUOTA_BYTES", "10000")]);
    let ada = server.ada();
    let sends = |bytes: usize| {
        let bytes = vec![7; bytes];
        ada.uploads(
            "/files",
            &form(&[("type", "a.b")], &[("content", "x", "x/y", &bytes)]),
        )
    };
    let first = text(&sends(6000).is(201).data()["id"]);
    sends(6000).refused_as(507, "quota-reached");
    sends(3000).is(201);
    let path = format!("/files/{first}");
    ada.delete(&path).is(200);
    sends(6000).is(201);
    assert!(
        server
            .bob()
            .uploads(
                "/files",
                &form(&[("type", "a.b")], &[("content", "x", "x/y", b"1")])
            )
            .status
            == 201
    );
    eventually(
        "three contents are on the disk, those of equal bytes once",
        || on_disk(&server.data().join("files")).len() == 3,
    );
}
