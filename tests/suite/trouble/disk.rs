//! Disks that take nothing more: writes are refused, reads go on, and all is well again when there is room. The disk is
//! a small one in memory, in a mount namespace of the server.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::readiness::{is_ready, is_unready, reasons};
use crate::support::database::url_of_file;
use crate::support::http::Answer;
use crate::support::launch::in_namespace;
use crate::support::{Person, TestServer, build, cli, eventually, faults, ids, template};

/// A write that the disk does not take is answered within a second; this is what a busy machine may make of it.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// What a shell does before it becomes the server.
const SMALL_DISK: &str =
    "mkdir small && mount -t tmpfs -o size=6m tmpfs small && cp groundnut.db* small/";

/// A disk in the namespace of a server, seen from outside.
fn disk_of(server: &TestServer, name: &str) -> PathBuf {
    let inside = server.folder().join("small").join(name);
    let inside = inside.strip_prefix("/").expect("an absolute path");
    PathBuf::from(format!("/proc/{}/root", server.process())).join(inside)
}

/// Writes until one is refused; gives how many were acknowledged.
fn writes_until_refused(person: &Person, path: &str) -> usize {
    let refused = (0..10_000).find(|_| writes(person, path).status != 201);
    refused.expect("the disk is never full")
}

/// One write, with an answer of the kind and in the time that are promised.
fn writes(person: &Person, path: &str) -> Answer {
    let text = "x".repeat(2000);
    let begun = Instant::now();
    let answer = person.post(path, &json!({"text": text}));
    assert!([201, 500, 503].contains(&answer.status), "{answer}");
    assert!(begun.elapsed() < ANSWERED_WITHIN, "late: {answer}");
    answer
}

/// Writers that come all at once are all refused, and reads go on beside them.
fn refuses_all(server: &TestServer, path: &str) {
    let people = [server.ada(), server.bob(), server.eve(), server.dan()];
    std::thread::scope(|scope| {
        let writers: Vec<_> = people
            .iter()
            .cycle()
            .take(12)
            .map(|person| scope.spawn(|| writes(person, path).status))
            .collect();
        for person in &people {
            person.get(&format!("{path}?count=20")).is(200);
        }
        for writer in writers {
            let status = writer.join().expect("an answer");
            assert_ne!(status, 201, "the disk takes nothing");
        }
    });
}

/// Reads, streams and presence need no room.
fn reads(server: &TestServer, path: &str) {
    let (ada, bob) = (server.ada(), server.bob());
    ada.get(&format!("{path}?count=200")).is(200);
    let mut stream = bob.stream();
    stream.subscribes(&bob, "/presence?include_not_followed=1");
    ada.does("/users/me/presence").is(200);
    stream.hears("user_presence");
}

fn recovers(server: &TestServer, path: &str, written: usize) {
    is_ready(server);
    let ada = server.ada();
    ada.post(path, &json!({"text": "room again"})).is(201);
    let channel = path.trim_end_matches("/messages");
    let count = ada.get(channel).data()["counts"]["messages"].clone();
    assert_eq!(
        count,
        written + 1,
        "what was acknowledged is there, and no more"
    );
    let newest = ids(&ada.get(&format!("{path}?count=1")).data());
    assert_eq!(newest.len(), 1);
}

#[test]
fn a_full_disk_refuses_writes_and_is_forgotten_once_there_is_room() {
    let settings = [("STORE_MIN_FREE_MEGABYTES", "1")];
    let server = TestServer::in_namespace(&settings, SMALL_DISK, "small");
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    is_ready(&server);
    let ballast = disk_of(&server, "ballast");
    let mut file = std::fs::File::create(&ballast).expect("the disk of the server");
    while file.write_all(&[0; 4096]).is_ok() {}
    is_unready(&server, "disk-full");
    let written = writes_until_refused(&ada, &path);
    reads(&server, &path);
    drop(file);
    std::fs::remove_file(&ballast).expect("it is ours");
    recovers(&server, &path, written);
    server.forgives_all(&["disk is full", "disk I/O error"]);
}

#[test]
fn a_file_that_may_not_grow_refuses_writes_and_ends_nothing() {
    let server = TestServer::in_file(&[]);
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let limit = |size: &str| {
        let pid = server.process().to_string();
        let size = format!("--fsize={size}:unlimited");
        let done = Command::new("prlimit")
            .args(["--pid", &pid, &size])
            .status();
        assert!(done.expect("prlimit of util-linux").success());
    };
    // No file at all takes a byte: as if the disk had become read-only.
    limit("0");
    let written = writes_until_refused(&ada, &path);
    is_unready(&server, "commits-fail");
    refuses_all(&server, &path);
    reads(&server, &path);
    limit("unlimited");
    recovers(&server, &path, written);
    server.forgives_all(&["disk is full", "disk I/O error"]);
}

/// Without the rights of root, which no permission binds.
const AS_A_USER: &str = "mkdir small && cp groundnut.db* small/ \
    && exec setpriv --bounding-set=-all --inh-caps=-all \"$0\" \"$@\"";

#[test]
fn a_folder_that_is_made_read_only_beside_a_running_server_stops_only_the_next_start() {
    let mut server = TestServer::in_namespace(&[], AS_A_USER, "small");
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let folder = server.folder().join("small");
    let allow = |folder_mode: u32, file_mode: u32| {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            set_mode(
                &path,
                if path.is_dir() {
                    folder_mode
                } else {
                    file_mode
                },
            );
        }
        set_mode(&folder, folder_mode);
    };
    allow(0o500, 0o400);
    // Its files are open: what is written is written.
    for _ in 0..20 {
        writes(&ada, &path).is(201);
    }
    reads(&server, &path);
    is_ready(&server);
    assert!(server.stop(), "{}", server.log());
    let url = url_of_file(&folder);
    let serve = cli::command(&["serve", "--bind", "127.0.0.1:0", "--database-url", &url]);
    let script = "exec setpriv --bounding-set=-all --inh-caps=-all \"$0\" \"$@\"";
    let refused = in_namespace(&serve, script).output().expect("unshare");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("make it writable"), "{said}");
    allow(0o700, 0o600);
    let kept = faults::count(&url, "SELECT count(*) FROM messages");
    assert_eq!(kept, 20);
}

fn set_mode(path: &Path, mode: u32) {
    let mode = Permissions::from_mode(mode);
    std::fs::set_permissions(path, mode).expect("it is ours");
}

#[test]
fn a_database_on_a_read_only_disk_stops_the_start_with_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = url_of_file(folder.path());
    template::make_database(folder.path(), &url);
    let serve = cli::command(&["serve", "--bind", "127.0.0.1:0", "--database-url", &url]);
    let script = "mount --bind . . && mount -o remount,bind,ro .";
    let output = in_namespace(&serve, script)
        .current_dir(folder.path())
        .output()
        .expect("unshare of util-linux");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Read-only file system"), "{said}");
    assert!(said.contains("make it writable"), "{said}");
}

#[test]
fn a_disk_without_the_room_that_is_wanted_is_a_reason_before_it_is_full() {
    let settings = [("STORE_MIN_FREE_MEGABYTES", "1048576")];
    // Files have a disk, too, where the database has none on this machine.
    let server = TestServer::with(&settings);
    is_unready(&server, "disk-full");
    eventually("the reason is logged", || {
        server.log().contains("not ready")
    });
    assert_eq!(reasons(&server), ["disk-full"]);
    build::room(&server.ada(), "Lounge");
}
