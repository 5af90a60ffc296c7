//! What can be done without a server, or beside one.

use crate::support::{TestServer, cli, template, text};

#[test]
fn made_with_json_a_user_a_client_and_a_token_are_one_object_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = template::url(folder.path());
    template::make_database(folder.path());
    let db = ["--json", "--database-url", url.as_str()];
    let user = [&["user", "create", "grace", "--password-stdin"], &db[..]].concat();
    let user = cli::object(&cli::run_with_input(&user, "long enough for anybody\n"));
    assert_eq!(user["username"], "grace");
    assert_eq!(user["id"], "1");
    let client = cli::object(&cli::run(
        &[&["client", "create", "--name", "N"], &db[..]].concat(),
    ));
    assert_eq!(client["name"], "N");
    assert_eq!(text(&client["client_id"]).len(), 32);
    assert!(!text(&client["client_secret"]).is_empty());
    let token = template::token(
        &url,
        &text(&client["client_id"]),
        Some("grace"),
        Some("messages"),
    );
    assert!(
        !token.is_empty() && !token.contains('='),
        "no '=' inside tokens: {token}"
    );
}

#[test]
fn a_token_made_beside_a_running_server_works_at_once() {
    let server = TestServer::start();
    let ada = server.with_scopes(&server.ada(), "basic");
    assert_eq!(ada.get("/token").data()["user"]["id"], ada.id.as_str());
}

#[test]
fn a_name_that_is_taken_is_refused_with_a_sentence() {
    let server = TestServer::start();
    let url = server.database_url();
    let output = cli::run_with_input(
        &[
            "user",
            "create",
            "ADA",
            "--password-stdin",
            "--database-url",
            &url,
        ],
        "another password\n",
    );
    assert!(!output.status.success());
    assert!(!String::from_utf8_lossy(&output.stderr).trim().is_empty());
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn an_unknown_scope_or_client_or_user_is_refused() {
    let server = TestServer::start();
    let url = server.database_url();
    let client = &template::template().client_id;
    for arguments in [
        ["--client", "nobody", "--user", "ada", "--scopes", "basic"],
        ["--client", client, "--user", "nobody", "--scopes", "basic"],
        [
            "--client",
            client,
            "--user",
            "ada",
            "--scopes",
            "everything",
        ],
    ] {
        let all = [
            &["token", "create"],
            &arguments[..],
            &["--database-url", &url],
        ]
        .concat();
        let output = cli::run(&all);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("panicked"),
            "{arguments:?}"
        );
    }
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_known_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("groundnut.toml");
    std::fs::write(&file, "[streams]\nsilence_mss = 5\n").expect("a file");
    let output = cli::run(&[
        "serve",
        "--bind",
        "127.0.0.1:0",
        "--config",
        &file.display().to_string(),
    ]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("silence_mss") && said.contains("silence_ms"),
        "{said}"
    );
}

#[test]
fn config_prints_defaults_that_it_would_accept_itself() {
    let output = cli::run(&["config"]);
    assert!(output.status.success());
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in ["[streams]", "silence_ms", "subscriptions", "[rate_limits]"] {
        assert!(printed.contains(name), "{name} is missing:\n{printed}");
    }
}

#[test]
fn config_prints_the_defaults_beside_settings_that_cannot_be_used() {
    let output = cli::run(&["config", "--config", "/no/such/file", "--log", "a=b=c"]);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    assert_eq!(output.stdout, cli::run(&["config"]).stdout);
}

#[test]
fn help_names_the_commands() {
    let output = cli::run(&["--help"]);
    assert!(output.status.success());
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in ["serve", "user", "client", "token", "config", "loadtest"] {
        assert!(printed.contains(name), "{name} is missing:\n{printed}");
    }
}
