//! What users report, the operator reads.

use std::process::Output;

use serde_json::{Value, json};

use crate::support::{TestServer, build, cli, text};

fn reports(server: &TestServer, more: &[&str]) -> Vec<Value> {
    let url = server.database_url();
    let list = [&["report", "list", "--json", "--database-url", &url], more].concat();
    let output = cli::run(&list);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("one list")
}

fn closes(server: &TestServer, id: &str) -> Output {
    let url = server.database_url();
    cli::run(&["report", "close", id, "--json", "--database-url", &url])
}

/// What it is about, author, reporter, reason, words.
fn row(report: &Value) -> [String; 5] {
    let about = format!(
        "{} {}",
        text(&report["about"]["type"]),
        text(&report["about"]["id"])
    );
    let [author, reporter, reason, words] =
        ["author", "reporter", "reason", "text"].map(|name| text(&report[name]));
    [about, author, reporter, reason, words]
}

#[test]
fn reports_are_listed_for_the_operator_and_the_author_learns_nothing() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let said = build::posts(&ada, "buy\nthis");
    let room = build::room(&ada, "Lounge");
    let message = build::says(&ada, &room, "and this");
    let post = format!("/posts/{said}/report");
    let first = bob.post(&post, &json!({"reason": "nsfw"}));
    assert_eq!(first.json(), json!({"meta": {"code": 201}}));
    bob.post(&post, &json!({"reason": "soliciting"})).is(201);
    eve.post(&format!("{post}?reason=user_abuse"), &json!({}))
        .is(201);
    let inside = format!("/channels/{room}/messages/{message}/report");
    eve.post(&inside, &json!({"reason": "account_type"}))
        .is(201);
    bob.post(&post, &json!({"reason": "boring"}))
        .refused_at(400, "reason");
    bob.post("/posts/99/report", &json!({"reason": "nsfw"}))
        .is(404);
    // A user has one open report about an object.
    let listed: Vec<_> = reports(&server, &[]).iter().map(row).collect();
    let expected = [
        ["post 1", "ada", "bob", "soliciting", "buy\nthis"],
        ["post 1", "ada", "eve", "user_abuse", "buy\nthis"],
        ["message 1", "ada", "eve", "account_type", "and this"],
    ];
    assert_eq!(listed, expected.map(|row| row.map(String::from)));
    let shown = ada.get(&format!(
        "/posts/{said}?include_raw=1&include_bookmarked_by=1"
    ));
    assert!(!shown.json().to_string().contains("report"), "{shown}");
    let log = server.log();
    assert!(log.contains("reported") && !log.contains("by=2"), "{log}");
}

#[test]
fn a_report_is_closed_with_all_others_about_the_same_object() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let (one, two) = (build::posts(&ada, "one"), build::posts(&ada, "two"));
    for (who, id) in [(&bob, &one), (&eve, &one), (&bob, &two)] {
        let path = format!("/posts/{id}/report");
        who.post(&path, &json!({"reason": "nsfw"})).is(201);
    }
    assert_eq!(cli::object(&closes(&server, "1"))["closed"], 2);
    assert_eq!(reports(&server, &[]).len(), 1);
    assert_eq!(reports(&server, &["--all"]).len(), 3);
    assert_eq!(cli::object(&closes(&server, "1"))["closed"], 0);
    assert!(!closes(&server, "99").status.success());
    // It may be reported again.
    let again = format!("/posts/{one}/report");
    bob.post(&again, &json!({"reason": "nsfw"})).is(201);
    assert_eq!(reports(&server, &[]).len(), 2);
    ada.delete(&format!("/posts/{one}")).is(200);
    assert_eq!(reports(&server, &["--all"])[0]["text"], "", "gone is gone");
    let url = server.database_url();
    let table = cli::run(&["report", "list", "--all", "--database-url", &url]);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(
        table.contains("post 2") && table.contains("closed 2"),
        "{table}"
    );
}
