//! The room page signs in through the same door as every app, and is the only one that comes back without a host.

use super::asking::{Asker, code_in, field, refused, token_in};
use crate::support::browser::{Browser, html, location};
use crate::support::http::Answer;
use crate::support::template::PASSWORD;
use crate::support::{TestServer, cli};

const ROOMS: &str = "groundnut-rooms-page-public-0001";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The address of a request of the page.
fn asks(with: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([("client_id", ROOMS), ("scope", "basic,messages")]);
    query.extend_pairs(with);
    format!("/oauth/authenticate?{}", query.finish())
}

fn asks_code() -> String {
    asks(&[
        ("redirect_uri", "/"),
        ("response_type", "code"),
        ("state", "s1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ])
}

fn exchanges(server: &TestServer, code: &str, verifier: &str) -> Answer {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs([
        ("grant_type", "authorization_code"),
        ("client_id", ROOMS),
        ("redirect_uri", "/"),
        ("code", code),
        ("code_verifier", verifier),
    ]);
    let anyone = server.anonymous();
    anyone.form("POST", "/oauth/access_token", &body.finish())
}

#[test]
fn the_page_gets_a_token_for_a_code_that_comes_back_to_the_host_that_the_browser_is_at() {
    let server = TestServer::start();
    let mut browser = Browser::new(&server);
    let led = browser.get(&asks_code());
    let page = browser.get(&location(&led));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with("form-action 'self'"), "{policy}");
    let filled = [("username", "ada"), ("password", PASSWORD)];
    let led = browser.sends(&page, "/sign-in", &filled);
    let page = browser.get(&location(&led));
    assert!(html(&page).contains("Allow Rooms"), "{page}");
    let back = browser.sends(&page, "/oauth/authenticate", &[("decision", "allow")]);
    let there = location(&back);
    assert!(
        there.starts_with("/?code=") && there.ends_with("&state=s1"),
        "{there}"
    );
    let code = code_in(&back);
    refused(
        &exchanges(&server, &code, &"a".repeat(43)),
        400,
        "invalid_grant",
    );
    let (token, _) = token_in(&exchanges(&server, &code, VERIFIER));
    assert_eq!(server.holder("ada", &token).get("/token").status, 200);
    // A browser that stays signed in says so: the page keeps its token as long.
    let mut stays = Browser::new(&server);
    let led = stays.get(&asks_code());
    let page = stays.get(&location(&led));
    let filled = [("username", "ada"), ("password", PASSWORD), ("stay", "on")];
    let led = stays.sends(&page, "/sign-in", &filled);
    let back = stays.get(&location(&led));
    assert_eq!(field(&back, "stay").as_deref(), Some("1"), "granted before");
    let denied = stays.get(&asks_code().replace("authenticate", "authorize"));
    let denied = stays.sends(&denied, "/oauth/authorize", &[("decision", "deny")]);
    assert!(
        location(&denied).starts_with("/?error_description="),
        "{denied}"
    );
}

#[test]
fn without_a_proof_and_to_other_addresses_the_page_gets_nothing() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::of(&server, &server.ada());
    let code = [("redirect_uri", "/"), ("response_type", "code")];
    let token = [("redirect_uri", "/"), ("response_type", "token")];
    for asked in [
        asks(&code),
        asks(&token),
        asks_code().replace("redirect_uri=%2F", "redirect_uri=%2F%2Fevil.example"),
        asks_code().replace("redirect_uri=%2F", "redirect_uri=%2F%3Fa%3Db"),
        app.asks("authorize", &code),
    ] {
        let page = browser.get(&asked);
        assert_eq!(
            (page.status, page.header("location")),
            (400, None),
            "{asked}"
        );
        assert!(!html(&page).contains("Go back"), "{page}");
    }
    let url = server.database_url();
    let create = ["client", "create", "--name", "Other", "--redirect-uri", "/"];
    let made = cli::run(&[&create[..], &["--database-url", &url]].concat());
    assert!(!made.status.success(), "no other app comes back there");
}

#[test]
fn the_page_tells_no_one_which_address_it_was_reached_by() {
    let server = TestServer::start();
    let mut browser = Browser::new(&server);
    let page = browser.get("/?code=a&state=b");
    assert_eq!(
        page.header("referrer-policy"),
        Some("no-referrer"),
        "{page}"
    );
}
