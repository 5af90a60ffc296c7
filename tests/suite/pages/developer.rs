//! An owner's apps: registered, described, with secrets, tokens and streams.

use serde_json::json;

use super::account::{done, done_at, problem, refused};
use crate::support::browser::{Browser, html, location, unescaped};
use crate::support::http::Answer;
use crate::support::{TestServer, build, text};

const NEW: &str = "/account/developer/new";

/// Registers an app; gives the path of its pages and its client id.
fn registers(browser: &mut Browser, name: &str) -> (String, String) {
    let page = browser.get(NEW);
    let answer = browser.sends(&page, NEW, &[("name", name)]);
    assert_eq!(answer.status, 303, "{}", html(&answer));
    let there = location(&answer);
    let path = there.split('?').next().expect("a path").to_owned();
    let shown = unescaped(&html(&browser.get(&there)));
    assert!(shown.contains("The app is registered."), "{shown}");
    let client = path.rsplit('/').next().expect("an id").to_owned();
    (path, client)
}

/// Presses the one button of a page; gives the secret that it shows.
fn secret_of(browser: &mut Browser, path: &str) -> String {
    let page = browser.get(path);
    let answer = browser.sends(&page, path, &[]);
    assert_eq!(answer.status, 200, "{answer}");
    let html = html(&answer);
    let secret = html.split("class=\"secret\">").nth(1).expect("a secret");
    secret.split('<').next().expect("a secret").to_owned()
}

fn app_token(server: &TestServer, client: &str, secret: &str) -> Answer {
    let body = json!({
        "grant_type": "client_credentials",
        "client_id": client,
        "client_secret": secret,
    });
    server.anonymous().post("/oauth/access_token", &body)
}

#[test]
fn an_app_is_registered_described_and_found() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    assert!(html(&ada.get("/account/developer")).contains("You have no app."));
    let (path, client) = registers(&mut ada, "Demo");
    let filled = [
        ("name", "Demo 2"),
        ("url", "https://demo.example"),
        (
            "redirect_uris",
            "https://demo.example/back\r\ndemo://back\r\n",
        ),
        ("text", "By @ada"),
    ];
    let page = done(&mut ada, &path, &filled);
    assert!(page.contains("The app is saved."), "{page}");
    assert!(
        page.contains("https://demo.example/back\ndemo://back</textarea>"),
        "{page}"
    );
    let shown = server.bob().get(&format!("/clients/{client}")).data();
    assert_eq!(shown["name"], "Demo 2");
    assert_eq!(shown["url"], "https://demo.example");
    assert_eq!(shown["content"]["entities"]["mentions"][0]["id"], "1");
    assert_eq!(
        server.bob().get("/users/@ada").data()["counts"]["clients"],
        1
    );
    assert!(html(&ada.get("/account/developer")).contains(&client));
    // Private: for its owner only.
    let with = [&filled[..], &[("is_private", "on")]].concat();
    let page = done(&mut ada, &path, &with);
    assert!(page.contains("type=\"checkbox\" checked"), "{page}");
    server.bob().get(&format!("/clients/{client}")).refused(404);
    server.ada().get(&format!("/clients/{client}")).is(200);
}

#[test]
fn what_is_wrong_with_an_app_is_said_beside_the_field() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let (path, client) = registers(&mut ada, "Demo");
    for page in [NEW, &path] {
        for (field, value) in [
            ("name", ""),
            ("name", "\u{200b}"),
            ("url", "javascript:alert(1)"),
            ("url", "demo.example"),
            ("redirect_uris", "https://a.example/#x"),
            ("redirect_uris", "javascript:alert(1)"),
            ("redirect_uris", "not an address"),
            ("text", &"t".repeat(257)),
        ] {
            let mut with = vec![("name", "Kept name")];
            with.retain(|(name, _)| *name != field);
            with.push((field, value));
            let shown = refused(&mut ada, page, &with);
            problem(&shown, field);
            if field != "name" {
                assert!(shown.contains("value=\"Kept name\""), "{shown}");
            }
        }
    }
    let shown = server.ada().get(&format!("/clients/{client}")).data();
    assert_eq!(shown["name"], "Demo");
    for number in 2..=20 {
        registers(&mut ada, &format!("App {number}"));
    }
    let page = refused(&mut ada, NEW, &[("name", "One too many")]);
    assert!(
        problem(&page, "name").contains("as many apps as you may"),
        "{page}"
    );
    assert!(!html(&ada.get("/account/developer")).contains(NEW));
}

#[test]
fn a_secret_is_shown_once_and_replaces_the_one_before() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let (path, client) = registers(&mut ada, "Demo");
    let first = secret_of(&mut ada, &format!("{path}/secret"));
    assert_eq!(app_token(&server, &client, &first).status, 200);
    let again = html(&ada.get(&format!("{path}/secret")));
    assert!(!again.contains(&first), "{again}");
    let second = secret_of(&mut ada, &format!("{path}/secret"));
    assert_eq!(app_token(&server, &client, &first).status, 401);
    assert_eq!(app_token(&server, &client, &second).status, 200);
    assert!(!server.log().contains(&second));
}

#[test]
fn tokens_and_streams_of_an_app_are_made_listed_and_taken_back() {
    let server = TestServer::with(&[("WEBHOOKS_ALLOW_PRIVATE", "true")]);
    let mut ada = Browser::of(&server, &server.ada());
    let (path, client) = registers(&mut ada, "Demo");
    let tokens = format!("{path}/tokens");
    assert!(html(&ada.get(&tokens)).contains("The app has no token."));
    let app = server.holder("app", &secret_of(&mut ada, &tokens));
    assert_eq!(app.get("/token").data()["app"]["id"], client.as_str());
    server.through(&client, &server.bob(), "basic");
    let list = unescaped(&html(&ada.get(&tokens)));
    assert!(!list.contains(app.token()), "{list}");
    assert_eq!(
        list.matches("/tokens/revoke?id=").count(),
        1,
        "not the user's: {list}"
    );

    build::app_stream(&app, "one", &["message"]);
    build::app_stream(&app, "two", &["post", "token"]);
    let hook = json!({"type": "webhook", "key": "three", "object_types": ["post"], "secret": "0123456789abcdef",
        "url": "http://127.0.0.1:9/a-secret-path", "is_enabled": "0"});
    app.post("/streams", &hook).is(200);
    let mut stream = app.firehose("one");
    let streams = format!("{path}/streams");
    let list = html(&ada.get(&streams));
    assert!(
        list.contains(">two<") && list.contains("<code>token</code>"),
        "{list}"
    );
    assert!(
        list.contains("webhook to 127.0.0.1, off: the app switched it off")
            && !list.contains("a-secret-path"),
        "{list}"
    );
    let delete = format!("{streams}/delete");
    let list = done_at(&mut ada, &format!("{delete}?key=one"), &delete, &[]);
    assert!(
        list.contains("The stream is deleted.") && !list.contains(">one<"),
        "{list}"
    );
    assert_eq!(stream.closed_with(), 4004);
    let asked = ada.get(&format!("{delete}?key=one"));
    assert_eq!(ada.sends(&asked, &delete, &[]).status, 404, "gone already");
    let asked = html(&ada.get(&delete));
    assert!(asked.contains("webhooks get nothing more"), "{asked}");
    let list = done_at(&mut ada, &delete, &delete, &[]);
    assert!(list.contains("The app has no stream."), "{list}");

    let id = unescaped(&html(&ada.get(&tokens)));
    let id = id.split("/tokens/revoke?id=").nth(1).expect("a token");
    let id = id.split('"').next().expect("an id").to_owned();
    let revoke = format!("{tokens}/revoke");
    let list = done_at(&mut ada, &format!("{revoke}?id={id}"), &revoke, &[]);
    assert!(list.contains("The token of the app is revoked."), "{list}");
    app.get("/token").refused_as(401, "invalid-token");
}

#[test]
fn a_stream_is_made_by_a_form_and_brings_what_was_chosen() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let (path, _) = registers(&mut ada, "Demo");
    let app = server.holder("app", &secret_of(&mut ada, &format!("{path}/tokens")));
    let streams = format!("{path}/streams");
    let filter = app.post(
        "/filters",
        &json!({
            "name": "no <b>bots</b>", "match_policy": "include_any",
            "clauses": [{"object_type": "message", "operator": "matches", "field": "/data/content/text", "value": "tea"}],
        }),
    );
    let filter = text(&filter.is(200).data()["id"]);
    let chosen = [
        ("key", "letters"),
        ("object_types[]", "message"),
        ("object_types[]", "post"),
        ("filter_id", &*filter),
    ];
    let page = done(&mut ada, &streams, &chosen);
    assert!(page.contains("The stream is made."), "{page}");
    assert!(
        page.contains("<strong>letters</strong>")
            && page.contains(&format!("with filter {filter}")),
        "{page}"
    );
    let page = html(&ada.get(&streams));
    assert!(!page.contains("<b>bots"), "{page}");
    let made = app.get("/streams/letters").data();
    assert_eq!(made["object_types"], json!(["message", "post"]));
    assert_eq!(made["filter_id"], filter.as_str());
    app.firehose("letters");
    // Without a name it gets a number.
    done(&mut ada, &streams, &[("object_types[]", "follow")]);
    assert_eq!(
        app.get("/streams/1").data()["object_types"],
        json!(["follow"])
    );
}

#[test]
fn a_form_of_a_stream_says_at_which_field_it_is_wrong_and_keeps_what_was_typed() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let (path, _) = registers(&mut ada, "Demo");
    let streams = format!("{path}/streams");
    done(
        &mut ada,
        &streams,
        &[("key", "letters"), ("object_types[]", "post")],
    );
    let too_long = "k".repeat(33);
    for (field, with) in [
        ("key", &[("key", "letters"), ("object_types[]", "post")][..]),
        ("key", &[("key", "two words"), ("object_types[]", "post")]),
        ("key", &[("key", &too_long), ("object_types[]", "post")]),
        ("object_types", &[("key", "kept_name")]),
        (
            "object_types",
            &[("key", "kept_name"), ("object_types[]", "<b>sticker")],
        ),
        (
            "filter_id",
            &[
                ("key", "kept_name"),
                ("object_types[]", "post"),
                ("filter_id", "4711"),
            ],
        ),
        (
            "filter_id",
            &[
                ("key", "kept_name"),
                ("object_types[]", "post"),
                ("filter_id", "x"),
            ],
        ),
    ] {
        let page = refused(&mut ada, &streams, with);
        problem(&page, field);
        let typed = with.first().map(|(_, typed)| *typed).unwrap_or_default();
        assert!(
            page.contains(&format!("value=\"{typed}\"")),
            "what was typed is kept: {page}"
        );
        let is_ticked = page.contains("value=\"post\" checked");
        assert_eq!(
            is_ticked,
            with.contains(&("object_types[]", "post")),
            "{page}"
        );
        assert!(!page.contains("<b>sticker"), "{page}");
    }
}

#[test]
fn an_app_that_has_all_its_streams_is_offered_no_form_for_another() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let (path, client) = registers(&mut ada, "Demo");
    let app = server.holder("app", &secret_of(&mut ada, &format!("{path}/tokens")));
    let streams = format!("{path}/streams");
    for _ in 0..5 {
        done(&mut ada, &streams, &[("object_types[]", "post")]);
    }
    let page = html(&ada.get(&streams));
    assert!(
        page.contains("as many as it may")
            && !page.contains("<form method=\"post\" action=\"/account/developer"),
        "{page}"
    );
    // The form of a page that was opened before that.
    let (other, _) = registers(&mut ada, "Other");
    let form = ada.get(&format!("{other}/streams"));
    let sent = crate::support::browser::fields(&form, &format!("{other}/streams"));
    let answer = ada.posts(&streams, &sent);
    assert_eq!(answer.status, 403, "a form holds for one app: {answer}");
    let count = app.get("/streams").data().as_array().map(Vec::len);
    assert_eq!(count, Some(5), "{client}");
}

#[test]
fn a_deleted_app_is_gone_with_all_its_tokens() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let (path, client) = registers(&mut ada, "Demo");
    let app = server.holder("app", &secret_of(&mut ada, &format!("{path}/tokens")));
    let user = server.through(&client, &server.bob(), "basic");
    let filter = json!({
        "name": "f", "match_policy": "include_any",
        "clauses": [{"object_type": "post", "operator": "equals", "field": "/data/id", "value": "1"}],
    });
    app.post("/filters", &filter).is(200);
    user.post("/filters", &filter).is(200);
    let filters = "SELECT count(*) FROM event_filters";
    assert_eq!(server.count(filters), 2);
    let delete = format!("{path}/delete");
    let list = done(&mut ada, &delete, &[]);
    assert!(
        list.contains("The app is deleted") && list.contains("You have no app."),
        "{list}"
    );
    for holder in [&app, &user] {
        holder.get("/token").refused_as(401, "invalid-token");
    }
    assert_eq!(server.count(filters), 0);
    assert_eq!(ada.get(&path).status, 404);
    server.ada().get(&format!("/clients/{client}")).refused(404);
    assert_eq!(
        server.bob().get("/users/@ada").data()["counts"]["clients"],
        0
    );
}

#[test]
fn forms_of_another_owner_change_nothing() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let mut bob = Browser::of(&server, &server.bob());
    let (path, client) = registers(&mut ada, "Demo");
    let secret = secret_of(&mut ada, &format!("{path}/secret"));
    let app = server.holder("app", &secret_of(&mut ada, &format!("{path}/tokens")));
    build::app_stream(&app, "one", &["message"]);
    let (own, _) = registers(&mut bob, "Own");
    for page in [
        "",
        "/secret",
        "/tokens",
        "/tokens/revoke?id=1",
        "/streams",
        "/streams/delete",
        "/delete",
    ] {
        // The token of the form for the own app, and one that was made for this address.
        let shown = bob.get(&format!("{own}{page}"));
        let action = page.split('?').next().unwrap_or_default();
        let sent = crate::support::browser::fields(&shown, &format!("{own}{action}"));
        let answer = bob.posts(&format!("{path}{action}"), &sent);
        assert!([403, 404].contains(&answer.status), "{page}: {answer}");
    }
    assert_eq!(app_token(&server, &client, &secret).status, 200);
    assert_eq!(app.get("/streams").data().as_array().map(Vec::len), Some(1));
    // A token of a foreign app is not revoked through an own one.
    let foreign = html(&ada.get(&format!("{path}/tokens")));
    let foreign = foreign.split("/tokens/revoke?id=").nth(1).expect("a token");
    let foreign = foreign.split('"').next().expect("an id");
    let shown = bob.get(&format!("{own}/tokens/revoke?id={foreign}"));
    let answer = bob.sends(&shown, &format!("{own}/tokens/revoke"), &[]);
    assert_eq!(answer.status, 404, "{answer}");
    app.get("/token").is(200);
}
