//! `GET /posts/search`

use serde_json::{Value, json};

use crate::support::build::posts;
use crate::support::{Person, TestServer, ids, text};

fn found(who: &Person, query: &str) -> Vec<String> {
    ids(&who.get(&format!("/posts/search?{query}")).is(200).data())
}

fn wrote(who: &Person, body: &Value) -> String {
    text(&who.post("/posts", body).is(201).data()["id"])
}

#[test]
fn words_are_found_by_anyone_until_they_are_gone() {
    let server = TestServer::start();
    let (ada, bob, anonymous) = (server.ada(), server.bob(), server.anonymous());
    let green = posts(&ada, "green tea");
    let both = posts(&bob, "green Käse, and green leaves");
    assert_eq!(
        found(&anonymous, "q=GREEN&order=id"),
        [both.as_str(), &green]
    );
    assert_eq!(found(&anonymous, "q=kase"), [both.as_str()]);
    assert_eq!(
        found(&anonymous, "q=green"),
        [green.as_str(), &both],
        "best first"
    );
    assert_eq!(
        found(&anonymous, ""),
        [both.as_str(), &green],
        "no parameter: all"
    );
    for odd in [
        "%22",
        "NEAR(",
        "a*",
        "-",
        "marks%3Ah1",
        "%27%3B--",
        "OR",
        "%00",
    ] {
        let answer = ada.get(&format!("/posts/search?q={odd}"));
        assert!(answer.status < 500, "{answer}");
    }
    let long = "x".repeat(600);
    ada.get(&format!("/posts/search?q={long}"))
        .refused_at(400, "q");
    let revised = json!({"text": "green coffee"});
    ada.put(&format!("/posts/{green}"), &revised).is(201);
    assert!(found(&anonymous, "q=tea").is_empty());
    assert_eq!(found(&anonymous, "q=coffee"), [green.as_str()]);
    assert_eq!(found(&anonymous, "is_revised=1"), [green.as_str()]);
    ada.delete(&format!("/posts/{green}")).is(200);
    assert!(found(&anonymous, "q=coffee").is_empty());
    bob.put(&format!("/posts/{both}/repost"), &json!({}));
    ada.put(&format!("/posts/{both}/repost"), &json!({}))
        .is(201);
    assert_eq!(found(&anonymous, ""), [both.as_str()], "no reposts");
}

/// A plain post by ada, and a reply of bob's with everything in it that can be searched for.
fn plain_and_rich(ada: &Person, bob: &Person) -> (String, String) {
    let plain = posts(ada, "plain words");
    let body = json!({
        "text": "@ada see #The_Tag on www.example.com/page with @bob", "reply_to": plain, "is_nsfw": true,
        "raw": {"org.example.note": [{"a": 1}], "io.pnut.core.oembed": [{"type": "photo", "version": "1.0",
            "url": "https://x.example/a.png", "width": 1, "height": 1}]},
    });
    let rich = wrote(bob, &body);
    (plain, rich)
}

#[test]
fn each_parameter_narrows() {
    let server = TestServer::start();
    let ada = server.ada();
    let (plain, rich) = plain_and_rich(&ada, &server.bob());
    for query in [
        "tags=thetag",
        "tags=%23The_Tag,other",
        "mentions=bob",
        "mentions=@bob",
        "mentions=2",
        "leading_mentions=ada",
        "has_mentions=1&mentions=nobody",
        "urls=www.example.com/page",
        "links=http://www.example.com/page",
        "url_domains=example.com",
        "link_domains=www.example.com",
        "raw_types=org.example.note,org.example.none",
        "raw_types=io.pnut.core.oembed&q=see",
        "file_kinds=image",
        "creator_id=2",
        "creator_id=@bob",
        "exclude_user_ids=1",
        "is_reply=1",
        "is_directed=1",
        "is_nsfw=1",
        "creator_id=@bob&is_nsfw=1",
        "exclude_user_ids=me",
        "exclude_user_ids=@ada",
        "user_types=human&q=see",
    ] {
        assert_eq!(found(&ada, query), [rich.as_str()], "{query}");
    }
    for query in [
        "is_reply=0",
        "is_nsfw=0",
        "is_directed=0",
        "has_mentions=0",
        "creator_id=1",
        "creator_id=me",
        "include_replies=0",
    ] {
        assert_eq!(found(&ada, query), [plain.as_str()], "{query}");
    }
    assert_eq!(found(&ada, &format!("reply_to={plain}")), [rich.as_str()]);
    let both = [rich.as_str(), &plain];
    assert_eq!(found(&ada, &format!("thread_id={plain}")), both);
    assert_eq!(found(&ada, "user_types=human,bot"), both);
    let client = text(&ada.get(&format!("/posts/{plain}")).data()["source"]["id"]);
    assert_eq!(found(&ada, &format!("client_id={client}")), both);
    for query in [
        "mentions=nobody",
        "user_types=bot",
        "leading_mentions=bob",
        "is_revised=1",
        "created_before=2001-01-01T00:00:00Z",
        "client_id=none",
        "poll_id=1",
        "file_id=1",
    ] {
        assert!(found(&ada, query).is_empty(), "{query}");
    }
}

#[test]
fn a_flag_that_is_empty_or_true_of_all_narrows_nothing() {
    let server = TestServer::start();
    let ada = server.ada();
    let (plain, rich) = plain_and_rich(&ada, &server.bob());
    for query in ["is_revised=0", "is_revised=&is_nsfw=&is_directed="] {
        assert_eq!(found(&ada, query), [rich.as_str(), &plain], "{query}");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let server = TestServer::start();
    let ada = server.ada();
    for (query, at) in [
        ("user_types=cat", "user_types"),
        ("created_after=soon", "created_after"),
        ("reply_to=x", "reply_to"),
        ("creator_id=x", "creator_id"),
    ] {
        ada.get(&format!("/posts/search?{query}"))
            .refused_at(400, at);
    }
    let own = "/posts/search?creator_id=me";
    server
        .anonymous()
        .get(own)
        .refused_as(401, "token-required");
    server.app().get(own).refused_as(403, "wrong-token-kind");
}

#[test]
fn a_page_is_full_although_hidden_people_wrote_between() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let mut shown = Vec::new();
    for n in 0..3 {
        shown.insert(0, posts(&bob, &format!("tea {n}")));
        posts(&eve, &format!("tea of eve {n}"));
    }
    ada.does(&format!("/users/{}/mute", eve.id)).is(200);
    let first = ada
        .get("/posts/search?q=tea&order=id&count=2")
        .is(200)
        .json();
    assert_eq!(ids(&first["data"]), shown[..2]);
    assert_eq!(first["meta"]["more"], true);
    let before = text(&first["meta"]["min_id"]);
    let rest = format!("q=tea&order=id&count=2&before_id={before}");
    assert_eq!(found(&ada, &rest), shown[2..]);
    assert_eq!(found(&ada, "q=tea&include_muted=1").len(), 6);
}

#[test]
fn dates_are_taken_in_each_form_that_clients_write() {
    let server = TestServer::start();
    let ada = server.ada();
    let id = posts(&ada, "now");
    for then in [
        "2001-01-01T18:10:00Z",
        "2001-01-01T18:10:00",
        "2001-01-01T18:10:00.123456",
        "2001-01-01T18:10Z",
        "20010101T181000Z",
        "2001-01-01",
    ] {
        assert_eq!(
            found(&ada, &format!("created_after={then}")),
            [&*id],
            "{then}"
        );
        assert_eq!(
            found(&ada, &format!("created_before={then}")),
            [""; 0],
            "{then}"
        );
    }
}
