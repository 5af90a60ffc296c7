//! What can be done without a server, or beside one.

use crate::support::database::Database;
use crate::support::{TestServer, cli, template, text};

#[test]
fn made_with_json_a_user_a_client_and_a_token_are_one_object_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::empty(folder.path());
    let url = database.url();
    template::make_database(folder.path(), &url);
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

#[test]
fn an_account_has_a_type_and_an_address() {
    let server = TestServer::start();
    let url = server.database_url();
    let run = |arguments: &[&str]| cli::run(&[arguments, &["--database-url", &url]].concat());
    let refused = |arguments: &[&str], words: &str| {
        let output = run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "{arguments:?}: {said}");
    };
    for kind in ["human", "feed", "bot"] {
        let name = format!("a_{kind}");
        let email = format!("{kind}@example.org");
        let create = ["user", "create", &name, "--type", kind, "--email", &email];
        assert!(run(&create).status.success());
        let path = format!("/users/@{name}");
        assert_eq!(server.ada().get(&path).data()["type"], kind);
    }
    refused(&["user", "create", "x", "--type", "ghost"], "ghost");
    refused(&["user", "create", "x", "--email", "no address"], "email");
    refused(
        &["user", "create", "x", "--email", "BOT@example.org"],
        "e-mail address is taken",
    );
    refused(&["user", "create", "A_BOT"], "name is taken");
    refused(
        &["user", "email", "ada", "bot@example.org"],
        "e-mail address is taken",
    );
    refused(&["user", "email", "nemo"], "user list");
    assert!(run(&["user", "email", "a_bot"]).status.success());
    assert!(
        run(&["user", "email", "ada", "bot@example.org"])
            .status
            .success()
    );
}

#[test]
fn an_app_is_shown_and_edited() {
    let server = TestServer::start();
    let url = server.database_url();
    let db = ["--json", "--database-url", url.as_str()];
    let run = |arguments: &[&str]| cli::run(&[arguments, &db].concat());
    let create = ["client", "create", "--name", "Demo", "--owner", "ada"];
    let redirects = [
        "--redirect-uri",
        "https://a.example/back",
        "--redirect-uri",
        "demo://back",
    ];
    let made = cli::object(&run(&[&create[..], &redirects].concat()));
    let id = text(&made["client_id"]);
    let show = || cli::object(&run(&["client", "show", &id]));
    let shown = show();
    assert_eq!(shown["owner"], "ada");
    assert_eq!(shown["is_private"], false);
    let both = ["https://a.example/back", "demo://back"];
    assert_eq!(shown["redirect_uris"], serde_json::json!(both));
    assert!(!shown.to_string().contains(&text(&made["client_secret"])));
    let edit = [
        "client",
        "edit",
        &id,
        "--redirect-uri",
        "demo://other",
        "--private",
    ];
    cli::object(&run(&edit));
    let shown = show();
    assert_eq!(shown["name"], "Demo");
    assert_eq!(shown["redirect_uris"], serde_json::json!(["demo://other"]));
    assert_eq!(shown["is_private"], true);
    server.bob().get(&format!("/clients/{id}")).refused(404);
    cli::object(&run(&[
        "client", "edit", &id, "--public", "--name", "Other",
    ]));
    assert_eq!(
        server.bob().get(&format!("/clients/{id}")).data()["name"],
        "Other"
    );
}

#[test]
fn an_app_that_cannot_be_is_refused_with_the_option_at_fault() {
    let server = TestServer::start();
    let url = server.database_url();
    let db = ["--json", "--database-url", url.as_str()];
    let run = |arguments: &[&str]| cli::run(&[arguments, &db].concat());
    let id = template::template().client_id.clone();
    for (arguments, words) in [
        (&["client", "edit", &id][..], "--name"),
        (&["client", "edit", &id, "--url", "javascript:x"], "--url"),
        (
            &[
                "client",
                "edit",
                &id,
                "--redirect-uri",
                "https://a.example/#x",
            ],
            "--redirect-uri",
        ),
        (&["client", "edit", &id, "--name", " "], "name of an app"),
        (&["client", "edit", "nothing", "--public"], "client list"),
        (&["client", "show", "nothing"], "client list"),
        (&["client", "edit", &id, "--private"], "needs an owner"),
        (&["client", "create", "--name", "N", "--private"], "--owner"),
        (
            &["client", "create", "--name", "N", "--owner", "nemo"],
            "user list",
        ),
    ] {
        let output = run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
