//! Contents of files belong to one database: a server on another one removes none of them.

use std::path::{Path, PathBuf};

use super::sweep::ages;
use super::{load, on_disk, url};
use crate::support::{TestServer, build, eventually};

/// Looked at first by a sweep, and old enough to go.
fn left_over(files: &Path) -> PathBuf {
    let folder = files.join("00/00");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("0".repeat(64));
    std::fs::write(&path, b"left").expect("a file");
    ages(&path);
    path
}

fn is_foreign(server: &TestServer) -> bool {
    server.counter("files_foreign") == 1
}

#[test]
fn a_server_on_another_database_removes_no_contents() {
    let mut server = TestServer::in_file(&[]);
    let id = build::file(&server.ada(), "x", b"wanted");
    let right = server.database_url();
    let files = server.data().join("files");
    assert!(server.stop());
    let (left, half) = (left_over(&files), files.join("incoming/half"));
    std::fs::write(&half, b"half").expect("a file");
    let kept = on_disk(&files);
    kept.iter().for_each(|path| ages(path));
    let wrong = right.replace("groundnut.db", "groudnut.db");
    assert_ne!(wrong, right);
    server.start_on(&wrong);
    eventually("the contents are not its own", || is_foreign(&server));
    server.forgives("the contents of files belong to another database", 1);
    assert!(server.stop());
    assert_eq!(on_disk(&files), kept);
    server.start_on(&right);
    eventually("what no file holds is gone", || {
        !left.exists() && !half.exists()
    });
    assert!(!is_foreign(&server));
    let ada = server.ada();
    assert_eq!(load(&server, &url(&ada, &id), &[]).is(200).body, b"wanted");
}

#[test]
fn a_deleted_file_leaves_contents_that_another_database_may_hold() {
    let mut server = TestServer::start();
    let id = build::file(&server.ada(), "x", b"of both");
    let files = server.data().join("files");
    let owner = files.join("owner");
    eventually("they have an owner", || owner.exists());
    assert!(server.stop());
    let own = std::fs::read(&owner).expect("an owner");
    std::fs::write(&owner, "another\n").expect("a file");
    server.start_again();
    eventually("the contents are not its own", || is_foreign(&server));
    let ada = server.ada();
    ada.delete(&format!("/files/{id}")).is(200);
    ada.get(&format!("/files/{id}")).is(404);
    assert!(server.stop());
    let kept = on_disk(&files);
    assert_eq!(kept.len(), 1, "{kept:?}");
    // As the operator does if it is the right database.
    std::fs::write(&owner, own).expect("a file");
    kept.iter().for_each(|path| ages(path));
    server.start_again();
    eventually("it is gone", || on_disk(&files).is_empty());
}

#[test]
fn contents_from_before_they_had_an_owner_belong_to_the_database_that_holds_some() {
    for (change, owned) in [("SELECT 1", true), ("DELETE FROM files", false)] {
        let mut server = TestServer::start();
        build::file(&server.ada(), "x", b"early");
        let owner = server.data().join("files/owner");
        eventually("they have an owner", || owner.exists());
        assert!(server.stop());
        std::fs::remove_file(&owner).expect("a file");
        server.sql(change);
        server.start_again();
        eventually("it is known", || owner.exists() || is_foreign(&server));
        assert_eq!(owner.exists(), owned, "{change}");
    }
}
