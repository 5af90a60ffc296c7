//! Requests for an authorization that are not answered as they wish: by a page, by an error, by nothing for strangers.

use super::asking::{Asker, BACK, allows, field};
use crate::support::TestServer;
use crate::support::browser::{Browser, html, location};

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
        let query = request.split_once('?').unwrap().1;
        let page = signed_in.get(&with(BACK));
        let filled = [("request", query), ("decision", "allow")];
        let sent = signed_in.sends(&page, "/oauth/authorize", &filled);
        assert!(
            matches!(sent.status, 400 | 404) && sent.header("location").is_none(),
            "{request} {sent}"
        );
    }
}

#[test]
fn other_errors_lead_back_to_the_app_as_the_standard_names_them() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::new(&server);
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
        let back = browser.get(&app.asks("authorize", &all));
        assert_eq!(back.status, 303, "{with:?} {back}");
        assert!(
            location(&back).starts_with("https://app.example/cb?error_description="),
            "{with:?}"
        );
        assert_eq!(field(&back, "error").as_deref(), Some(error), "{with:?}");
        assert_eq!(field(&back, "state").as_deref(), Some("s1"), "{with:?}");
    }
    let with = [
        ("redirect_uri", BACK),
        ("response_type", "token"),
        ("scope", "everything"),
    ];
    let back = browser.get(&app.asks("authorize", &with));
    assert!(
        location(&back).starts_with("https://app.example/cb#error_description="),
        "{back}"
    );
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
