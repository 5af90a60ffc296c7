//! What was given is taken back from the command line, beside a running server: tokens, apps, accounts, passwords.

use std::process::Output;

use serde_json::{Value, json};

use crate::support::build::sign_in;
use crate::support::template::{PASSWORD, template};
use crate::support::{Person, TestServer, build, cli, eventually, template as people, text};

/// Runs a command on the server's database, with `--json`.
fn command(server: &TestServer, arguments: &[&str], input: &str) -> Output {
    let url = server.database_url();
    let all = [arguments, &["--json", "--database-url", &url]].concat();
    cli::run_with_input(&all, input)
}

/// The same, which works.
fn done(server: &TestServer, arguments: &[&str]) -> Value {
    cli::object(&command(server, arguments, ""))
}

/// The rows of a list.
fn list(server: &TestServer, arguments: &[&str]) -> Vec<Value> {
    let output = command(server, arguments, "");
    assert!(output.status.success(), "{arguments:?}");
    let rows = serde_json::from_slice(&output.stdout).expect("one JSON array");
    let Value::Array(rows) = rows else {
        panic!("a list: {rows}");
    };
    rows
}

/// The same, which is refused with one line that holds these words.
fn refused(server: &TestServer, arguments: &[&str], input: &str, words: &str) {
    let output = command(server, arguments, input);
    assert!(!output.status.success(), "{arguments:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(words), "{arguments:?}: {said}");
    assert_eq!(said.trim().lines().count(), 1, "one line: {said}");
}

/// Waits until the running server refuses the token.
fn is_refused(person: &Person) {
    eventually("the token is refused", || {
        person.get("/token").status == 401
    });
    person.get("/token").refused_as(401, "invalid-token");
}

/// The id of a token, found by its scopes.
fn token_id(server: &TestServer, scope: &str) -> String {
    let rows = list(server, &["token", "list", "--user", "ada"]);
    let row = rows.iter().find(|row| {
        let scopes = row["scopes"].as_array().expect("scopes");
        scopes.iter().any(|known| known == scope)
    });
    text(&row.expect("listed")["id"])
}

#[test]
fn a_token_that_the_command_line_revokes_is_refused_and_its_streams_are_closed() {
    let server = TestServer::start();
    let ada = server.ada();
    let phone = server.with_scopes(&ada, "basic,messages:org.example.phone");
    let (mut on_phone, mut on_desk) = (phone.stream(), ada.stream());
    let room = build::room(&ada, "Lounge");
    on_desk.subscribes(&ada, &format!("/channels/{room}/messages"));
    // The server has the token in its cache.
    phone.get("/token").is(200);
    let id = token_id(&server, "messages:org.example.phone");
    assert_eq!(
        done(&server, &["token", "revoke", &id, &id])["revoked"],
        json!([id])
    );
    assert_eq!(on_phone.closed_with(), 4001);
    is_refused(&phone);
    // The other tokens of the user stay.
    build::says(&ada, &room, "still here");
    on_desk.hears_text("still here");
}

#[test]
fn a_token_that_was_published_is_revoked_by_itself_and_all_of_a_user_and_of_an_app_at_once() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (client, other) = server.other_app("Other");
    let through = server.through(&client, &bob, "basic");
    let leaked = format!("{}\n", ada.token());
    let revoked = command(&server, &["token", "revoke", "--token-stdin"], &leaked);
    cli::object(&revoked);
    is_refused(&ada);
    done(&server, &["token", "revoke", "--client", &client]);
    is_refused(&through);
    is_refused(&other);
    bob.get("/token").is(200);
    done(&server, &["token", "revoke", "--user", "bob"]);
    is_refused(&bob);
    assert_eq!(list(&server, &["token", "list", "--user", "bob"]).len(), 0);
    server.eve().get("/token").is(200);
}

#[test]
fn lists_show_accounts_apps_and_tokens_and_no_secret() {
    let server = TestServer::start();
    let url = server.database_url();
    done(&server, &["user", "disable", "bob"]);
    let users = list(&server, &["user", "list"]);
    let names: Vec<&Value> = users.iter().map(|user| &user["username"]).collect();
    assert_eq!(names, people::NAMES);
    assert_eq!(users[0]["disabled_at"], Value::Null);
    text(&users[1]["disabled_at"]);
    assert_eq!(
        (&users[0]["has_password"], &users[0]["tokens"]),
        (&json!(true), &json!(1))
    );
    let clients = list(&server, &["client", "list"]);
    assert!(
        clients.iter().any(|app| app["name"] == "Rooms"),
        "{clients:?}"
    );
    let tokens = list(&server, &["token", "list"]);
    assert_eq!(tokens.len(), people::NAMES.len() + 1);
    for arguments in [["user", "list"], ["client", "list"], ["token", "list"]] {
        let output = cli::run(&[&arguments[..], &["--database-url", &url]].concat());
        assert!(output.status.success(), "{arguments:?}");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let secret = server.ada().token().to_owned();
        assert!(!shown.contains(&secret), "no secret: {shown}");
        // Columns begin at the same place in all rows.
        let mut lines = shown.lines();
        let heading = lines.next().expect("a heading");
        let column = heading.rfind("  ").expect("columns") + 2;
        for line in lines {
            let (before, after) = line.split_at(column);
            assert!(before.ends_with(' ') && !after.starts_with(' '), "{shown}");
        }
    }
}

#[test]
fn a_disabled_account_is_refused_everywhere_until_it_is_enabled() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    bob.does(&format!("/channels/{room}/subscribe")).is(200);
    bob.does("/users/me/presence").is(200);
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    done(&server, &["user", "disable", "@BOB"]);
    assert_eq!(stream.closed_with(), 4005);
    is_refused(&bob);
    bob.asks_upgrade("/user").refused_as(401, "invalid-token");
    assert_eq!(sign_in(&server, "bob", PASSWORD).status, 400);
    refused(
        &server,
        &[
            "token",
            "create",
            "--client",
            &template().client_id,
            "--user",
            "bob",
        ],
        "",
        "user enable bob",
    );
    let presence = ada.get(&format!("/users/{}/presence", bob.id)).data();
    assert_eq!(presence["presence"], "offline");
    // The app has no authorization of the account meanwhile.
    let authorized = server.app().get("/apps/me/users/ids").data();
    assert!(
        !authorized.to_string().contains(&format!("\"{}\"", bob.id)),
        "{authorized}"
    );
    // Others go on.
    build::says(&ada, &room, "without bob");
    done(&server, &["user", "enable", "bob"]);
    eventually("the token is valid again", || {
        bob.get("/token").status == 200
    });
    assert_eq!(sign_in(&server, "bob", PASSWORD).status, 200);
    let mut stream = bob.stream();
    stream.subscribes(&bob, &format!("/channels/{room}/messages"));
    build::says(&ada, &room, "with bob");
    stream.hears_text("with bob");
}

#[test]
fn an_app_stream_hears_nothing_on_behalf_of_a_disabled_account() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (client, other) = server.other_app("Other");
    let through = server.through(&client, &bob, "basic,messages");
    let room = build::room(&ada, "Lounge");
    bob.does(&format!("/channels/{room}/subscribe")).is(200);
    other
        .post(
            "/streams",
            &json!({"key": "all", "type": "long_poll", "object_types": ["message"]}),
        )
        .is(200);
    let mut stream = other.firehose("all");
    build::says(&ada, &room, "before");
    stream.hears_text("before");
    done(&server, &["user", "disable", "bob"]);
    is_refused(&through);
    build::says(&ada, &room, "meanwhile");
    done(&server, &["user", "enable", "bob"]);
    eventually("the token is valid again", || {
        through.get("/token").status == 200
    });
    build::says(&ada, &room, "after");
    assert_eq!(
        stream.hears("message")["data"][0]["content"]["text"],
        "after"
    );
}

#[test]
fn a_new_password_replaces_the_old_one_and_leaves_the_tokens() {
    let server = TestServer::start();
    let ada = server.ada();
    let change = ["user", "password", "ada", "--password-stdin"];
    refused(&server, &change, "short\n", "at least 8 characters");
    refused(
        &server,
        &change,
        &format!("{}\n", "x".repeat(1025)),
        "at most 1024 bytes",
    );
    refused(&server, &change, "\n", "held no password");
    assert_eq!(sign_in(&server, "ada", PASSWORD).status, 200);
    cli::object(&command(&server, &change, "another long one\n"));
    assert_eq!(sign_in(&server, "ada", PASSWORD).status, 400);
    assert_eq!(sign_in(&server, "ada", "another long one").status, 200);
    ada.get("/token").is(200);
    // The same for a new account.
    let create = ["user", "create", "grace", "--password-stdin"];
    refused(&server, &create, "short\n", "at least 8 characters");
}

#[test]
fn a_renamed_account_and_a_renamed_app_have_their_new_names_in_answers() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    bob.get("/users/@ada").is(200);
    refused(&server, &["user", "rename", "ada", "Bob"], "", "taken");
    refused(
        &server,
        &["user", "rename", "ada", "a b"],
        "",
        "a user name has",
    );
    assert_eq!(
        done(&server, &["user", "rename", "ada", "Lovelace"])["username"],
        "Lovelace"
    );
    eventually("the new name is shown", || {
        bob.get(&format!("/users/{}", ada.id)).data()["username"] == "Lovelace"
    });
    bob.get("/users/@ada").refused(404);
    assert_eq!(bob.get("/users/@lovelace").data()["id"], ada.id.as_str());
    assert_eq!(sign_in(&server, "lovelace", PASSWORD).status, 200);
    done(
        &server,
        &["client", "rename", &template().client_id, "Chambers"],
    );
    eventually("the app's new name is shown", || {
        ada.get("/token").data()["app"]["name"] == "Chambers"
    });
}

#[test]
fn a_rotated_secret_replaces_the_old_one() {
    let server = TestServer::start();
    let app = template();
    let ask = |secret: &str| {
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": app.client_id,
            "client_secret": secret,
        });
        let asked = server.anonymous();
        asked.post("/oauth/access_token", &body).status
    };
    assert_eq!(ask(&app.client_secret), 200);
    let rotated = done(&server, &["client", "rotate", &app.client_id]);
    assert_eq!(ask(&app.client_secret), 401);
    assert_eq!(ask(&text(&rotated["client_secret"])), 200);
    server.app().get("/token").is(200);
}

#[test]
fn a_deleted_app_is_gone_with_its_tokens_and_streams_and_its_messages_stay() {
    let server = TestServer::start();
    let bob = server.bob();
    let (client, app) = server.other_app("Other");
    let through = server.through(&client, &bob, "basic,messages");
    let room = build::room(&bob, "Lounge");
    let said = build::says(&through, &room, "written with it");
    app.post(
        "/streams",
        &json!({"key": "all", "type": "long_poll", "object_types": ["message"]}),
    )
    .is(200);
    let (mut of_app, mut of_bob) = (app.firehose("all"), through.stream());
    let deleted = done(&server, &["client", "delete", &client]);
    assert_eq!(deleted["revoked"], 2);
    assert_eq!(of_bob.closed_with(), 4001);
    assert_eq!(of_app.closed_with(), 4004);
    is_refused(&through);
    is_refused(&app);
    bob.get(&format!("/clients/{client}")).refused(404);
    let kept = bob.get(&format!("/channels/{room}/messages/{said}")).data();
    assert_eq!(kept["source"]["name"], "Other");
    refused(&server, &["client", "rotate", &client], "", "client list");
    refused(
        &server,
        &["token", "create", "--client", &client, "--user", "bob"],
        "",
        "no client has the id",
    );
    bob.get("/token").is(200);
}

#[test]
fn what_does_not_exist_is_named_with_the_command_that_shows_what_does() {
    let server = TestServer::start();
    let page = list(&server, &["client", "list"]);
    let page = page.iter().find(|app| app["is_public"] == true);
    let page = text(&page.expect("the room page")["client_id"]);
    for (arguments, words) in [
        (&["user", "disable", "nemo"][..], "user list"),
        (&["user", "rename", "nemo", "captain"], "user list"),
        (&["token", "list", "--user", "nemo"], "user list"),
        (&["token", "revoke", "999"], "token list"),
        (&["token", "revoke", "1", "999"], "token list"),
        (&["token", "revoke"], "--token-stdin"),
        (&["token", "revoke", "1", "--user", "ada"], "--token-stdin"),
        (&["token", "revoke", "--token-stdin"], "nothing was revoked"),
        (&["client", "rotate", "-nothing"], "client list"),
        (&["client", "rotate", &page], "built-in app"),
        (&["client", "delete", &page], "built-in app"),
    ] {
        refused(&server, arguments, "", words);
    }
    server.ada().get("/token").is(200);
}
