//! A log that lacks what was delivered, as that of a replica which took over without the last commits.

use serde_json::Value;

use crate::support::nodes::{Node, Nodes};
use crate::support::receiver::{Received, Receiver};
use crate::support::{build, eventually, text};

const LOCAL: &[(&str, &str)] = &[
    ("WEBHOOKS_ALLOW_PRIVATE", "true"),
    ("WEBHOOKS_RETRY_MS", "20,20,20"),
];

fn cursor(of: &Value) -> String {
    text(&of["meta"]["cursor"])
}

fn pos(cursor: &str) -> i64 {
    let (_, pos) = cursor.split_once('.').expect("a cursor");
    pos.parse().expect("a position")
}

fn went_back(node: &Node) -> u64 {
    node.metric("log_went_back_total")
}

/// The log ends here: what came behind is not in it, and its positions are given out again.
fn ends_at(nodes: &Nodes, head: i64, all: &[&Node]) {
    nodes.sql(&format!(
        "DELETE FROM log_events WHERE pos > {head}; UPDATE log_head SET pos = {head}"
    ));
    eventually("each node notices", || {
        all.iter().all(|node| went_back(node) == 1)
    });
}

#[test]
fn a_stream_that_goes_on_hears_what_has_the_positions_of_what_was_lost() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    let room = build::room(&a.person(1), "Lounge");
    let parameters = "&include_cursor=1&auto_delete=0";
    let mut stream = b.person(0).stream_with(parameters);
    stream.subscribes(&b.person(0), &format!("/channels/{room}/messages"));
    build::says(&a.person(1), &room, "kept");
    let kept = cursor(&stream.hears_text("kept"));
    let mut lost = String::new();
    for number in 0..9 {
        let said = format!("lost {number}");
        build::says(&a.person(1), &room, &said);
        lost = cursor(&stream.hears_text(&said));
    }
    assert_eq!(pos(&lost), pos(&kept) + 9);
    ends_at(&nodes, pos(&kept), &[&a, &b]);
    assert_eq!(stream.closed_with(), 4009);
    let beyond = format!("/user?connection_id={}&cursor={lost}", stream.id);
    b.person(0)
        .asks_upgrade(&beyond)
        .refused_as(400, "cursor-ahead");
    let id = &stream.id;
    let mut again = b
        .person(0)
        .stream_with(&format!("{parameters}&connection_id={id}&cursor={kept}"));
    assert_eq!(again.id, *id);
    for (number, node) in [&a, &b, &a].iter().enumerate() {
        let said = format!("new {number}");
        build::says(&node.person(1), &room, &said);
        let heard = again.hears_text(&said);
        assert!(pos(&cursor(&heard)) < pos(&lost), "{heard}");
    }
}

#[test]
fn a_log_that_went_back_and_has_grown_since_is_noticed_too() {
    let Some(nodes) = Nodes::new() else { return };
    let (a, b) = (nodes.start("a"), nodes.start("b"));
    let room = build::room(&a.person(1), "Lounge");
    let mut stream = b.person(0).stream_with("&include_cursor=1");
    stream.subscribes(&b.person(0), &format!("/channels/{room}/messages"));
    build::says(&a.person(1), &room, "lost");
    let lost = pos(&cursor(&stream.hears_text("lost")));
    // Another event was written there by the time at which the nodes look.
    nodes.sql(&format!(
        "UPDATE log_events SET at = at + 1, sum = NULL WHERE pos = {lost}"
    ));
    eventually("each node notices", || {
        [&a, &b].iter().all(|node| went_back(node) == 1)
    });
    assert_eq!(stream.closed_with(), 4009);
    // Once: what is there now is what they know.
    let mut again = b.person(0).stream_with("&include_cursor=1");
    again.subscribes(&b.person(0), &format!("/channels/{room}/messages"));
    for said in ["new", "newer"] {
        build::says(&a.person(1), &room, said);
        again.hears_text(said);
    }
    assert_eq!([&a, &b].map(went_back), [1, 1]);
}

#[test]
fn a_long_poll_and_a_webhook_go_on_where_the_log_ends() {
    let Some(nodes) = Nodes::new() else { return };
    let a = nodes.start_with("a", "127.0.0.1:0", LOCAL);
    let app = a.app();
    let room = build::room(&a.person(0), "Lounge");
    build::join(&room, &[&a.person(0)]);
    build::app_stream(&app, "polled", &["message"]);
    let polls = |with: &str| app.get(&format!("/app?key=polled&{with}")).is(200);
    let receiver = Receiver::start();
    receiver.is_hooked(&app, "hook", &["message"]);
    build::says(&a.person(0), &room, "kept");
    let head = || nodes.sql("SELECT pos FROM log_head");
    let kept: i64 = head().parse().expect("a position");
    let places = || nodes.sql("SELECT positions FROM webhooks WHERE key = 'hook'");
    let is_at = |pos: i64| places().contains(&format!("{pos},{pos}"));
    eventually("it is written down", || is_at(kept));
    let before = places();
    for number in 0..9 {
        build::says(&a.person(0), &room, &format!("lost {number}"));
    }
    let said = |all: &[Received], what: &str| {
        let mut texts = all
            .iter()
            .map(|one| &one.body["data"][0]["content"]["text"]);
        texts.any(|text| text == what)
    };
    receiver.until("it is posted", |all| said(all, "lost 8"));
    // Nothing of it is written down any more behind that.
    eventually("it is written down", || is_at(kept + 9));
    nodes.sql(&format!("UPDATE webhooks SET positions = '{before}'"));
    ends_at(&nodes, kept, &[&a]);
    // Nothing came, so its place is that of the log.
    let quiet = text(&polls("wait=1").meta()["cursor"]);
    assert_eq!(pos(&quiet), kept);
    let gap = receiver.until("a gap says it", |all| {
        all.iter().any(|one| one.body["meta"]["gap"].is_object())
    });
    let mut gaps = gap.iter().map(|one| &one.body["meta"]["gap"]);
    let gap = gaps.rfind(|gap| gap.is_object()).expect("one");
    assert_eq!(gap["from"], quiet.as_str());
    assert_eq!(pos(&text(&gap["to"])), kept + 9);
    build::says(&a.person(0), &room, "new");
    let received = receiver.until("it is posted", |all| said(all, "new"));
    let count = |what: &str| {
        received
            .iter()
            .filter(|one| said(&[(*one).clone()], what))
            .count()
    };
    assert_eq!((count("kept"), count("lost 0"), count("new")), (1, 1, 1));
    eventually("it goes on from there", || is_at(kept + 1));
    let next = polls(&format!("wait=0&cursor={quiet}")).data();
    assert_eq!(text(&next[0]["data"][0]["content"]["text"]), "new");
}
