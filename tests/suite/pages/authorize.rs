//! `/oauth/authenticate` and `/oauth/authorize`: what a person is asked, and what comes back.

use serde_json::json;

use super::asking::{Asker, GAMMA, OOB, allows, code_in, token_in};
use crate::support::browser::{Browser, fields, html, location};
use crate::support::template::PASSWORD;
use crate::support::{TestServer, cli};

#[test]
fn a_code_leads_from_the_first_click_to_a_token() {
    let server = TestServer::with(&[("SERVER_LOG", "debug")]);
    let app = Asker::new(&server);
    let mut browser = Browser::new(&server);
    let asked = app.asks_code(&[("scope", "stream write_post"), ("state", "a b&c=d/é")]);
    let first = browser.get(&asked);
    assert_eq!(first.status, 303, "{first}");
    let page = browser.get(&location(&first));
    assert!(
        html(&page).contains("what <bdi>Asker &#38; &#60;Sons&#62;</bdi> may do"),
        "{page}"
    );
    assert!(!html(&page).contains("<Sons>"), "{page}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.ends_with("form-action 'self' https://app.example"),
        "{policy}"
    );
    let signed_in = browser.sends(
        &page,
        "/sign-in",
        &[("username", "ada"), ("password", PASSWORD)],
    );
    assert_eq!(location(&signed_in), asked);
    let page = browser.get(&asked);
    let shown = html(&page);
    assert!(
        shown.contains("Allow Asker &#38; &#60;Sons&#62;") && !shown.contains("<Sons>"),
        "{shown}"
    );
    for words in [
        "Read the posts of the people",
        "Write, change and delete posts",
        "@ada",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let back = browser.sends(&page, "/oauth/authorize", &[("decision", "allow")]);
    let there = location(&back);
    assert!(there.starts_with("https://app.example/cb?code="), "{there}");
    assert!(there.ends_with("&state=a+b%26c%3Dd%2F%C3%A9"), "{there}");
    let answer = app.exchanges(&server, &code_in(&back), &[]);
    let (token, scopes) = token_in(&answer);
    assert_eq!(scopes, json!(["basic", "stream", "write_post"]));
    assert_eq!(answer.json()["username"], "ada");
    assert_eq!(server.holder("ada", &token).get("/token").status, 200);
    let log = server.log();
    assert!(
        log.contains("/oauth/authorize"),
        "requests are logged: {log}"
    );
    assert!(!log.contains(&token) && !log.contains(&code_in(&back)));
}

#[test]
fn a_token_comes_back_in_the_fragment_of_a_custom_scheme_and_nothing_else_with_it() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::of(&server, &server.ada());
    let with = [
        ("redirect_uri", GAMMA),
        ("response_type", "token"),
        ("scope", "basic,stream"),
    ];
    let asked = app.asks("authenticate", &with);
    let page = browser.get(&asked);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with("form-action 'self' gamma:"), "{policy}");
    let back = browser.sends(&page, "/oauth/authenticate", &[("decision", "allow")]);
    let there = location(&back);
    let token = there
        .strip_prefix("gamma://authenticate#access_token=")
        .unwrap();
    assert!(!token.contains(['=', '&']), "{there}");
    assert_eq!(server.holder("ada", token).get("/token").status, 200);
    // Another program may have claimed the scheme: it is asked again, although all of it was granted.
    assert_eq!(browser.get(&asked).status, 200);
    let denied = browser.sends(&page, "/oauth/authenticate", &[("decision", "deny")]);
    assert_eq!(
        location(&denied),
        "gamma://authenticate#error_description=resource+owner+denied+your+app+access&error=access_denied\
         &error_message=resource+owner+denied+your+app+access"
    );
}

#[test]
fn boxes_can_be_unticked_and_none_can_be_added() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::of(&server, &server.ada());
    let asked = app.asks_code(&[("scope", "stream,write_post,messages:io.pnut.core.pm")]);
    let page = browser.get(&asked);
    let mut sent = fields(&page, "/oauth/authorize");
    let boxes: Vec<&str> = sent
        .iter()
        .filter(|(name, _)| name == "scopes[]")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(
        boxes,
        ["stream", "write_post", "messages:io.pnut.core.pm"],
        "basic is always granted"
    );
    sent.retain(|(_, value)| value != "write_post");
    for added in ["email", "messages", "nonsense"] {
        sent.push((String::from("scopes[]"), added.to_owned()));
    }
    sent.push((String::from("decision"), String::from("allow")));
    let back = browser.posts(&asked, &sent);
    let (_, scopes) = token_in(&app.exchanges(&server, &code_in(&back), &[]));
    assert_eq!(
        scopes,
        json!(["basic", "stream", "messages:io.pnut.core.pm"])
    );
    sent.retain(|(name, _)| name != "scopes[]");
    let back = browser.posts(&asked, &sent);
    let (_, scopes) = token_in(&app.exchanges(&server, &code_in(&back), &[]));
    assert_eq!(scopes, json!(["basic"]));
}

#[test]
fn authenticate_asks_no_more_for_what_was_granted_and_authorize_always_asks() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::of(&server, &server.ada());
    let at = |page: &str, scope: &str| app.asks_code_at(page, scope);
    let asks = |browser: &mut Browser, page: &str, scope: &str, when: &str| {
        let status = browser.get(&at(page, scope)).status;
        assert_eq!(status, 200, "{scope}: {when}");
    };
    let authenticate = "authenticate";
    asks(&mut browser, authenticate, "basic", "nothing was granted");
    let back = allows(&mut browser, &at(authenticate, "messages,stream"));
    asks(&mut browser, authenticate, "stream", "a code is no grant");
    let (token, _) = token_in(&app.exchanges(&server, &code_in(&back), &[]));
    for scope in ["stream", "basic", "stream,public_messages", "messages:a.b"] {
        code_in(&browser.get(&at(authenticate, scope)));
        let look = browser.call("HEAD", &at(authenticate, scope), &[], "");
        assert_eq!(look.status, 200, "a look grants nothing");
        asks(&mut browser, "authorize", scope, "always");
    }
    asks(&mut browser, authenticate, "stream,email", "more than that");
    let mut other = Browser::of(&server, &server.bob());
    asks(&mut other, authenticate, "stream", "another user");
    assert_eq!(server.holder("ada", &token).delete("/token").status, 200);
    asks(&mut browser, authenticate, "stream", "the last is gone");
}

#[test]
fn what_was_unticked_is_asked_for_again_although_an_older_token_has_it() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::of(&server, &server.ada());
    let both = app.asks_code_at("authenticate", "stream,write_post");
    let back = allows(&mut browser, &both);
    token_in(&app.exchanges(&server, &code_in(&back), &[]));
    code_in(&browser.get(&both));
    // Asked again on purpose, with one box unticked.
    let asked = app.asks_code(&[("scope", "stream,write_post")]);
    let page = browser.get(&asked);
    let mut sent = fields(&page, "/oauth/authorize");
    sent.retain(|(_, value)| value != "write_post");
    sent.push((String::from("decision"), String::from("allow")));
    let back = browser.posts(&asked, &sent);
    let (_, scopes) = token_in(&app.exchanges(&server, &code_in(&back), &[]));
    assert_eq!(scopes, json!(["basic", "stream"]));
    assert_eq!(browser.get(&both).status, 200, "it comes back unasked");
    code_in(&browser.get(&app.asks_code_at("authenticate", "stream")));
}

#[test]
fn a_session_that_ends_while_the_question_is_open_leads_back_to_the_question() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::of(&server, &server.ada());
    let asked = app.asks_code(&[("scope", "stream"), ("state", "a b&c=/é")]);
    let page = browser.get(&asked);
    let url = server.database_url();
    let new = ["user", "password", "ada", "--password-stdin"];
    cli::run_with_input(&[&new[..], &["--database-url", &url]].concat(), PASSWORD);
    let led = browser.sends(&page, "/oauth/authorize", &[("decision", "allow")]);
    assert!(location(&led).starts_with("/sign-in?next="), "{led}");
    let page = browser.get(&location(&led));
    let filled = [("username", "ada"), ("password", PASSWORD)];
    let led = browser.sends(&page, "/sign-in", &filled);
    assert_eq!(location(&led), asked);
    code_in(&allows(&mut browser, &asked));
}

#[test]
fn without_an_address_the_secret_is_shown_on_a_page() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::of(&server, &server.ada());
    let shown = |page: &crate::support::http::Answer| {
        assert_eq!(
            (page.status, page.header("location")),
            (200, None),
            "{page}"
        );
        let html = html(page);
        let secret = html
            .split("<code id=\"secret\">")
            .nth(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned());
        secret.unwrap_or_else(|| panic!("{html}"))
    };
    let with = |kind| {
        [
            ("redirect_uri", OOB),
            ("response_type", kind),
            ("scope", "stream"),
        ]
    };
    let code = shown(&allows(&mut browser, &app.asks("authorize", &with("code"))));
    token_in(&app.exchanges(&server, &code, &[("redirect_uri", OOB)]));
    let token = shown(&allows(
        &mut browser,
        &app.asks("authorize", &with("token")),
    ));
    assert_eq!(server.holder("ada", &token).get("/token").status, 200);
    let page = browser.get(&app.asks("authorize", &with("code")));
    let denied = browser.sends(&page, "/oauth/authorize", &[("decision", "deny")]);
    assert!(
        denied.status == 200 && html(&denied).contains("got nothing"),
        "{denied}"
    );
    let page = browser.get(&app.asks("authorize", &[("redirect_uri", OOB)]));
    assert!(
        page.status == 400 && html(&page).contains("response_type is missing"),
        "{page}"
    );
    assert!(!html(&page).contains("Go back"), "{page}");
}
