//! Apps as users see them, and what a token shows of its user.

use serde_json::json;

use crate::support::{Person, TestServer, build, cli, text};

/// An app of an owner: its client id.
fn owned(server: &TestServer, owner: &Person, options: &[&str]) -> String {
    let url = server.database_url();
    let create = ["client", "create", "--owner", &owner.name, "--json"];
    let made = cli::run(&[&create[..], options, &["--database-url", &url]].concat());
    text(&cli::object(&made)["client_id"])
}

#[test]
fn an_app_is_shown_with_its_owner_and_the_number_of_its_posts() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let options = ["--name", "Demo", "--url", "https://demo.example"];
    let client = owned(&server, &ada, &options);
    let path = format!("/clients/{client}");
    let shown = bob.get(&path).data();
    assert_eq!(shown["name"], "Demo");
    assert_eq!(shown["url"], "https://demo.example");
    assert_eq!(shown["user"]["id"], ada.id.as_str());
    assert_eq!(shown["user"]["you_follow"], false);
    assert_eq!(shown["posts"], 0);
    text(&shown["created_at"]);
    assert!(!shown.to_string().contains("null"), "{shown}");

    let through = server.through(&client, &bob, "basic,write_post");
    let post = build::posts(&through, "one");
    build::posts(&through, "two");
    let of_ada = server.through(&client, &ada, "basic,write_post");
    let theirs = build::posts(&server.eve(), "theirs");
    of_ada.does(&format!("/posts/{theirs}/repost")).is(201);
    let count = || server.bob().get(&path).data()["posts"].clone();
    assert_eq!(count(), 3);
    through.delete(&format!("/posts/{post}")).is(200);
    of_ada.delete(&format!("/posts/{theirs}/repost")).is(200);
    assert_eq!(count(), 1);

    let bare = bob.get(&format!("{path}?include_user=0")).data();
    assert_eq!(bare["user_id"], ada.id.as_str());
    assert!(bare.get("user").is_none(), "{bare}");
    ada.does(&format!("/users/{}/block", bob.id)).is(200);
    let hidden = bob.get(&path).data();
    assert_eq!(hidden["user_id"], ada.id.as_str());
    assert!(hidden.get("user").is_none(), "{hidden}");
    bob.get("/clients/nothing").refused_as(404, "not-found");
    server
        .anonymous()
        .get(&path)
        .refused_as(401, "token-required");
    server.app().get(&path).refused_as(403, "wrong-token-kind");
}

#[test]
fn a_user_lists_the_apps_that_the_user_owns_and_not_those_that_the_user_authorized() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let open = owned(&server, &ada, &["--name", "Open"]);
    let hidden = owned(&server, &ada, &["--name", "Hidden", "--private"]);
    server.through(&open, &bob, "basic");
    for path in [
        "/users/@ADA/clients".to_owned(),
        format!("/users/{}/clients", ada.id),
    ] {
        let list = bob.get(&path).data();
        assert_eq!(
            list,
            json!([{"id": open, "name": "Open", "url": "about:blank"}]),
            "{path}"
        );
    }
    assert_eq!(bob.get("/users/me/clients").data(), json!([]));
    assert_eq!(bob.get("/users/@ada").data()["counts"]["clients"], 1);
    assert_eq!(bob.get("/users/me").data()["counts"]["clients"], 0);
    ada.does(&format!("/users/{}/block", bob.id)).is(200);
    bob.get("/users/@ada/clients")
        .refused_as(404, "user-not-found");

    // A private app is there for its owner only.
    let path = format!("/clients/{hidden}");
    assert_eq!(ada.get(&path).data()["name"], "Hidden");
    server.eve().get(&path).refused_as(404, "not-found");
}

#[test]
fn of_a_private_app_only_its_owner_gets_a_token() {
    let server = TestServer::start();
    let client = owned(&server, &server.ada(), &["--name", "Hidden", "--private"]);
    server
        .through(&client, &server.ada(), "basic")
        .get("/token")
        .is(200);
    let url = server.database_url();
    let create = ["token", "create", "--client", &client, "--user", "bob"];
    let refused = cli::run(&[&create[..], &["--database-url", &url]].concat());
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("is private"), "{said}");
}

#[test]
fn the_address_is_shown_to_apps_that_were_given_it() {
    let server = TestServer::start();
    let (client, app) = server.other_app("Other");
    let url = server.database_url();
    let set = [
        "user",
        "email",
        "ada",
        "ada@example.org",
        "--database-url",
        &url,
    ];
    assert!(cli::run(&set).status.success());
    let with = server.through(&client, &server.ada(), "basic,email");
    let without = server.through(&client, &server.ada(), "basic");
    assert_eq!(with.get("/token").data()["email"], "ada@example.org");
    assert!(without.get("/token").data().get("email").is_none());
    let all = app.get("/apps/me/users/tokens").data();
    assert_eq!(all[0]["email"], "ada@example.org");
    assert!(all[1].get("email").is_none(), "{all}");
    let user = server.bob().get("/users/@ada").data();
    assert!(!user.to_string().contains("ada@example.org"), "{user}");
    // An account without an address has none to show.
    let bob = server.through(&client, &server.bob(), "basic,email");
    assert!(bob.get("/token").data().get("email").is_none());
}
