//! What is left of files is removed, and what a file holds is not.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::{load, on_disk, url};
use crate::support::{TestServer, build, eventually};

/// As if it had been written long ago.
pub(super) fn ages(path: &std::path::Path) {
    let file = std::fs::File::options()
        .write(true)
        .open(path)
        .expect("a file");
    let long_ago = UNIX_EPOCH + Duration::from_secs(30 * 86_400);
    file.set_modified(long_ago).expect("a file of ours");
}

#[test]
fn contents_that_no_file_holds_go_and_the_others_stay() {
    let mut server = TestServer::start();
    let id = build::file(&server.ada(), "x", b"wanted");
    let files = server.data().join("files");
    let wanted = on_disk(&files);
    assert_eq!(wanted.len(), 1);
    ages(&wanted[0]);
    assert!(server.stop());
    let folder = files.join("ab").join("cd");
    std::fs::create_dir_all(&folder).expect("a folder");
    let name = |end: &str| format!("abcd{}{end}", "0".repeat(58));
    let (old, fresh) = (folder.join(name("01")), folder.join(name("02")));
    let half = files.join("incoming").join("half");
    for path in [&old, &fresh, &half] {
        std::fs::write(path, b"left").expect("a file");
    }
    ages(&old);
    ages(&half);
    server.start_again();
    eventually("what nothing wants is gone", || {
        !old.exists() && !half.exists()
    });
    assert!(
        fresh.exists(),
        "it may belong to an upload that is not at its end"
    );
    // The key of the links is kept too.
    let ada = server.ada();
    assert_eq!(load(&server, &url(&ada, &id), &[]).is(200).body, b"wanted");
}

#[test]
fn a_file_that_is_never_filled_expires() {
    let mut server = TestServer::with(&[("FILES_INCOMPLETE_SECONDS", "60")]);
    let ada = server.ada();
    let made = ada
        .post("/files", &json!({"type": "a.b", "kind": "other"}))
        .is(201)
        .data();
    let kept = build::file(&ada, "x", b"whole");
    assert!(server.stop());
    server.sql("UPDATE files SET created_at = created_at - 61000000");
    server.start_again();
    let ada = server.ada();
    let path = format!("/files/{}", crate::support::text(&made["id"]));
    eventually("it is gone", || ada.get(&path).status == 404);
    ada.get(&format!("/files/{kept}")).is(200);
}
