//! Lists of files, their details, their deletion, and what streams say of them.

use serde_json::json;

use super::{load, object, url};
use crate::support::build::{self, form};
use crate::support::{Person, TestServer, eventually, ids, text};

fn typed(person: &Person, kind: &str, public: &str) -> String {
    let fields = [("type", kind), ("is_public", public)];
    let form = form(&fields, &[("content", "x", "x/y", kind.as_bytes())]);
    text(&person.uploads("/files", &form).is(201).data()["id"])
}

#[test]
fn the_own_files_are_paged_and_filtered() {
    let server = TestServer::start();
    let ada = server.ada();
    let (one, two) = (typed(&ada, "a.one", "0"), typed(&ada, "a.two", "1"));
    let empty = ada
        .post("/files", &json!({"type": "a.one", "kind": "other"}))
        .data();
    let empty = text(&empty["id"]);
    let listed = |query: &str| ids(&ada.get(&format!("/users/me/files{query}")).is(200).data());
    assert_eq!(listed(""), [&*empty, &*two, &*one]);
    assert_eq!(listed("?count=1"), [&*empty]);
    assert_eq!(listed(&format!("?before_id={empty}&count=1")), [&*two]);
    assert_eq!(listed("?include_incomplete=0"), [&*two, &*one]);
    assert_eq!(listed("?include_private=0"), [&*two]);
    assert_eq!(listed("?file_types=a.one"), [&*empty, &*one]);
    assert_eq!(listed("?exclude_file_types=a.one"), [&*two]);
    assert_eq!(
        listed("?mime_types=application/octet-stream"),
        Vec::<String>::new()
    );
    assert_eq!(listed("?mime_types=x/y"), [&*two, &*one]);
    let narrow = server.with_scopes(&ada, "follow,files:a.two");
    assert_eq!(ids(&narrow.get("/users/me/files").is(200).data()), [&*two]);
    assert_eq!(server.bob().get("/users/me/files").data(), json!([]));
    let page = ada.get(&format!("/files?ids={two},{one},{two}")).data();
    assert_eq!(ids(&page), [&*two, &*one]);
    assert_eq!(page[0].get("pagination_id"), None);
}

#[test]
fn details_change_and_what_is_not_mentioned_stays() {
    let server = TestServer::start();
    let ada = server.ada();
    let id = build::file(&ada, "a.txt", b"words");
    let path = format!("/files/{id}?include_file_raw=1");
    let raw = json!({"raw": {"com.example.x": [{"a": 1}]}});
    assert_eq!(
        ada.put(&path, &raw).is(200).data()["raw"]["com.example.x"][0]["a"],
        1
    );
    let changed = ada
        .patch(&path, &json!({"name": "a/../b.txt", "is_public": "1"}))
        .is(200)
        .data();
    assert_eq!(
        (&changed["name"], &changed["is_public"]),
        (&json!("b.txt"), &json!(true))
    );
    assert_eq!(changed["raw"]["com.example.x"][0]["a"], 1);
    let gone = json!({"raw": {"com.example.x": []}});
    assert!(ada.put(&path, &gone).is(200).data().get("raw").is_none());
    ada.put(
        &path,
        &json!({"raw": {"io.pnut.core.oembed.metadata": [{"type": "photo"}]}}),
    )
    .refused_as(400, "raw-invalid");
    server
        .bob()
        .patch(&path, &json!({"name": "x"}))
        .refused_as(403, "no-access");
}

#[test]
fn a_deleted_file_is_gone_with_its_contents() {
    let server = TestServer::start();
    let ada = server.ada();
    let (id, twin) = (
        build::file(&ada, "a.txt", b"same"),
        build::file(&ada, "b.txt", b"same"),
    );
    let (address, kept) = (url(&ada, &id), url(&ada, &twin));
    let path = format!("/files/{id}");
    server.bob().delete(&path).refused_as(404, "file-not-found");
    let deleted = ada.delete(&path).is(200).data();
    assert_eq!(deleted["is_deleted"], true);
    assert!(deleted.get("url").is_none() && deleted.get("file_token").is_none());
    ada.get(&path).refused_as(404, "file-not-found");
    load(&server, &address, &[]).refused_as(404, "file-not-found");
    assert_eq!(
        load(&server, &kept, &[]).is(200).body,
        b"same",
        "another file holds them too"
    );
    ada.delete(&format!("/files/{twin}")).is(200);
    eventually("nothing is left on the disk", || {
        super::on_disk(&server.data().join("files")).is_empty()
    });
}

#[test]
fn many_files_are_deleted_behind_the_answer() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let own: Vec<String> = (0..45)
        .map(|at| build::file(&ada, "x", format!("{at}").as_bytes()))
        .collect();
    let others = build::file(&bob, "y", b"y");
    let answer = ada.delete(&format!("/files?ids={},{others},999", own.join(",")));
    assert_eq!(answer.status, 202, "{answer}");
    assert_eq!(answer.json()["data"], json!(own));
    let status = text(&answer.meta()["status_url"]);
    let path = status
        .split_once("/v1")
        .expect("an address of the API")
        .1
        .to_owned();
    let operation = || ada.get(&path).is(200).data();
    eventually("it is at its end", || operation()["status"] == "completed");
    let done = operation();
    assert_eq!(done["type"], "file_delete");
    assert!(done["created_at"].is_string() && done["ended_at"].is_string());
    bob.get(&path).refused_as(404, "not-found");
    assert_eq!(ada.get("/users/me/files").data(), json!([]));
    assert_eq!(object(&bob, &others)["id"], others.as_str());
}

#[test]
fn streams_tell_of_files() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let app = server.app();
    build::app_stream(&app, "files", &["file"]);
    let mut hose = app.firehose_with("files", "&include_private=0");
    let mut own = ada.stream_with("&include_file_raw=1");
    own.subscribes(&ada, "/users/me/files?include_incomplete=0");
    let mut foreign = bob.stream();
    foreign.subscribes(&bob, "/users/me/files");
    let made = ada
        .post("/files", &json!({"type": "a.b", "kind": "other"}))
        .data();
    let id = text(&made["id"]);
    ada.call(
        "PUT",
        &format!("/files/{id}/content"),
        &[("Content-Type", "x/y")],
        b"words",
    )
    .is(204);
    let event = own.hears("file");
    assert_eq!(event["meta"]["id"], id.as_str());
    assert_eq!(
        event["data"]["is_complete"], true,
        "the empty one was not wanted"
    );
    assert!(event["data"]["file_token"].is_string() && event["data"]["url"].is_string());
    assert!(event["meta"]["subscription_ids"].is_array());
    ada.patch(
        &format!("/files/{id}"),
        &json!({"is_public": true, "raw": {"c.d": [{"x": 1}]}}),
    )
    .is(200);
    assert_eq!(own.hears("file")["data"]["raw"]["c.d"][0]["x"], 1);
    let event = hose.hears("file");
    assert_eq!(
        event["data"]["is_public"], true,
        "private ones were not wanted"
    );
    assert_eq!(event["data"]["user"]["id"], "1");
    ada.delete(&format!("/files/{id}")).is(200);
    for event in [own.hears("file"), hose.hears("file")] {
        assert_eq!(event["meta"]["is_deleted"], true);
        assert!(event["data"].get("url").is_none());
    }
    build::file(&bob, "x", b"own");
    assert_eq!(
        foreign.hears("file")["data"]["user"]["id"],
        "2",
        "nothing of others before"
    );
}
