//! Own channels, the one private channel of some people, and general list parameters.

use serde_json::json;

use crate::support::{TestServer, build, ids, text};

#[test]
fn own_channels_come_newest_first() {
    let server = TestServer::start();
    let ada = server.ada();
    let mine: Vec<_> = (0..3).map(|n| build::room(&ada, &n.to_string())).collect();
    build::room(&server.bob(), "not mine");
    build::whispers(&ada, &[&server.bob()], "hello");
    let answer = ada.get("/users/me/channels");
    let newest_first: Vec<_> = mine.iter().rev().cloned().collect();
    assert_eq!(ids(&answer.data()), newest_first);
    assert_eq!(answer.data()[0]["pagination_id"], mine[2].as_str());
    let page = ada.get(&format!("/users/me/channels?count=1&before_id={}", mine[1]));
    assert_eq!(ids(&page.data()), [mine[0].as_str()]);
    server.anonymous().get("/users/me/channels").refused(401);
    server.app().get("/users/me/channels").refused(403);
}

#[test]
fn lists_keep_and_drop_types() {
    let server = TestServer::start();
    let ada = server.ada();
    let room = build::room(&ada, "Lounge");
    let circle = build::circle(&ada, &[]);
    let list = |query: &str| ids(&ada.get(&format!("/users/me/channels?{query}")).data());
    assert_eq!(list("channel_types=io.pnut.core.chat"), [room.as_str()]);
    assert_eq!(
        list("channel_types=io.pnut.core.chat,%20org.example.circle").len(),
        2
    );
    assert_eq!(
        list("exclude_channel_types=io.pnut.core.chat"),
        [circle.as_str()]
    );
    assert_eq!(
        list("channel_types=org.example.circle&exclude_channel_types=org.example.circle"),
        [circle]
    );
    assert!(list("include_read=0").is_empty());
    build::says(&ada, &room, "unread");
    assert_eq!(list("include_read=0"), [room]);
}

#[test]
fn the_private_channel_of_exactly_these_people_is_found() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let pair = text(&build::whispers(&ada, &[&bob], "two")["channel_id"]);
    let trio = text(&build::whispers(&ada, &[&bob, &eve], "three")["channel_id"]);
    let find = |who: &str| ada.get(&format!("/users/me/channels/existing_pm?ids={who}"));
    assert_eq!(find("2").data()["id"], pair.as_str());
    assert_eq!(find("1,2").data()["id"], pair.as_str());
    assert_eq!(find("@bob,%20@EVE").data()["id"], trio.as_str());
    let none = find("3");
    none.refused_as(404, "no-existing-pm");
    let said = "No private message channel exists for the given user combination";
    assert_eq!(none.meta()["error_message"], said);
    find("999").refused(404);
    ada.get("/users/me/channels/existing_pm").refused(400);
}

#[test]
fn the_muted_channels_are_listed_newest_mute_first() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let (first, second) = (build::room(&bob, "One"), build::room(&bob, "Two"));
    ada.does(&format!("/channels/{second}/mute")).is(200);
    ada.does(&format!("/channels/{first}/mute")).is(200);
    let answer = ada.get("/users/me/channels/muted");
    assert_eq!(ids(&answer.data()), [first.as_str(), second.as_str()]);
    let page = ada.get(&format!(
        "/users/me/channels/muted?before_id={}",
        text(&answer.meta()["max_id"])
    ));
    assert_eq!(ids(&page.data()), [&*second]);
    build::says(&bob, &first, "unread");
    let unread = ada.get("/users/me/channels/muted?include_read=0");
    assert_eq!(ids(&unread.data()), [first]);
    assert_eq!(
        server.bob().get("/users/me/channels/muted").data(),
        json!([])
    );
}
