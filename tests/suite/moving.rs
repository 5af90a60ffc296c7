//! `groundnut move`: from a file to a server, and back.

use std::path::Path;

use serde_json::Value;

use crate::support::database::{Sql, url_of_file};
use crate::support::postgres::PostgresServer;
use crate::support::{TestServer, cli, eventually, faults, template, text};

/// Moves, and gives how many rows each table has.
fn moved(from: &str, to: &str) -> Value {
    cli::object(&cli::run(&["move", "--from", from, "--to", to, "--json"]))
}

fn refused(from: &str, to: &str) -> String {
    let output = cli::run(&["move", "--from", from, "--to", to]);
    assert!(!output.status.success(), "moved");
    String::from_utf8(output.stderr).expect("text")
}

fn seeded(folder: &Path, messages: &str) -> String {
    let url = url_of_file(folder);
    template::make_database(folder, &url);
    let seed = [
        "seed",
        "--users",
        "60",
        "--posts",
        "300",
        "--messages",
        messages,
    ];
    let seeded = cli::run(&[&seed[..], &["--database-url", &url]].concat());
    assert!(seeded.status.success(), "{seeded:?}");
    let db = ["--database-url", &url, "--json"];
    let client = cli::object(&cli::run(
        &[&["client", "create", "--name", "Rooms"], &db[..]].concat(),
    ));
    // In the log.
    for person in ["person1", "person2", "person3"] {
        template::token(
            &url,
            &text(&client["client_id"]),
            Some(person),
            Some("basic"),
        );
    }
    url
}

#[test]
fn a_move_says_where_files_and_pictures_are_and_where_they_are_looked_for() {
    let database = PostgresServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let from = url_of_file(folder.path());
    template::make_database(folder.path(), &from);
    let said = |to: &str, store_url: &str| {
        let output = cli::command(&["move", "--from", &from, "--to", to])
            .env("GROUNDNUT_FILES_STORE_URL", store_url)
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let elsewhere = said(&database.url("groundnut"), "");
    let place = folder.path().display();
    let copy = format!("cp -a {place}/files {place}/pictures data/");
    assert!(elsewhere.contains(&copy), "{elsewhere}");
    Sql::connects(&database.url("postgres")).runs("CREATE DATABASE second");
    let named = said(&database.url("second"), "s3://bucket/files");
    assert!(named.contains("stay in s3://bucket/files"), "{named}");
    assert!(!named.contains("cp -a"), "{named}");
}

#[test]
fn everything_moves_to_a_server_and_back_and_ids_go_on() {
    let database = PostgresServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let (from, there) = (seeded(folder.path(), "3000"), database.url("groundnut"));
    let first = moved(&from, &there);
    assert_eq!(first["messages"], 3000);
    assert_eq!(
        (&first["log_events"], &first["tokens"]),
        (&4.into(), &3.into()),
        "{first}"
    );
    let back = tempfile::tempdir().expect("a folder");
    let home = url_of_file(back.path());
    assert_eq!(moved(&there, &home), first);
    for query in [
        "SELECT sum(id * length(text)) FROM messages",
        "SELECT sum(id * length(username) + followers) FROM users",
        "SELECT sum(pos * bytes + sum) FROM log_events",
        "SELECT pos + stamp + bytes FROM log_head",
        "SELECT sum(id * length(hex(hash))) FROM tokens",
        "SELECT seq FROM sqlite_sequence WHERE name = 'tokens'",
    ] {
        assert_eq!(
            faults::count(&from, query),
            faults::count(&home, query),
            "{query}"
        );
    }
    let said = refused(&from, &there);
    assert!(said.contains("is not empty"), "{said}");
    // An id that was given out once is not given out again.
    let users = first["users"].as_i64().expect("a number");
    let create = [
        "user",
        "create",
        "newcomer",
        "--password-stdin",
        "--json",
        "--database-url",
    ];
    let made = |url| {
        cli::object(&cli::run_with_input(
            &[&create[..], &[url]].concat(),
            "correct horse battery\n",
        ))
    };
    assert_eq!(text(&made(&*there)["id"]), (users + 1).to_string());
    assert_eq!(text(&made(&*home)["id"]), (users + 1).to_string());
}

#[test]
fn a_cursor_is_still_valid_after_the_move() {
    let database = PostgresServer::start();
    let there = database.url("groundnut");
    let mut server = TestServer::in_file(&[]);
    let ada = server.ada();
    let mut stream = ada.stream_with("&include_cursor=1&auto_delete=0");
    let id = stream.id.clone();
    stream.subscribes(&ada, "/posts/streams/me");
    ada.post("/posts", &serde_json::json!({"text": "heard"}))
        .is(201);
    let cursor = text(&stream.event()["meta"]["cursor"]);
    drop(stream);
    ada.post("/posts", &serde_json::json!({"text": "missed"}))
        .is(201);
    assert!(server.stop());
    moved(&server.database_url(), &there);
    server.start_on(&there);
    let ada = server.ada();
    let again = format!("&include_cursor=1&auto_delete=0&connection_id={id}&cursor={cursor}");
    let mut stream = ada.stream_with(&again);
    assert_eq!(
        stream.hello["meta"]["stream"]["resumed"], true,
        "{}",
        stream.hello
    );
    let event = stream.hears("post");
    assert_eq!(event["data"][0]["content"]["text"], "missed", "{event}");
    ada.delete(&format!("/streams/{id}"));
}

#[test]
fn a_move_that_was_killed_goes_on_and_is_not_served_before() {
    let database = PostgresServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let (from, there) = (seeded(folder.path(), "30000"), database.url("groundnut"));
    let arguments = ["move", "--from", &from, "--to", &there];
    let mut first = cli::command(&arguments).spawn().expect("it starts");
    let some = "SELECT done FROM unfinished_move WHERE name = 'messages'";
    eventually("some messages are moved", || {
        Sql::connects(&there).finds(some)
    });
    first.kill().expect("it runs");
    first.wait().expect("it ends");
    let serve = cli::run(&["serve", "--bind", "127.0.0.1:0", "--database-url", &there]);
    let said = String::from_utf8(serve.stderr).expect("text");
    assert!(
        !serve.status.success() && said.contains("was not finished"),
        "{said}"
    );
    assert_eq!(moved(&from, &there)["messages"], 30_000);
}

#[test]
fn what_cannot_be_moved_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = url_of_file(folder.path());
    let said = refused(&missing, "postgres://127.0.0.1:1/groundnut");
    assert!(said.contains("there is no database"), "{said}");
    template::make_database(folder.path(), &missing);
    let said = refused(&missing, "sqlite:///tmp/other.db");
    assert!(said.contains("from SQLite to PostgreSQL or back"), "{said}");
    let said = refused(&missing, "postgres://127.0.0.1:1/groundnut");
    assert!(
        said.contains("cannot open the database postgres://127.0.0.1:1/groundnut"),
        "{said}"
    );
    let server = TestServer::in_file(&[]);
    let said = refused(&server.database_url(), "postgres://127.0.0.1:1/groundnut");
    assert!(said.contains("is served by"), "{said}");
}
