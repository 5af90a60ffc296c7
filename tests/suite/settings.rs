//! Settings are looked at before anything is touched: one line says what is wrong and what would be right.

use std::path::Path;

use crate::support::database::Database;
use crate::support::{cli, template};

/// What is given, and what the line names.
const WRONG: &[(&[&str], &[&str])] = &[
    (&["--log", "verbose"], &["--log", "info", "verbose"]),
    (&["--log", "groudnut=debug"], &["--log", "groudnut"]),
    (&["--bind", "8080"], &["--bind", "127.0.0.1:8080"]),
    (
        &["--bind", "0.0.0.0:0", "--demo"],
        &["0.0.0.0:0", "--demo-on-network"],
    ),
];

const WRONG_VARIABLES: &[(&str, &str, &[&str])] = &[
    (
        "SERVER_WORKERS",
        "513",
        &["SERVER_WORKERS", "from 0 to 512"],
    ),
    (
        "STREAMS_SILENCE_MS",
        "0",
        &["STREAMS_SILENCE_MS", "from 100"],
    ),
    ("RATE_LIMITS_WRITES", "0", &["RATE_LIMITS_WRITES", "from 1"]),
    (
        "SERVER_PUBLIC_URL",
        "chat.example.org",
        &["SERVER_PUBLIC_URL", "https://"],
    ),
    (
        "SERVER_PUBLIC_URL",
        "https://chat.example.org/x",
        &["without a path"],
    ),
    (
        "STORE_DATABASE_URL",
        "mysql://x/y",
        &["sqlite://", "postgres://"],
    ),
    ("STORE_DATABASE_URL", "postgres://x", &["names no database"]),
    (
        "PRESENCE_DEFAULT_SECONDS",
        "9999999",
        &["presence.max_seconds"],
    ),
];

fn refuses(folder: &Path, arguments: &[&str], variable: Option<(&str, &str)>) -> String {
    let mut command = cli::command(&[&["serve"], arguments].concat());
    command.current_dir(folder);
    if let Some((name, value)) = variable {
        command.env(format!("GROUNDNUT_{name}"), value);
    }
    let output = command.output().expect("the program starts");
    assert!(output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    assert!(
        !output.status.success() && !said.contains("panicked"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    let left = std::fs::read_dir(folder).expect("a folder").count();
    assert_eq!(left, 0, "nothing was touched: {said}");
    said
}

#[test]
fn a_setting_that_cannot_be_used_stops_the_start_with_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, words) in WRONG {
        let said = refuses(folder.path(), arguments, None);
        assert!(
            words.iter().all(|word| said.contains(word)),
            "{arguments:?}: {said}"
        );
    }
    for (name, value, words) in WRONG_VARIABLES {
        let said = refuses(folder.path(), &[], Some((name, value)));
        assert!(
            words.iter().all(|word| said.contains(word)),
            "{name}: {said}"
        );
    }
}

#[test]
fn a_wrong_setting_has_an_exit_code_of_its_own() {
    let output = cli::run(&["serve", "--log", "verbose"]);
    assert_eq!(output.status.code(), Some(78), "{output:?}");
}

#[test]
fn an_app_is_not_registered_with_an_address_that_no_browser_can_be_sent_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::empty(folder.path());
    let url = database.url();
    template::make_database(folder.path(), &url);
    let creates = |uri: &str| {
        let create = ["client", "create", "--name", "N", "--redirect-uri", uri];
        cli::run(&[&create[..], &["--database-url", &url]].concat())
    };
    for wrong in [
        "",
        "app.example.org/back",
        "https://",
        "https:///back",
        "http:back",
        "https://app.example.org/back#here",
        "https://app example",
        "javascript:alert(1)",
        "1app://back",
    ] {
        let output = creates(wrong);
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        assert!(!output.status.success(), "{wrong}");
        assert!(
            said.contains("--redirect-uri") && said.lines().count() == 1,
            "{said}"
        );
    }
    for right in [
        "https://app.example.org/back?x=1",
        "http://127.0.0.1:9000/",
        "com.example.app:/back",
        "urn:ietf:wg:oauth:2.0:oob",
    ] {
        assert!(creates(right).status.success(), "{right}");
    }
}
