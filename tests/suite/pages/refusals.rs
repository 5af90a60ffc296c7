//! Requests for an authorization that are not answered as they wish: by a page, by an error, by nothing for strangers.

use super::asking::{Asker, BACK, allows};
use crate::support::TestServer;
use crate::support::browser::{Browser, fields, html, location, unescaped};

/// Addresses that almost are registered, and some that are none.
const STRANGE: &[&str] = &[
    "https://app.example/",
    "https://app.example/cb/more",
    "https://app.example/cbmore",
    "https://app.example/CB",
    "https://APP.example/cb",
    "http://app.example/cb",
    "https://app.example:443/cb",
    "https://app.example./cb",
    "https://user@app.example/cb",
    "https://app.example@evil.example/cb",
    "https://app.example.evil.example/cb",
    "https://app.example/cb#fragment",
    "https://app.example/cb\r\nLocation: https://evil.example",
    "//app.example/cb",
    "javascript:alert(1)",
    "gamma://authenticate/",
    "",
];

#[test]
fn a_request_that_must_not_be_answered_by_redirect_is_answered_by_a_page() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut signed_in = Browser::of(&server, &server.ada());
    let mut visitor = Browser::new(&server);
    let with = |uri: &str| {
        app.asks(
            "authorize",
            &[
                ("redirect_uri", uri),
                ("response_type", "code"),
                ("scope", "stream"),
            ],
        )
    };
    let mut requests: Vec<String> = STRANGE.iter().map(|uri| with(uri)).collect();
    requests.push(app.asks("authorize", &[("response_type", "code")]));
    requests.push(format!(
        "/oauth/authorize?redirect_uri={BACK}&response_type=code"
    ));
    requests.push(format!(
        "/oauth/authorize?client_id=nobody&redirect_uri={BACK}&response_type=code"
    ));
    requests.push(with(BACK).replace(&app.id, "%00"));
    for request in requests {
        for browser in [&mut signed_in, &mut visitor] {
            let page = browser.get(&request);
            assert!(matches!(page.status, 400 | 404), "{request} {page}");
            assert_eq!(page.header("location"), None, "{request}");
            assert!(
                !html(&page).contains("<form method=\"post\" action=\"/oauth"),
                "{page}"
            );
        }
        let page = signed_in.get(&with(BACK));
        let mut filled = fields(&page, "/oauth/authorize");
        filled.push((String::from("decision"), String::from("allow")));
        let sent = signed_in.posts(&request, &filled);
        assert!(
            matches!(sent.status, 400 | 404) && sent.header("location").is_none(),
            "{request} {sent}"
        );
    }
}

#[test]
fn other_errors_lead_back_to_the_app_by_a_link_as_the_standard_names_them() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut visitor = Browser::new(&server);
    let mut signed_in = Browser::of(&server, &server.ada());
    let proof = "a".repeat(43);
    for (with, error) in [
        (
            &[("response_type", "magic")][..],
            "unsupported_response_type",
        ),
        (&[], "invalid_request"),
        (
            &[("response_type", "code"), ("scope", "everything")],
            "invalid_scope",
        ),
        (
            &[("response_type", "code"), ("scope", "email:x")],
            "invalid_scope",
        ),
        (
            &[("response_type", "code"), ("code_challenge", "short")],
            "invalid_request",
        ),
        (
            &[
                ("response_type", "code"),
                ("code_challenge", proof.as_str()),
                ("code_challenge_method", "S512"),
            ],
            "invalid_request",
        ),
        (
            &[("response_type", "code"), ("code_challenge_method", "S256")],
            "invalid_request",
        ),
    ] {
        let all = [&[("redirect_uri", BACK), ("state", "s1")][..], with].concat();
        for browser in [&mut visitor, &mut signed_in] {
            let there = link_back(browser, &app.asks("authorize", &all));
            let start = "https://app.example/cb?error_description=";
            assert!(there.starts_with(start), "{with:?} {there}");
            assert!(there.contains(&format!("&error={error}&")), "{there}");
            assert!(there.ends_with("&state=s1"), "{there}");
        }
    }
    let with = [
        ("redirect_uri", BACK),
        ("response_type", "token"),
        ("scope", "everything"),
    ];
    let there = link_back(&mut visitor, &app.asks("authorize", &with));
    assert!(
        there.starts_with("https://app.example/cb#error_description="),
        "{there}"
    );
    let private = Asker::with(&server, &["--owner", "bob", "--private"]);
    let asked = private.asks("authorize", &[("redirect_uri", BACK)]);
    assert_eq!(signed_in.get(&asked).status, 403, "not her app");
    let page = visitor.get(&asked);
    assert!(!html(&page).contains("Asker"), "{page}");
}

/// A browser is led nowhere by a link that is wrong: a person has to press another one. Where that leads.
fn link_back(browser: &mut Browser, asked: &str) -> String {
    let page = browser.get(asked);
    assert_eq!(
        (page.status, page.header("location")),
        (400, None),
        "{page}"
    );
    let html = html(&page);
    let links = html.split("<a class=\"button\" href=\"").nth(1);
    unescaped(links.and_then(|link| link.split('"').next()).unwrap())
}

#[test]
fn a_state_of_any_kind_comes_back_unchanged() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::of(&server, &server.ada());
    for state in [
        "",
        "0",
        "a+b%20c",
        "%7B%22a%22%3A%5B1%5D%7D",
        "%FF%FE",
        "a=b;c:/?@!$'()*,",
        "%0D%0ALocation:x",
        &"x".repeat(3000),
    ] {
        let asked = format!("{}&state={state}", app.asks_code(&[("scope", "stream")]));
        let there = location(&allows(&mut browser, &asked));
        assert!(
            there.ends_with(&format!("&state={state}")),
            "{state}: {there}"
        );
    }
}

#[test]
fn a_private_app_is_for_its_owner_only() {
    let server = TestServer::start();
    let app = Asker::with(&server, &["--owner", "ada", "--private"]);
    let asked = app.asks_code(&[("scope", "stream")]);
    let refused = Browser::of(&server, &server.bob()).get(&asked);
    assert!(
        refused.status == 403 && refused.header("location").is_none(),
        "{refused}"
    );
    assert_eq!(Browser::of(&server, &server.ada()).get(&asked).status, 200);
}
