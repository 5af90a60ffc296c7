//! Users found by their names, and suggested ones.

use serde_json::json;

use crate::support::{Person, TestServer, build, cli, ids, text};

fn search(person: &Person, query: &str) -> Vec<String> {
    ids(&person.get(&format!("/users/search?{query}")).data())
}

fn named(person: &Person, name: &str) {
    person.patch("/users/me", &json!({ "name": name })).is(200);
}

/// Makes an account beside the running server.
fn makes(server: &TestServer, username: &str) -> String {
    let url = server.database_url();
    let create = ["user", "create", username, "--password-stdin"];
    let create = [&create[..], &["--database-url", &url, "--json"]].concat();
    let made = cli::run_with_input(&create, "correct horse battery\n");
    text(&cli::object(&made)["id"])
}

#[test]
fn people_are_found_by_words_of_their_names_and_how_these_begin() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    named(&ada, "Ada Lovelace");
    named(&bob, "Bob 东京都 Бобров");
    named(&eve, "Éve Adams");
    let nobody = server.anonymous();
    for (query, found) in [
        ("q=lovelace", vec!["1"]),
        ("q=LOVE", vec!["1"]),
        ("q=ada", vec!["1", "3"]),
        ("q=adam", vec!["3"]),
        ("q=ada+love", vec!["1"]),
        ("q=love+eve", vec![]),
        ("q=%40bob", vec!["2"]),
        ("q=bob", vec!["2"]),
        ("q=eve+adam", vec!["3"]),
        ("q=%E4%BA%AC", vec!["2"]),
        ("q=%E4%BA%AC%E9%83%BD", vec!["2"]),
        ("q=%D0%B1%D0%BE%D0%B1", vec!["2"]),
        ("q=velace", vec![]),
        ("q=%25", vec![]),
        ("q=*", vec![]),
    ] {
        assert_eq!(search(&nobody, query), found, "{query}");
    }
    // The former name is forgotten.
    named(&ada, "Countess");
    assert_eq!(search(&nobody, "q=lovelace"), Vec::<String>::new());
    assert_eq!(search(&nobody, "q=countess"), ["1"]);
    let long = "x".repeat(600);
    nobody
        .get(&format!("/users/search?q={long}"))
        .refused_as(400, "too-long");
}

fn writes(person: &Person, text: &str) {
    let body = json!({"content": {"text": text}});
    person.patch("/users/me", &body).is(200);
}

#[test]
fn people_are_found_by_words_of_their_profiles_behind_those_with_the_name() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let dan = server.dan();
    writes(
        &ada,
        "A gardener from Kyōto, see [this](https://orchid.example/moss)",
    );
    writes(&eve, "Not from Kyoto");
    named(&bob, "Kyoto Bob");
    named(&ada, "Ada Lovelace");
    for (query, found) in [
        ("q=gardener+from+Kyoto", vec!["1"]),
        ("q=gardener", vec!["1"]),
        ("q=garde+kyo", vec!["1"]),
        // A word of the name and one of the profile.
        ("q=gardener+lovelace", vec!["1"]),
        ("q=gardener+bob", vec![]),
        // A name first, whatever the profiles say.
        ("q=kyoto", vec!["2", "3", "1"]),
        ("q=kyoto&order=id", vec!["3", "2", "1"]),
        ("q=kyoto&count=1", vec!["2"]),
        // What is shown of a link, and not where it leads.
        ("q=orchid", vec!["1"]),
        ("q=moss", vec![]),
        ("q=~gardener", vec!["1"]),
    ] {
        assert_eq!(search(&dan, query), found, "{query}");
    }
    // The former profile is forgotten, and a block hides a profile as it hides a name.
    writes(&ada, "A florist");
    assert!(search(&dan, "q=gardener").is_empty());
    assert_eq!(search(&dan, "q=florist"), ["1"]);
    ada.does("/users/4/block").is(200);
    assert!(search(&dan, "q=florist").is_empty());
    assert!(search(&ada, "q=florist").len() == 1);
}

#[test]
fn an_account_made_beside_the_server_is_found() {
    let server = TestServer::start();
    let id = makes(&server, "grace_hopper");
    for query in ["q=grace", "q=hopper", "q=grace_hop", "q=hop+gra"] {
        assert_eq!(search(&server.anonymous(), query), [id.as_str()], "{query}");
    }
    let url = server.database_url();
    let out = cli::run(&["user", "disable", "grace_hopper", "--database-url", &url]);
    assert!(out.status.success(), "{out:?}");
    assert!(search(&server.anonymous(), "q=grace").is_empty());
    assert!(!search(&server.anonymous(), "").contains(&id));
}

#[test]
fn the_best_answer_comes_first_and_pages_follow_the_order() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let dan = server.dan();
    named(&ada, "Bobby");
    named(&eve, "Bob");
    let _bobolink = makes(&server, "bobolink");
    let all = ["2", "5", "3", "1"];
    assert_eq!(search(&dan, "q=bob"), all);
    assert_eq!(search(&dan, "q=bob&order=id"), ["5", "3", "2", "1"]);
    let mut seen = Vec::new();
    let mut query = String::from("q=bob&count=1");
    for _ in 0..4 {
        let page = dan.get(&format!("/users/search?{query}"));
        seen.extend(ids(&page.data()));
        assert_eq!(page.meta()["more"], seen.len() < 4, "{page}");
        let last = text(&page.data()[0]["pagination_id"]);
        query = format!("q=bob&count=1&before_id={last}");
    }
    assert_eq!(seen, all);
    // Without words: all, newest first.
    assert_eq!(search(&bob, "count=2"), ["5", "4"]);
    assert_eq!(search(&bob, "count=2&before_id=4"), ["3", "2"]);
}

#[test]
fn filters_narrow_the_search_for_people() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let zone = json!({"locale": "pt_PT", "timezone": "Europe/Lisbon"});
    bob.patch("/users/me", &zone).is(200);
    ada.does("/users/3/follow").is(200);
    bob.does("/users/1/follow").is(200);
    for (query, found) in [
        ("locale=pt_PT", vec!["2"]),
        ("timezone=Europe/Lisbon", vec!["2"]),
        ("is_following=1", vec!["3"]),
        ("is_following=0&q=eve", vec![]),
        ("is_follower=1", vec!["2"]),
        ("user_types=bot", vec![]),
        ("types=human&q=bob", vec!["2"]),
        ("created_after=2001-01-01T00:00:00Z&q=bob", vec!["2"]),
        ("created_before=2001-01-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(search(&ada, query), found, "{query}");
    }
    // Without a user these two ask nothing.
    assert_eq!(search(&server.anonymous(), "is_following=1").len(), 4);
    ada.get("/users/search?user_types=cat")
        .refused_at(400, "user_types");
}

#[test]
fn a_block_hides_from_search_both_ways_and_a_mute_does_not() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    ada.does("/users/2/block").is(200);
    ada.does("/users/3/mute").is(200);
    assert!(search(&ada, "q=bob").is_empty() && search(&bob, "q=ada").is_empty());
    assert_eq!(search(&ada, "q=eve"), ["3"]);
    assert_eq!(search(&server.eve(), "q=bob"), ["2"]);
    assert!(!search(&ada, "").contains(&bob.id));
}

#[test]
fn suggested_are_whom_those_follow_that_one_follows() {
    let server = TestServer::start();
    let (ada, bob, eve, dan) = (server.ada(), server.bob(), server.eve(), server.dan());
    let fifth = makes(&server, "grace");
    let suggested = |person: &Person| ids(&person.get("/users/suggested").data());
    // Follows nobody: the authors of the newest messages in public channels, and of no others.
    let room = build::room(&bob, "Lounge");
    build::says(&bob, &room, "hello");
    let circle = build::circle(&dan, &[&eve]);
    build::says(&dan, &circle, "in private");
    build::says(&eve, &room, "hello");
    build::says(&ada, &room, "hello");
    assert_eq!(suggested(&ada), ["3", "2"]);
    assert_eq!(suggested(&eve), ["1", "2"]);

    for (person, others) in [
        (&ada, vec!["2", "3"]),
        (&bob, vec!["4", "1", "3"]),
        (&eve, vec!["4", fifth.as_str()]),
    ] {
        for other in others {
            person.does(&format!("/users/{other}/follow")).is(200);
        }
    }
    assert_eq!(suggested(&ada), ["4", fifth.as_str()]);
    let first = ada.get("/users/suggested?count=1");
    assert_eq!(first.meta()["more"], true);
    let last = text(&first.data()[0]["pagination_id"]);
    let second = ada.get(&format!("/users/suggested?count=1&before_id={last}"));
    assert_eq!(ids(&second.data()), [fifth.as_str()]);
    ada.does("/users/4/mute").is(200);
    ada.does(&format!("/users/{fifth}/block")).is(200);
    // Nobody is left: those that write.
    assert_eq!(suggested(&ada), Vec::<String>::new());
    let narrow = server.with_scopes(&ada, "basic");
    narrow
        .get("/users/suggested")
        .refused_as(403, "not-authorized");
    server
        .anonymous()
        .get("/users/suggested")
        .refused_as(401, "token-required");
}

#[test]
fn a_database_from_before_the_search_is_indexed_when_it_is_opened() {
    let mut server = TestServer::start();
    server.stop();
    server.sql("DELETE FROM user_words");
    server.start_again();
    assert_eq!(search(&server.anonymous(), "q=bob"), ["2"]);
}
