//! `GET /channels/search`

use serde_json::json;

use crate::support::{Person, TestServer, build, ids, text};

/// Three public rooms, one private circle, one room for users; by bob but for the first.
fn some(server: &TestServer) -> [String; 5] {
    let (ada, bob) = (server.ada(), server.bob());
    let described = |name: &str, about: &str, category: &str| {
        json!({"io.pnut.core.chat-settings": [{
            "name": name, "description": {"text": about}, "categories": [category],
        }]})
    };
    let chat = |owner: &Person, raw: serde_json::Value| {
        build::channel(
            owner,
            &json!({
                "type": "io.pnut.core.chat", "raw": raw,
                "acl": {"write": {"any_user": true}, "read": {"public": true}},
            }),
        )
    };
    let tea = chat(&ada, described("Tea house", "green and black", "lifestyle"));
    let rust = chat(&bob, described("Rust belt", "crates and traits", "tech"));
    let green = chat(&bob, described("Gardeners", "everything green", "fun"));
    let circle = build::circle(&bob, &[&ada]);
    let users = build::channel(
        &bob,
        &json!({"type": "org.example.open", "acl": {"read": {"any_user": true}}}),
    );
    [tea, rust, green, circle, users]
}

fn search(person: &Person, query: &str) -> Vec<String> {
    ids(&person.get(&format!("/channels/search?{query}")).data())
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

#[test]
fn words_are_found_in_names_and_descriptions() {
    let server = TestServer::start();
    let [tea, rust, green, ..] = some(&server);
    let eve = server.eve();
    assert_eq!(search(&eve, "q=rust"), [rust.as_str()]);
    assert_eq!(search(&eve, "q=TRAITS"), [rust.as_str()]);
    assert_eq!(
        sorted(search(&eve, "q=green")),
        [tea.as_str(), green.as_str()]
    );
    assert_eq!(search(&eve, "q=green+black"), [tea.as_str()]);
    assert!(search(&eve, "q=nothing").is_empty());
    // Whatever a search language would make of it, it is text here.
    for odd in [
        "%22",
        "green%22",
        "NEAR(",
        "a*",
        "-",
        "name%3Agreen",
        "%27%3B--",
        "AND",
        "%25_",
    ] {
        assert_eq!(
            eve.get(&format!("/channels/search?q={odd}")).status,
            200,
            "{odd}"
        );
    }
    // A changed name is found by its new words.
    let raw = build::settings("Coffee");
    server
        .ada()
        .put(&format!("/channels/{tea}"), &json!({"raw": raw}))
        .is(200);
    assert_eq!(search(&eve, "q=coffee"), [tea.as_str()]);
    assert!(search(&eve, "q=house").is_empty());
}

#[test]
fn only_what_one_may_read_is_found() {
    let server = TestServer::start();
    let [tea, rust, green, circle, users] = some(&server);
    let public = sorted(vec![tea, rust, green]);
    assert_eq!(sorted(search(&server.anonymous(), "q=")), public);
    let with_users = sorted([public.clone(), vec![users]].concat());
    assert_eq!(sorted(search(&server.eve(), "")), with_users);
    let all = sorted([with_users.clone(), vec![circle]].concat());
    assert_eq!(sorted(search(&server.ada(), "")), all);
    let narrow = server.with_scopes(&server.ada(), "basic,public_messages");
    assert_eq!(sorted(search(&narrow, "")), with_users);
}

#[test]
fn searching_exploring_and_feeds_ask_for_a_scope_as_reading_a_channel_does() {
    let server = TestServer::start();
    let [tea, ..] = some(&server);
    let narrow = server.with_scopes(&server.ada(), "basic");
    for path in [
        format!("/channels/{tea}"),
        format!("/channels?ids={tea}"),
        "/channels/search".into(),
        "/channels/streams/explore/new".into(),
        "/feed/rss/channels/search".into(),
        format!("/feed/rss/channels/{tea}/messages"),
        format!("/channels/messages/search?channel_ids={tea}"),
    ] {
        narrow.get(&path).refused_as(403, "not-authorized");
    }
}

#[test]
fn filters_narrow_the_search() {
    let server = TestServer::start();
    let [tea, rust, green, circle, users] = some(&server);
    let ada = server.ada();
    assert_eq!(search(&ada, "owner_id=1"), [tea.as_str()]);
    assert_eq!(search(&ada, "categories=tech"), [rust.as_str()]);
    assert_eq!(
        sorted(search(&ada, "categories=tech,fun")),
        sorted(vec![rust.clone(), green.clone()])
    );
    assert_eq!(
        search(&ada, "channel_types=org.example.circle"),
        [circle.as_str()]
    );
    assert_eq!(
        sorted(search(&ada, "exclude_channel_types=io.pnut.core.chat")),
        sorted(vec![circle.clone(), users.clone()])
    );
    assert!(search(&ada, "is_public=0").contains(&circle));
    assert!(!search(&ada, "is_public=0").contains(&tea));
    assert!(!search(&ada, "is_public=1").contains(&circle));
    // Open to all accounts is not public.
    for (query, found) in [
        ("is_public=1", false),
        ("is_public=0", true),
        ("is_private=1", true),
    ] {
        assert_eq!(search(&ada, query).contains(&users), found, "{query}");
    }
    assert!(search(&ada, "is_public=").contains(&circle));
    assert_eq!(
        search(&ada, "raw_types=io.pnut.core.chat-settings").len(),
        3
    );
    assert!(search(&ada, "created_before=2001-01-01T00:00:00Z").is_empty());
    assert_eq!(search(&ada, "created_after=2001-01-01T00:00:00Z").len(), 5);
    assert!(matches!(
        ada.get("/channels/search?created_after=yesterday").status,
        200 | 400
    ));
    server.bob().delete(&format!("/channels/{green}")).is(200);
    assert!(!search(&ada, "").contains(&green));
    assert!(search(&ada, "include_inactive=1").contains(&green));
}

#[test]
fn the_order_may_be_chosen_and_pages_follow_it() {
    let server = TestServer::start();
    let [tea, rust, green, ..] = some(&server);
    let ada = server.ada();
    for _ in 0..2 {
        build::says(&ada, &tea, "hello");
    }
    build::says(&ada, &rust, "hello");
    let chat = "channel_types=io.pnut.core.chat";
    let all = |order: &str| search(&ada, &format!("{chat}&order={order}"));
    assert_eq!(all("id"), [green.as_str(), rust.as_str(), tea.as_str()]);
    assert_eq!(
        all("popularity"),
        [tea.as_str(), rust.as_str(), green.as_str()]
    );
    assert_eq!(
        all("activity"),
        [rust.as_str(), tea.as_str(), green.as_str()]
    );
    assert_eq!(search(&ada, chat), all("activity"));
    for order in ["id", "popularity", "activity"] {
        let mut seen = Vec::new();
        let mut query = format!("{chat}&order={order}&count=1");
        loop {
            let answer = ada.get(&format!("/channels/search?{query}"));
            seen.extend(ids(&answer.data()));
            if answer.meta()["more"] != true {
                break;
            }
            assert!(seen.len() < 10, "the pages of {order} never end");
            query = format!(
                "{chat}&order={order}&count=1&before_id={}",
                text(&answer.meta()["min_id"])
            );
        }
        assert_eq!(seen, all(order), "{order}");
    }
}
