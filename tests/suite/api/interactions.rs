//! What others did to a user and to a post: grouped, paged, taken back, and hidden by blocks.

use serde_json::{Value, json};

use crate::support::{Person, TestServer, build, ids, text};

fn own(person: &Person, query: &str) -> Vec<Value> {
    let list = person.get(&format!("/users/me/interactions{query}")).data();
    list.as_array().expect("a list").clone()
}

/// `action: ids of users` of each.
fn brief(list: &[Value]) -> Vec<String> {
    let one = |item: &Value| {
        let users = ids(&item["users"]).join(",");
        format!("{}: {users}", text(&item["action"]))
    };
    list.iter().map(one).collect()
}

fn replies(person: &Person, to: &str) -> String {
    let body = json!({"text": format!("reply of {}", person.name), "reply_to": to});
    text(&person.post("/posts", &body).is(201).data()["id"])
}

#[test]
fn each_action_is_an_interaction_with_what_it_was_done_to() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let post = build::posts(&ada, "hello");
    let at = |what: &str| format!("/posts/{post}/{what}");
    bob.does(&at("bookmark")).is(200);
    bob.does(&at("repost")).is(201);
    replies(&bob, &post);
    bob.does(&format!("/users/{}/follow", ada.id)).is(200);
    // What one does to oneself is none.
    ada.does(&at("bookmark")).is(200);
    replies(&ada, &post);

    let list = own(&ada, "");
    let all = ["follow: 2", "reply: 2", "repost: 2", "bookmark: 2"];
    assert_eq!(brief(&list), all);
    for item in &list {
        let date = text(&item["event_date"]);
        assert!(
            date.ends_with('Z') && item["pagination_id"].is_string(),
            "{item}"
        );
        assert_eq!(item["users"][0]["username"], "bob");
        assert_eq!(item["users"][0]["follows_you"], true);
        let object = &item["objects"][0];
        match text(&item["action"]).as_str() {
            "follow" => assert_eq!(object["username"], "ada"),
            _ => assert_eq!(
                (&object["id"], &object["you_bookmarked"]),
                (&json!(post), &json!(true))
            ),
        }
    }
    // The same action on the same thing is one, with all its users, and moves up.
    eve.does(&at("bookmark")).is(200);
    let list = own(&ada, "");
    assert_eq!(
        brief(&list),
        ["bookmark: 3,2", "follow: 2", "reply: 2", "repost: 2"]
    );
    assert_eq!(ada.get("/users/me/actions").data(), json!(list));
    assert_eq!(own(&bob, ""), Vec::<Value>::new());
    // Of the post, for all, without what is known.
    let of_post = server.anonymous().get(&at("interactions")).data();
    let of_post = of_post.as_array().expect("a list");
    assert_eq!(brief(of_post), ["bookmark: 3,2", "reply: 2", "repost: 2"]);
    assert!(of_post.iter().all(|item| item.get("objects").is_none()));
    assert_eq!(
        server.anonymous().get(&at("actions")).data(),
        json!(of_post)
    );
    let repost = bob.get(&format!("/users/{}/posts", bob.id)).data();
    let repost = repost
        .as_array()
        .expect("a list")
        .iter()
        .find(|post| post.get("repost_of").is_some());
    let path = format!(
        "/posts/{}/interactions",
        text(&repost.expect("a repost")["id"])
    );
    assert_eq!(eve.get(&path).data().as_array().expect("a list").len(), 3);
    eve.get("/posts/99/interactions")
        .refused_as(404, "post-not-found");
}

#[test]
fn filters_keep_exclude_leaves_out_and_pages_follow() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let posts: Vec<String> = (0..3)
        .map(|n| build::posts(&ada, &format!("post {n}")))
        .collect();
    for post in &posts {
        bob.does(&format!("/posts/{post}/bookmark")).is(200);
        bob.does(&format!("/posts/{post}/repost")).is(201);
    }
    bob.does(&format!("/users/{}/follow", ada.id)).is(200);
    let actions = |query: &str| -> Vec<String> {
        own(&ada, query)
            .iter()
            .map(|item| text(&item["action"]))
            .collect()
    };
    assert_eq!(actions("?filters=bookmark").len(), 3);
    assert_eq!(actions("?filters=Bookmark,FOLLOW&exclude=follow").len(), 4);
    assert_eq!(actions("?exclude=bookmark,repost"), ["follow"]);
    assert_eq!(actions("?filters=poll_response"), Vec::<String>::new());
    // As some clients send it, with the token behind a second question mark.
    let path = format!(
        "/users/me/interactions?filters=bookmark?access_token={}",
        ada.token()
    );
    let list = server.anonymous().get(&path).data();
    assert_eq!(list.as_array().expect("a list").len(), 3);

    let whole = own(&ada, "");
    assert_eq!(whole.len(), 7);
    let mut seen = Vec::new();
    let mut query = String::from("?count=3");
    loop {
        let answer = ada.get(&format!("/users/me/interactions{query}"));
        let (meta, data) = (answer.meta(), answer.data());
        seen.extend(data.as_array().expect("a list").clone());
        if meta["more"] == false {
            break;
        }
        query = format!("?count=3&before_id={}", text(&meta["min_id"]));
    }
    assert_eq!(seen, whole);
    let oldest = own(&ada, "?count=-2");
    assert_eq!(oldest, whole[5..]);
}

#[test]
fn what_is_taken_back_is_gone() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let post = build::posts(&ada, "hello");
    let at = |what: &str| format!("/posts/{post}/{what}");
    for person in [&bob, &eve] {
        person.does(&at("bookmark")).is(200);
        person.does(&at("repost")).is(201);
        person.does(&format!("/users/{}/follow", ada.id)).is(200);
    }
    let reply = replies(&bob, &post);
    eve.delete(&at("bookmark")).is(200);
    eve.delete(&at("repost")).is(200);
    eve.delete(&format!("/users/{}/follow", ada.id)).is(200);
    assert_eq!(
        brief(&own(&ada, "")),
        ["reply: 2", "follow: 2", "repost: 2", "bookmark: 2"]
    );
    bob.delete(&format!("/posts/{reply}")).is(200);
    bob.delete(&at("bookmark")).is(200);
    bob.delete(&at("repost")).is(200);
    assert_eq!(brief(&own(&ada, "")), ["follow: 2"]);
    // With the post goes what was done to it.
    let other = build::posts(&ada, "gone soon");
    bob.does(&format!("/posts/{other}/bookmark")).is(200);
    ada.delete(&format!("/posts/{other}")).is(200);
    assert_eq!(brief(&own(&ada, "")), ["follow: 2"]);
    let left = bob.get(&format!("/posts/{other}/interactions")).data();
    assert_eq!(left, json!([]));
    bob.delete(&format!("/posts/{other}/bookmark")).is(200);
}

#[test]
fn a_block_takes_people_out_and_interactions_that_nobody_else_is_in() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let post = build::posts(&ada, "hello");
    let at = |what: &str| format!("/posts/{post}/{what}");
    bob.does(&at("bookmark")).is(200);
    eve.does(&at("bookmark")).is(200);
    bob.does(&at("repost")).is(201);
    ada.does(&format!("/users/{}/block", bob.id)).is(200);
    assert_eq!(brief(&own(&ada, "")), ["bookmark: 3"]);
    let seen = |person: &Person| {
        brief(
            person
                .get(&at("interactions"))
                .data()
                .as_array()
                .expect("a list"),
        )
    };
    assert_eq!(seen(&ada), ["bookmark: 3"]);
    assert_eq!(seen(&eve), ["repost: 2", "bookmark: 3,2"]);
    assert_eq!(seen(&server.anonymous()), ["repost: 2", "bookmark: 3,2"]);
}

#[test]
fn what_a_muted_user_did_is_shown_when_it_is_asked_for() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let post = build::posts(&ada, "hello");
    let at = |what: &str| format!("/posts/{post}/{what}");
    for person in [&eve, &bob] {
        person.does(&at("bookmark")).is(200);
        person.does(&at("repost")).is(201);
    }
    bob.does(&format!("/users/{}/follow", ada.id)).is(200);
    ada.does(&format!("/users/{}/mute", bob.id)).is(200);
    // The rest of each interaction stays; one of muted users alone does not.
    assert_eq!(brief(&own(&ada, "")), ["repost: 3", "bookmark: 3"]);
    let all = ["follow: 2", "repost: 2,3", "bookmark: 2,3"];
    assert_eq!(brief(&own(&ada, "?include_muted=1")), all);
    let samples = |person: &Person, more: &str| {
        let query = format!("include_bookmarked_by=1&include_reposted_by=1{more}");
        let shown = person.get(&format!("/posts/{post}?{query}")).data();
        [&shown["bookmarked_by"], &shown["reposted_by"]].map(ids)
    };
    assert_eq!(samples(&ada, ""), [["3"], ["3"]]);
    assert_eq!(samples(&ada, "&include_muted=1"), [["2", "3"], ["2", "3"]]);
    assert_eq!(samples(&eve, ""), [["2", "3"], ["2", "3"]]);
    let of_post = ada.get(&at("interactions")).data();
    let of_post = of_post.as_array().expect("a list");
    assert_eq!(brief(of_post), ["repost: 3", "bookmark: 3"]);
}

#[test]
fn answers_to_a_poll_are_told_to_its_creator_and_those_of_an_anonymous_one_without_users() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let mut named = build::ballot("Lunch?", &["Yes", "No"]);
    named["is_anonymous"] = json!(false);
    let (named, token) = build::poll(&ada, &named);
    let (secret, secret_token) = build::poll(&ada, &build::ballot("Secret?", &["Yes", "No"]));
    let answers = |person: &Person, poll: &str, token: &str, position: i64| {
        let body = json!({"positions": [position], "poll_token": token});
        person
            .put(&format!("/polls/{poll}/response"), &body)
            .is(200);
    };
    answers(&bob, &named, &token, 1);
    answers(&eve, &named, &token, 2);
    // Another answer of the same user is no other act, and one's own is none.
    answers(&bob, &named, &token, 2);
    answers(&ada, &named, &token, 1);
    answers(&bob, &secret, &secret_token, 1);
    let list = own(&ada, "?filters=poll_response");
    assert_eq!(brief(&list), ["poll_response: ", "poll_response: 3,2"]);
    for (item, id, prompt) in [(&list[0], &secret, "Secret?"), (&list[1], &named, "Lunch?")] {
        let poll = &item["objects"][0];
        assert_eq!(poll["id"], json!(id));
        assert_eq!(poll["poll_id"], json!(id));
        assert_eq!(poll["prompt"], prompt);
        assert_eq!(poll["options"][1], json!({"text": "No", "position": 2}));
        for field in ["poll_token", "created_at", "closed_at"] {
            assert!(poll[field].is_string(), "{field} in {poll}");
        }
        assert!(!item.to_string().contains("respond\":"), "{item}");
    }
    // Leaving it out would tell that it was the muted user.
    ada.does(&format!("/users/{}/mute", bob.id)).is(200);
    let list = own(&ada, "?filters=poll_response");
    assert_eq!(brief(&list), ["poll_response: ", "poll_response: 3"]);
    assert_eq!(own(&bob, ""), Vec::<Value>::new());
    for poll in [&named, &secret] {
        ada.delete(&format!("/polls/{poll}")).is(200);
    }
    assert_eq!(own(&ada, ""), Vec::<Value>::new());
}
