//! `groundnut seed`: a large database, in small.

use serde_json::Value;

use crate::support::{TestServer, cli, template, text};

const SIZES: [&str; 12] = [
    "--users",
    "40",
    "--posts",
    "120",
    "--follows",
    "100",
    "--channels",
    "4",
    "--messages",
    "60",
    "--polls",
    "30",
];

/// What a client sees of a database seeded with this number: a home stream, a room, a profile.
fn seeded(number: &str) -> Vec<Value> {
    let mut server = TestServer::start();
    assert!(server.stop());
    server.loses_database();
    let url = server.database_url();
    let seed = [
        &["seed", "--random-seed", number, "--database-url", &url],
        &SIZES[..],
    ]
    .concat();
    assert!(cli::run(&seed).status.success());
    let again = cli::run(&seed);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("empty database only"));
    server.start_again();
    let db = ["--database-url", url.as_str(), "--json"];
    let client = cli::object(&cli::run(
        &[&["client", "create", "--name", "N"], &db[..]].concat(),
    ));
    let scopes = "basic stream messages polls";
    let token = template::token(
        &url,
        &text(&client["client_id"]),
        Some("person1"),
        Some(scopes),
    );
    let reader = server.holder("person1", &token);
    let texts = |path: &str| {
        let page = reader.get(path).is(200).data();
        let found = page.as_array().expect("a list");
        assert!(!found.is_empty(), "{path}");
        found
            .iter()
            .map(|item| item["content"]["text"].clone())
            .collect::<Vec<_>>()
    };
    let mut seen = texts("/posts/streams/me?count=100");
    seen.extend(texts("/channels/1/messages?count=100"));
    let polls = reader.get("/polls/search?count=100").is(200).data();
    assert_eq!(polls.as_array().map(Vec::len), Some(30));
    let person = reader.get("/users/@person40").is(200).data();
    seen.extend([person["counts"].clone(), person["content"]["text"].clone()]);
    // All others, the most popular ones among them.
    assert_eq!(reader.get("/users/me").data()["counts"]["following"], 39);
    seen
}

#[test]
fn the_same_number_seeds_the_same_database_once() {
    let first = seeded("7");
    assert_eq!(first, seeded("7"));
    assert_ne!(first, seeded("8"));
}
