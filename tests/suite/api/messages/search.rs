//! `GET /channels/messages/search`

use serde_json::json;

use crate::support::{Person, TestServer, build, ids, text};

fn found(person: &Person, query: &str) -> Vec<String> {
    ids(&person
        .get(&format!("/channels/messages/search?{query}"))
        .data())
}

#[test]
fn words_are_found_in_the_channels_named() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (room, circle) = (build::room(&ada, "Lounge"), build::circle(&ada, &[]));
    let there = build::says(&ada, &room, "green tea");
    let here = build::says(&ada, &circle, "green leaves");
    let both = format!("channel_ids={room},{circle}");
    assert_eq!(
        found(&ada, &format!("{both}&q=green&order=id")),
        [here.as_str(), there.as_str()]
    );
    assert_eq!(found(&ada, &format!("{both}&q=TEA")), [there.as_str()]);
    assert_eq!(
        found(&bob, &format!("{both}&q=green")),
        [there.as_str()],
        "only where one may read"
    );
    assert!(found(&ada, &format!("channel_ids={room}&q=leaves")).is_empty());
    ada.get("/channels/messages/search?q=green")
        .refused_at(400, "channel_ids");
    for odd in [
        "%22",
        "tea%22",
        "NEAR(",
        "a*",
        "-",
        "text%3Atea",
        "%27%3B--",
        "OR",
    ] {
        let answer = ada.get(&format!("/channels/messages/search?{both}&q={odd}"));
        assert_eq!(answer.status, 200, "{answer}");
    }
    ada.delete(&format!("/channels/{room}/messages/{there}"))
        .is(200);
    assert!(
        found(&ada, &format!("{both}&q=tea")).is_empty(),
        "what is deleted is not found"
    );
}

#[test]
fn private_messages_are_searched_together() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let first = text(&build::whispers(&ada, &[&bob], "secret one")["id"]);
    let second = text(&build::whispers(&eve, &[&ada], "secret two")["id"]);
    build::whispers(&bob, &[&eve], "secret three");
    assert_eq!(
        found(&ada, "channel_ids=pm&q=secret&order=id"),
        [second, first.clone()]
    );
    assert_eq!(found(&ada, "channel_ids=pm&q=one"), [first]);
}

#[test]
fn filters_narrow_the_search() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let room = build::room(&ada, "Lounge");
    let path = format!("/channels/{room}/messages");
    let post = |person: &Person, body| text(&person.post(&path, &body).is(201).data()["id"]);
    let plain = post(&ada, json!({"text": "plain"}));
    let tagged = post(&bob, json!({"text": "@ada look #rust"}));
    let reply = post(
        &bob,
        json!({"text": "an answer to @ada", "reply_to": plain, "is_nsfw": true}),
    );
    let linked = post(&ada, json!({"text": "see https://www.example.org/x"}));
    let raw = post(&ada, json!({"text": "raw", "raw": {"org.example.a": [{}]}}));
    ada.does(&format!("{path}/{raw}/sticky")).is(200);
    let search = |query: &str| found(&ada, &format!("channel_ids={room}&order=id&{query}"));
    assert_eq!(search("creator_id=2"), [reply.as_str(), tagged.as_str()]);
    assert_eq!(
        found(&bob, &format!("channel_ids={room}&order=id&creator_id=me")),
        [&*reply, &*tagged]
    );
    assert_eq!(search("tags=rust"), [tagged.as_str()]);
    assert_eq!(search("tags=Rust,go"), [tagged.as_str()]);
    assert_eq!(search("mentions=ada"), [reply.as_str(), tagged.as_str()]);
    assert_eq!(search("leading_mentions=ada"), [tagged.as_str()]);
    assert_eq!(search("is_reply=1"), [reply.as_str()]);
    assert_eq!(search(&format!("reply_to={plain}")), [reply.as_str()]);
    assert_eq!(
        search(&format!("thread_id={plain}")),
        [reply.as_str(), plain.as_str()]
    );
    assert!(!search("is_nsfw=0").contains(&reply));
    assert_eq!(search("is_nsfw=1"), [reply.as_str()]);
    assert!(!search("is_sticky=0").contains(&raw));
    assert_eq!(search("is_sticky=1"), [raw.as_str()]);
    assert_eq!(search("url_domains=example.org"), [linked.as_str()]);
    assert_eq!(search("raw_types=org.example.a"), [raw.as_str()]);
    assert!(search("created_before=2001-01-01T00:00:00Z").is_empty());
    assert_eq!(search("created_after=2001-01-01T00:00:00Z").len(), 5);
    let client = crate::support::template::template().client_id.clone();
    assert_eq!(search(&format!("client_id={client}")).len(), 5);
    assert!(search("client_id=nobody").is_empty());
    assert_eq!(search("user_types=human").len(), 5);
    assert!(search("user_types=bot,feed").is_empty());
    assert_eq!(
        search("is_reply=").len(),
        5,
        "an empty flag filters nothing"
    );
}

#[test]
fn a_question_is_bounded_in_length_and_in_parts() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let said = build::says(&ada, &room, &"a ".repeat(1000));
    let search = |q: &str| {
        ada.get(&format!(
            "/channels/messages/search?channel_ids={room}&q={q}"
        ))
    };
    search(&"a+".repeat(257)).refused_at(400, "q");
    ada.get(&format!("/channels/search?q={}", "a+".repeat(257)))
        .refused_at(400, "q");
    assert_eq!(ids(&search(&"a+".repeat(255)).data()), [said.as_str()]);
    // From the 33rd on, parts are ignored.
    let first: Vec<String> = (0..32).map(|n| format!("w{n}")).collect();
    let all = build::says(&ada, &room, &first.join(" "));
    let asked = format!("{}+nowhere", first.join("+"));
    assert_eq!(ids(&search(&asked).data()), [all.as_str()]);
}

#[test]
fn scripts_without_blanks_are_searched_and_tags_fold() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let chinese = build::says(&ada, &room, "请看这家银行的网站谢谢");
    let thai = build::says(&ada, &room, "ภาษาไทยไม่มีช่องว่าง");
    let tagged = build::says(&ada, &room, "so #The_Lost_Café");
    let search = |query: &str| found(&ada, &format!("channel_ids={room}&{query}"));
    assert_eq!(search("q=%E9%93%B6%E8%A1%8C"), [chinese.as_str()]);
    assert_eq!(search("q=%E0%B9%84%E0%B8%97%E0%B8%A2"), [thai.as_str()]);
    assert_eq!(search("tags=thelostcaf%C3%A9"), [tagged.as_str()]);
    assert_eq!(search("tags=%23the_LOST_CAF%C3%89"), [tagged.as_str()]);
}
