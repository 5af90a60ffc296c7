//! The user object, field by field, as the original documents it; and what is left of a disabled account.

use serde_json::json;

use crate::support::fields::{Field, fit};
use crate::support::{Person, TestServer, build, cli, ids};

/// Always there.
const USER: &[Field] = &[
    ("id", "id", true),
    ("username", "text", true),
    ("name", "text", false),
    ("type", "human|feed|bot", true),
    ("locale", "text", true),
    ("timezone", "text", true),
    ("created_at", "date", true),
    ("content", "object", true),
    ("content.text", "text", false),
    ("content.html", "text", false),
    ("content.entities", "object", false),
    ("content.entities.links", "list", false),
    ("content.entities.mentions", "list", false),
    ("content.entities.tags", "list", false),
    ("content.avatar_image", "object", true),
    ("content.avatar_image.url", "text", true),
    ("content.avatar_image.width", "integer", true),
    ("content.avatar_image.height", "integer", true),
    ("content.avatar_image.is_default", "flag", true),
    ("content.cover_image", "object", true),
    ("content.cover_image.url", "text", true),
    ("content.cover_image.width", "integer", true),
    ("content.cover_image.height", "integer", true),
    ("content.cover_image.is_default", "flag", true),
    ("badge", "object", false),
    ("badge.id", "id", false),
    ("badge.name", "text", false),
    ("verified", "object", false),
    ("verified.domain", "text", false),
    ("verified.url", "text", false),
];

/// Unless the call says otherwise.
const COUNTS: &[Field] = &[
    ("counts", "object", true),
    ("counts.bookmarks", "integer", true),
    ("counts.clients", "integer", true),
    ("counts.followers", "integer", true),
    ("counts.following", "integer", true),
    ("counts.posts", "integer", true),
];

/// For a viewer that is a user: all of them.
const FLAGS: &[Field] = &[
    ("follows_you", "flag", true),
    ("you_follow", "flag", true),
    ("you_muted", "flag", true),
    ("you_blocked", "flag", true),
    ("you_can_follow", "flag", true),
];

const SOURCE: &[Field] = &[("content.markdown_text", "text", true)];
const PAGED: &[Field] = &[("pagination_id", "id", true)];
const ASKED: &[Field] = &[("presence", "text", true), ("raw", "object", true)];

/// Sets all that a profile can have.
fn fills(server: &TestServer, person: &Person) {
    let url = server.database_url();
    let runs = |arguments: &[&str]| {
        let all = [arguments, &["--database-url", &url]].concat();
        assert!(cli::run(&all).status.success(), "{arguments:?}");
    };
    runs(&["badge", "create", "Early"]);
    runs(&["badge", "award", "Early", &person.name]);
    runs(&["user", "verify", &person.name, "https://ada.example"]);
    let profile = json!({
        "name": "Ada", "badge_id": "1", "locale": "en_US", "timezone": "UTC",
        "content": {"text": "Hi @bob, see [this](https://x.example) #tag"},
        "raw": {"org.example.note": [{"a": 1}]},
    });
    person.put("/users/me", &profile).is(200);
}

#[test]
fn the_user_object_has_every_field_in_its_type_wherever_it_is_shown() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    fills(&server, &ada);
    bob.does(&format!("/users/{}/follow", ada.id)).is(200);
    let path = format!("/users/{}", ada.id);
    let all = "?include_presence=1&include_raw=1";
    let asked = |person: &Person, path: &str| person.get(&format!("{path}{all}")).data();

    let own = asked(&ada, "/users/me");
    fit(&own, &[USER, COUNTS, FLAGS, SOURCE, ASKED].concat());
    assert_eq!(own["badge"]["name"], "Early");
    assert_eq!(own["verified"]["domain"], "ada.example");
    let source = &own["content"]["markdown_text"];
    assert_eq!(source, "Hi @bob, see [this](https://x.example) #tag");
    let flags = [
        "follows_you",
        "you_follow",
        "you_can_follow",
        "you_muted",
        "you_blocked",
    ];
    assert_eq!(
        flags.map(|flag| own[flag] == true),
        [true, true, false, false, false]
    );

    fit(&asked(&bob, &path), &[USER, COUNTS, FLAGS, ASKED].concat());
    fit(
        &asked(&server.app(), &path),
        &[USER, COUNTS, ASKED].concat(),
    );
    fit(
        &server.anonymous().get(&path).data(),
        &[USER, COUNTS].concat(),
    );
    // A profile with nothing.
    fit(
        &ada.get(&format!("/users/{}", bob.id)).data(),
        &[USER, COUNTS, FLAGS].concat(),
    );
    let bare = bob.get(&format!("{path}?include_counts=0")).data();
    fit(&bare, &[USER, FLAGS].concat());
    let bare = bob.get(&format!("{path}?include_html=0")).data();
    assert!(bare["content"].get("html").is_none());

    let listed = ada.get(&format!("/users/{}/followers", ada.id)).data();
    fit(&listed[0], &[USER, COUNTS, FLAGS, PAGED].concat());
    let listed = bob.get("/users/search?q=ada").data();
    fit(&listed[0], &[USER, COUNTS, FLAGS, PAGED].concat());
    let post = build::posts(&ada, "hello");
    let post = bob.get(&format!("/posts/{post}")).data();
    fit(&post["user"], &[USER, COUNTS, FLAGS].concat());
    let token = ada.get("/token").data();
    assert!(token["user"]["content"].get("avatar_image").is_some());
}

#[test]
fn what_a_change_of_the_profile_answers_is_the_whole_user() {
    let server = TestServer::start();
    let ada = server.ada();
    fills(&server, &ada);
    let mut table = [USER, COUNTS, FLAGS, SOURCE].concat();
    let same = json!({"locale": "en_US", "timezone": "UTC"});
    fit(&ada.patch("/users/me", &same).is(200).data(), &table);
    // A replacement clears the text, and its source with it.
    table.retain(|field| !SOURCE.contains(field));
    fit(&ada.put("/users/me", &same).is(200).data(), &table);
}

#[test]
fn a_disabled_account_is_still_shown_where_it_is_named_and_offered_nowhere() {
    let server = TestServer::start();
    let (ada, bob, eve) = (server.ada(), server.bob(), server.eve());
    let post = build::posts(&ada, "words that stay");
    bob.does(&format!("/users/{}/follow", ada.id)).is(200);
    eve.does(&format!("/users/{}/follow", bob.id)).is(200);
    let before = eve.get("/users/suggested").data();
    assert_eq!(ids(&before), [ada.id.as_str()]);
    let url = server.database_url();
    let out = cli::run(&["user", "disable", "ada", "--database-url", &url]);
    assert!(out.status.success(), "{out:?}");
    crate::support::eventually("its tokens are refused", || ada.get("/token").status == 401);
    // What was published stays, with its author.
    let path = format!("/users/{}", ada.id);
    fit(&bob.get(&path).data(), &[USER, COUNTS, FLAGS].concat());
    let shown = bob.get(&format!("/posts/{post}")).data();
    assert_eq!(shown["user"]["username"], "ada");
    for list in [
        "/posts/streams/global",
        "/posts/streams/me",
        &format!("{path}/posts"),
    ] {
        assert_eq!(ids(&bob.get(list).data()), [post.as_str()], "{list}");
    }
    // It is neither found nor suggested, and not present.
    assert_eq!(bob.get("/users/search?q=ada").data(), json!([]));
    assert_eq!(eve.get("/users/suggested").data(), json!([]));
    let presence = bob.get(&format!("{path}/presence")).data();
    assert_eq!(presence["presence"], "offline");
}
