//! Files that are announced together, and come together.

use serde_json::{Value, json};

use super::{load, png};
use crate::support::build::{MULTIPART, form};
use crate::support::{Person, TestServer, text};

type Bytes<'b> = (&'b str, &'b str, &'b str, &'b [u8]);

fn announces(person: &Person, files: &Value) -> (String, Value) {
    let body = json!({"type": "org.example.trip", "files": files});
    let answer = person.post("/files/provision", &body).is(201);
    let status = path_of(&answer.meta()["status_url"]);
    (status, answer.data())
}

/// Behind the host and the version.
fn path_of(url: &Value) -> String {
    let url = text(url);
    let (_, path) = url.split_once("/v1").expect("an address of the API");
    path.to_owned()
}

fn brings(person: &Person, to: &Value, parts: &[Bytes<'_>]) -> crate::support::http::Answer {
    person.uploads(&path_of(&to["upload_url"]), &form(&[], parts))
}

#[test]
fn announced_files_come_in_one_form_and_their_operation_ends_with_the_last() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let picture = png(4, 2);
    let (status, made) = announces(
        &ada,
        &json!([{"key": "map", "size": picture.len(), "name": "map.png", "is_public": true},
            {"key": "notes.txt", "size": 5, "raw": {"a.b": [{"n": 1}]}}]),
    );
    let ids: Vec<String> = made["files"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| text(&one["file_id"]))
        .collect();
    assert_eq!(made["files"][0]["key"], "map");
    assert!(made["files"][0]["file_token"].is_string());
    assert_eq!(text(&made["expires_at"]).len(), 20);
    let shown = ada.get(&format!("/files/{}", ids[1])).data();
    assert_eq!(
        (&shown["is_complete"], &shown["name"]),
        (&json!(false), &json!("notes.txt"))
    );
    let running = ada.get(&status).data();
    assert_eq!(
        (&running["type"], &running["status"]),
        (&json!("file_create"), &json!("running"))
    );
    bob.get(&status).refused(404);

    // One now, one later; any user that has the token may bring them.
    let map: Bytes<'_> = ("map", "x.png", "image/png", &picture);
    let brought = brings(&ada, &made, &[map]).is(200).data();
    assert_eq!(
        (&brought[0]["id"], &brought[0]["kind"]),
        (&json!(ids[0]), &json!("image"))
    );
    assert!(brought[0]["file_token"].is_string());
    assert_eq!(ada.get(&status).data()["status"], "running");
    let notes: Bytes<'_> = ("notes.txt", "x", "text/plain", b"words");
    let brought = brings(&bob, &made, &[notes]).is(200).data();
    assert!(brought[0].get("file_token").is_none(), "{brought}");
    let ended = ada.get(&status).data();
    assert_eq!(ended["status"], "completed");
    assert!(ended["ended_at"].is_string());
    brings(&ada, &made, &[map]).refused(404);
    let shown = ada.get(&format!("/files/{}?include_raw=1", ids[1])).data();
    assert_eq!(shown["raw"]["a.b"][0]["n"], 1);
    let answer = load(&server, &text(&shown["url"]), &[]).is(200);
    assert_eq!(answer.body, b"words");
}

#[test]
fn files_that_come_in_two_calls_with_one_key_are_both_kept() {
    let server = TestServer::start();
    let ada = server.ada();
    let (status, made) = announces(
        &ada,
        &json!([{"key": "a", "size": 5}, {"key": "b", "size": 6}]),
    );
    let to = path_of(&made["upload_url"]);
    for (at, key, bytes) in [(0, "a", &b"first"[..]), (1, "b", b"second")] {
        let sent = form(&[], &[(key, "x", "text/plain", bytes)]);
        let headers = [MULTIPART, ("Idempotency-Key", "one-key")];
        let brought = ada.call("POST", &to, &headers, &sent).is(200).data();
        assert_eq!(brought[0]["id"], made["files"][at]["file_id"]);
        let shown = ada.get(&format!("/files/{}", text(&brought[0]["id"])));
        let answer = load(&server, &text(&shown.data()["url"]), &[]).is(200);
        assert_eq!(answer.body, bytes);
    }
    assert_eq!(ada.get(&status).data()["status"], "completed");
}

#[test]
fn a_file_that_was_announced_may_come_by_itself_or_be_given_up() {
    let server = TestServer::start();
    let ada = server.ada();
    let (status, made) = announces(
        &ada,
        &json!([{"key": "a", "size": 5}, {"key": "b", "size": 5}]),
    );
    let path = |at: usize| format!("/files/{}", text(&made["files"][at]["file_id"]));
    let kind = [("Content-Type", "text/plain")];
    ada.call("POST", &format!("{}/content", path(0)), &kind, b"12345")
        .is(204);
    assert_eq!(ada.get(&status).data()["status"], "running");
    ada.delete(&path(1)).is(200);
    assert_eq!(ada.get(&status).data()["status"], "dead");
    let late: Bytes<'_> = ("b", "b", "text/plain", b"12345");
    brings(&ada, &made, &[late]).refused(404);
}

#[test]
fn what_was_not_announced_is_refused_and_what_came_before_is_kept() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (status, made) = announces(
        &ada,
        &json!([{"key": "a", "size": 5}, {"key": "b", "size": 5}]),
    );
    let part = |key, bytes| -> Bytes<'_> { (key, "x", "text/plain", bytes) };
    brings(&ada, &made, &[part("c", b"12345")]).refused_at(400, "c");
    brings(&ada, &made, &[part("a", b"123456")]).refused_as(400, "file-not-what-it-says");
    brings(&ada, &made, &[part("a", b"1234")]).refused_at(400, "a");
    brings(&ada, &made, &[]).refused(400);
    let both = [part("a", b"12345"), part("b", b"123")];
    brings(&ada, &made, &both).refused_at(400, "b");
    let shown = |at: usize| {
        let id = text(&made["files"][at]["file_id"]);
        ada.get(&format!("/files/{id}")).data()["is_complete"].clone()
    };
    assert_eq!((shown(0), shown(1)), (json!(true), json!(false)));
    assert_eq!(ada.get(&status).data()["status"], "running");

    let address = path_of(&made["upload_url"]);
    let (path, token) = address.split_once('?').expect("a token");
    let body = form(&[], &[part("b", b"12345")]);
    ada.uploads(path, &body).refused(404);
    ada.uploads(&format!("{path}?{token}x"), &body).refused(404);
    server.anonymous().uploads(&address, &body).refused(401);
    let other = server.with_scopes(&bob, "basic,files:org.example.other");
    let body = json!({"type": "org.example.trip", "files": [{"key": "a", "size": 1}]});
    other
        .post("/files/provision", &body)
        .refused_as(403, "not-authorized");
    for (files, at) in [
        (json!([]), "files"),
        (json!([{"key": "a", "size": "x"}]), "files.0.size"),
        (json!([{"key": "a/b", "size": 1}]), "files.0.key"),
        (json!([{"key": "a", "size": 200_000_000}]), "files"),
    ] {
        let body = json!({"type": "org.example.trip", "files": files});
        ada.post("/files/provision", &body).refused_at(400, at);
    }
}

#[test]
fn files_are_not_announced_without_end() {
    let server = TestServer::start();
    let ada = server.ada();
    let files: Vec<Value> = (0..20)
        .map(|n| json!({"key": format!("k{n}"), "size": 1}))
        .collect();
    for _ in 0..5 {
        announces(&ada, &json!(files));
    }
    let one = json!({"type": "a.b", "files": [{"key": "a", "size": 1}]});
    ada.post("/files/provision", &one)
        .refused_as(429, "too-many-uploads");
    // Nothing of a refused call is left, and room comes back with each file that is given up.
    let listed = ada.get("/users/me/files?count=200").data();
    assert_eq!(listed.as_array().expect("a list").len(), 100);
    ada.delete(&format!("/files/{}", text(&listed[0]["id"])))
        .is(200);
    ada.post("/files/provision", &one).is(201);
}

#[test]
fn what_does_not_fit_is_not_announced() {
    let server = TestServer::with(&[("FILES_QUOTA_BYTES", "1000")]);
    let ada = server.ada();
    let files = json!([{"key": "a", "size": 600}, {"key": "b", "size": 600}]);
    let body = json!({"type": "org.example.trip", "files": files});
    ada.post("/files/provision", &body)
        .refused_as(507, "quota-reached");
    assert_eq!(ada.get("/users/me/files").data(), json!([]));
}
