//! Uploads under trouble: many at once, a disk without room, a client that says nothing.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::build::{BOUNDARY, form};
use crate::support::http::{read_answer, request};
use crate::support::{DEADLINE, Person, TestServer, eventually};

/// What a shell does before it becomes the server.
const SMALL_DISK: &str =
    "mkdir small && mount -t tmpfs -o size=6m tmpfs small && cp groundnut.db* small/";

fn head(person: &Person, length: usize) -> Vec<u8> {
    let bearer = format!("Bearer {}", person.token());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let length = length.to_string();
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", kind.as_str()),
        ("Content-Length", length.as_str()),
    ];
    request("POST", "/v1/files", &headers, b"")
}

/// The beginning of an upload.
fn begins(server: &TestServer, person: &Person, body: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).expect("a connection");
    socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    socket.write_all(&head(person, body.len())).expect("a head");
    socket.write_all(&body[..body.len() / 2]).expect("a half");
    socket
}

fn staged(server: &TestServer) -> usize {
    let folder = server.data().join("files/incoming");
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn a_user_has_few_uploads_at_one_time_and_places_are_given_back() {
    let server = TestServer::with(&[("FILES_USER_UPLOADS", "2")]);
    let (ada, bob) = (server.ada(), server.bob());
    let body = form(&[("type", "a.b")], &[("content", "x", "x/y", &[7; 50_000])]);
    let mut running = [begins(&server, &ada, &body), begins(&server, &ada, &body)];
    eventually("both are on the disk", || staged(&server) == 2);
    ada.uploads("/files", &body)
        .refused_as(429, "too-many-uploads");
    bob.uploads("/files", &body).is(201);
    for socket in &mut running {
        socket.write_all(&body[body.len() / 2..]).expect("the rest");
        read_answer(socket, "POST /v1/files").is(201);
    }
    ada.uploads("/files", &body).is(201);
    drop(begins(&server, &ada, &body));
    eventually("its place is free", || {
        ada.uploads("/files", &body).status == 201
    });
    eventually("nothing is left of it", || staged(&server) == 0);
}

#[test]
fn a_silent_upload_is_given_up_and_one_that_goes_on_outlives_the_time_of_a_request() {
    let server = TestServer::with(&[
        ("SERVER_REQUEST_MS", "1000"),
        ("SERVER_ANSWER_STALLED_MS", "5000"),
    ]);
    let ada = server.ada();
    let body = form(&[("type", "a.b")], &[("content", "x", "x/y", &[7; 50_000])]);
    let mut silent = begins(&server, &ada, &body);
    let mut steady = begins(&server, &ada, &body);
    let begun = Instant::now();
    let (rest, last) = body[body.len() / 2..].split_at(20_000);
    let mut bytes = rest.chunks(10);
    // Byte by byte for longer than a request may take.
    eventually("a request would be over", || {
        let piece = bytes.next().unwrap_or_default();
        steady.write_all(piece).expect("it is still read");
        begun.elapsed() > Duration::from_millis(1500)
    });
    bytes.for_each(|piece| steady.write_all(piece).expect("it is still read"));
    steady.write_all(last).expect("it is still read");
    read_answer(&mut steady, "POST /v1/files").is(201);
    read_answer(&mut silent, "POST /v1/files").refused_as(400, "malformed-body");
    eventually("nothing is left", || staged(&server) == 0);
}

#[test]
fn a_disk_without_room_refuses_an_upload_and_leaves_nothing() {
    let settings = [("STORE_MIN_FREE_MEGABYTES", "0")];
    let server = TestServer::in_namespace(&settings, SMALL_DISK, "small");
    let ada = server.ada();
    let small = form(&[("type", "a.b")], &[("content", "x", "x/y", b"words")]);
    let large = form(
        &[("type", "a.b")],
        &[("content", "x", "x/y", &vec![7; 7_000_000])],
    );
    ada.uploads("/files", &large)
        .refused_as(507, "storage-full");
    ada.uploads("/files", &small).is(201);
    let inside = server.folder().join("small/files/incoming");
    let inside = inside.strip_prefix("/").expect("an absolute path");
    let staging = PathBuf::from(format!("/proc/{}/root", server.process())).join(inside);
    eventually("nothing is left", || {
        std::fs::read_dir(&staging).is_ok_and(|entries| entries.count() == 0)
    });
}

#[test]
fn an_upload_of_any_size_takes_little_memory() {
    let server = TestServer::with(&[("FILES_MAX_BYTES", "300000000")]);
    let ada = server.ada();
    let piece = vec![7; 1_000_000];
    let open = form(&[("type", "a.b")], &[("content", "x", "x/y", b"")]);
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    let begin = &open[..open.len() - end.len()];
    let sends = |millions: usize| {
        let mut socket = TcpStream::connect(server.address).expect("a connection");
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        let length = begin.len() + millions * piece.len() + end.len();
        socket.write_all(&head(&ada, length)).expect("a head");
        socket.write_all(begin).expect("the fields");
        for _ in 0..millions {
            socket.write_all(&piece).expect("it is read");
        }
        socket.write_all(end.as_bytes()).expect("the end");
        read_answer(&mut socket, "POST /v1/files").is(201);
    };
    sends(1);
    let before = server.memory();
    sends(100);
    let grown = server.memory().saturating_sub(before);
    // In KiB. A body that is collected would be a hundred thousand.
    assert!(grown < 20_000, "{grown} KiB more than before");
}
