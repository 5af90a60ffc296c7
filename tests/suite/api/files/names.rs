//! Names of files: whatever a client calls a file, it has a name of one line and no path, and is saved under it.

use serde_json::json;

use super::load;
use crate::support::build::form;
use crate::support::{TestServer, text};

/// What is sent, what it becomes, and what is said where the contents are loaded.
#[rustfmt::skip]
const NAMES: &[(&str, &str, &str)] = &[
    ("../../etc/passwd", "passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
    ("..\\..\\boot.ini", "boot.ini", "attachment; filename=\"boot.ini\"; filename*=UTF-8''boot.ini"),
    ("C:\\x/../a b.txt", "a b.txt", "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"),
    ("..", "file", "attachment; filename=\"file\"; filename*=UTF-8''file"),
    ("a/..", "file", "attachment; filename=\"file\"; filename*=UTF-8''file"),
    (".", "file", "attachment; filename=\"file\"; filename*=UTF-8''file"),
    (" \t ", "file", "attachment; filename=\"file\"; filename*=UTF-8''file"),
    ("..hidden.", "hidden", "attachment; filename=\"hidden\"; filename*=UTF-8''hidden"),
    // What reads backwards would hide the end of the name.
    ("photo\u{202e}gpj.exe", "photogpj.exe", "attachment; filename=\"photogpj.exe\"; filename*=UTF-8''photogpj.exe"),
    ("a\"; filename=\"b.exe", "a\"; filename=\"b.exe", "attachment; filename=\"a_; filename=_b.exe\"; filename*=UTF-8''a%22%3B%20filename=%22b.exe"),
    ("a\r\nX-Evil: 1.txt", "aX-Evil: 1.txt", "attachment; filename=\"aX-Evil: 1.txt\"; filename*=UTF-8''aX%2DEvil%3A%201.txt"),
    ("\u{e9}t\u{e9}%.txt", "\u{e9}t\u{e9}%.txt", "attachment; filename=\"_t__.txt\"; filename*=UTF-8''%C3%A9t%C3%A9%25.txt"),
];

#[test]
fn a_name_with_a_trick_is_cleaned_and_the_file_is_saved_under_it() {
    let server = TestServer::start();
    let ada = server.ada();
    for (sent, name, disposition) in NAMES {
        let made = json!({"type": "a.b", "kind": "other", "name": sent});
        let file = ada.post("/files", &made).is(201).data();
        assert_eq!(file["name"], *name, "{sent:?}");
        let path = format!("/files/{}/content", text(&file["id"]));
        let kind = [("Content-Type", "application/octet-stream")];
        ada.call("PUT", &path, &kind, b"words").is(204);
        let file = ada.get(&format!("/files/{}", text(&file["id"]))).data();
        let answer = load(&server, &text(&file["url"]), &[]).is(200);
        let said = answer.header("content-disposition");
        assert_eq!(said, Some(*disposition), "{sent:?}");
        assert!(answer.header("x-evil").is_none());
    }
}

#[test]
fn the_name_of_a_part_is_cleaned_as_well() {
    let server = TestServer::start();
    let ada = server.ada();
    for (sent, name) in [
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
    ] {
        let form = form(&[("type", "a.b")], &[("content", sent, "x/y", b"1")]);
        let file = ada.uploads("/files", &form).is(201).data();
        assert_eq!(file["name"], name, "{sent:?}");
    }
}

#[test]
fn a_name_that_is_too_long_or_has_a_nul_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    let made = |name: &str| json!({"type": "a.b", "kind": "other", "name": name});
    let longest = "\u{e9}".repeat(256);
    let file = ada.post("/files", &made(&longest)).is(201).data();
    assert_eq!(file["name"], longest.as_str());
    for long in [257, 300] {
        ada.post("/files", &made(&"x".repeat(long)))
            .refused_at(400, "name");
    }
    ada.post("/files", &made("a\0b"))
        .refused_as(400, "nul-character");
    let part = form(
        &[("type", "a.b"), ("name", "a\0b")],
        &[("content", "x", "x/y", b"1")],
    );
    ada.uploads("/files", &part)
        .refused_as(400, "nul-character");
    let path = format!("/files/{}", text(&file["id"]));
    ada.patch(&path, &json!({"name": "x".repeat(300)}))
        .refused_at(400, "name");
    let kept = ada.get(&path).data();
    assert_eq!(kept["name"], longest.as_str());
    assert_eq!(
        ada.get("/users/me/files").data().as_array().map(Vec::len),
        Some(1)
    );
}
