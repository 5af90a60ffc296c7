//! `/oauth/authenticate` and `/oauth/authorize`: what a person is asked, and what comes back.

use serde_json::json;

use super::asking::{Asker, BACK, GAMMA, OOB, allows, code_in, field, token_in};
use crate::support::TestServer;
use crate::support::browser::{Browser, fields, html, location};
use crate::support::template::PASSWORD;

#[test]
fn a_code_leads_from_the_first_click_to_a_token() {
    let server = TestServer::start();
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
        shown.contains("Allow Asker &#38; &#60;Sons&#62;"),
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
    let back = browser.posts("/oauth/authorize", &sent);
    let (_, scopes) = token_in(&app.exchanges(&server, &code_in(&back), &[]));
    assert_eq!(
        scopes,
        json!(["basic", "stream", "messages:io.pnut.core.pm"])
    );
    sent.retain(|(name, _)| name != "scopes[]");
    let back = browser.posts("/oauth/authorize", &sent);
    let (_, scopes) = token_in(&app.exchanges(&server, &code_in(&back), &[]));
    assert_eq!(scopes, json!(["basic"]));
}

#[test]
fn authenticate_asks_no_more_for_what_was_granted_and_authorize_always_asks() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let mut browser = Browser::of(&server, &server.ada());
    let with = |scope| {
        [
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("scope", scope),
        ]
    };
    assert_eq!(
        browser
            .get(&app.asks("authenticate", &with("basic")))
            .status,
        200,
        "nothing was granted yet"
    );
    let back = allows(
        &mut browser,
        &app.asks("authenticate", &with("messages,stream")),
    );
    assert_eq!(
        browser
            .get(&app.asks("authenticate", &with("stream")))
            .status,
        200,
        "a code is no grant yet"
    );
    let (token, _) = token_in(&app.exchanges(&server, &code_in(&back), &[]));
    for scope in [
        "stream",
        "basic",
        "stream,public_messages",
        "messages:io.pnut.core.pm",
    ] {
        let straight = browser.get(&app.asks("authenticate", &with(scope)));
        code_in(&straight);
        assert_eq!(
            browser
                .call("HEAD", &app.asks("authenticate", &with(scope)), &[], "")
                .status,
            200,
            "a look grants nothing"
        );
        assert_eq!(
            browser.get(&app.asks("authorize", &with(scope))).status,
            200,
            "{scope}"
        );
    }
    assert_eq!(
        browser
            .get(&app.asks("authenticate", &with("stream,email")))
            .status,
        200
    );
    let mut other = Browser::of(&server, &server.bob());
    assert_eq!(
        other.get(&app.asks("authenticate", &with("stream"))).status,
        200,
        "another user"
    );
    assert_eq!(server.holder("ada", &token).delete("/token").status, 200);
    assert_eq!(
        browser
            .get(&app.asks("authenticate", &with("stream")))
            .status,
        200,
        "the last token is gone"
    );
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
}

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
    let mut requests: Vec<String> = [
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
    ]
    .iter()
    .map(|uri| with(uri))
    .collect();
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
