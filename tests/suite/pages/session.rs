//! Cookies, sessions, and forms that only their own browser can send.

use crate::support::browser::{Browser, fields, html, location};
use crate::support::template::PASSWORD;
use crate::support::{TestServer, cli};

/// Where a browser that is signed in is led, and one that is not.
fn is_signed_in(browser: &mut Browser) -> bool {
    browser.get("/sign-in").status == 303
}

#[test]
fn a_password_signs_a_browser_in_and_a_button_signs_it_out() {
    let server = TestServer::start();
    let mut browser = Browser::new(&server);
    assert!(!is_signed_in(&mut browser));
    let page = browser.get("/sign-in?next=%2Fsign-out%3Fa%3D1");
    assert_eq!(page.status, 200, "{page}");
    let visit = browser.cookies.clone();
    let filled = [
        ("username", " @ADA "),
        ("password", PASSWORD),
        ("stay", "on"),
    ];
    let answer = browser.sends(&page, "/sign-in", &filled);
    assert_eq!(
        (answer.status, location(&answer).as_str()),
        (303, "/sign-out?a=1")
    );
    let line = answer.header("set-cookie").unwrap();
    for part in [
        "; HttpOnly",
        "; SameSite=Lax",
        "; Path=/",
        "; Max-Age=2592000",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert_ne!(
        browser.cookies, visit,
        "a cookie from before the sign-in opens nothing"
    );
    assert!(is_signed_in(&mut browser));
    let page = browser.get("/sign-out");
    assert!(html(&page).contains("@ada"), "{page}");
    let stolen = browser.cookies.clone();
    let answer = browser.sends(&page, "/sign-out", &[]);
    assert_eq!(
        (answer.status, location(&answer).as_str()),
        (303, "/sign-in")
    );
    assert_eq!(
        browser.cookies.keys().collect::<Vec<_>>(),
        ["groundnut-device"],
        "which opens nothing"
    );
    assert!(!is_signed_in(&mut browser));
    browser.cookies = stolen;
    assert!(
        !is_signed_in(&mut browser),
        "the session is over, not only its cookie"
    );
}

#[test]
fn a_wrong_password_shows_the_form_again_and_says_no_more_than_that() {
    let server = TestServer::start();
    let mut browser = Browser::new(&server);
    let page = browser.get("/sign-in");
    let mut tries = |name: &str| {
        let answer = browser.sends(
            &page,
            "/sign-in",
            &[("username", name), ("password", "guess")],
        );
        assert_eq!(answer.status, 400, "{answer}");
        let html = html(&answer);
        assert!(
            html.contains("Name and password do not fit together."),
            "{html}"
        );
        assert!(
            !html.contains("guess"),
            "a password is never shown again: {html}"
        );
        html.replace(name, "")
    };
    assert_eq!(tries("ada"), tries("nobody"));
}

#[test]
fn every_page_forbids_scripts_frames_caches_and_foreign_readers() {
    let server = TestServer::start();
    let mut browser = Browser::new(&server);
    for path in ["/sign-in", "/sign-out", "/sign-in?next=%00"] {
        let page = browser.get(path);
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'"),
            "{policy}"
        );
        assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"));
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
        ] {
            assert_eq!(page.header(name), Some(value), "{path} {name}");
        }
        assert_eq!(page.header("access-control-allow-origin"), None, "{path}");
        assert!(!html(&page).contains("<script"), "{page}");
    }
    let answer = browser.call("PUT", "/sign-in", &[], "");
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, Some("GET, HEAD, POST"))
    );
    assert_eq!(browser.call("HEAD", "/sign-in", &[], "").status, 200);
}

#[test]
fn a_form_holds_in_the_browser_and_at_the_address_that_it_was_made_for() {
    let server = TestServer::start();
    let mut browser = Browser::new(&server);
    let page = browser.get("/sign-in");
    let mut sent = fields(&page, "/sign-in");
    sent.retain(|(name, _)| name == "form");
    sent.push((String::from("username"), String::from("ada")));
    sent.push((String::from("password"), PASSWORD.to_owned()));

    let mut other = Browser::new(&server);
    assert_eq!(other.posts("/sign-in", &sent).status, 403, "no cookie");
    other.get("/sign-in");
    assert_eq!(
        other.posts("/sign-in", &sent).status,
        403,
        "the form of another browser"
    );
    assert_eq!(
        browser.posts("/sign-in", &sent[1..]).status,
        403,
        "no token"
    );
    assert_eq!(
        browser.posts("/sign-out", &sent).status,
        403,
        "the token of another form"
    );
    let mut forged = sent.clone();
    forged[0].1 = forged[0].1.chars().rev().collect();
    assert_eq!(
        browser.posts("/sign-in", &forged).status,
        403,
        "a made-up token"
    );
    for headers in [
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Origin", "https://evil.example")],
        [("Origin", "null")],
    ] {
        let answer = browser.posts_from("/sign-in", &sent, &headers);
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(answer.header("set-cookie").is_none(), "{headers:?}");
    }
    let own = [("Sec-Fetch-Site", "same-origin"), ("Origin", "null")];
    assert_eq!(browser.posts_from("/sign-in", &sent, &own).status, 303);
    let again = browser.posts("/sign-in", &sent);
    assert_eq!(again.status, 403, "shown before the sign-in: {again}");
}

#[test]
fn a_cookie_that_was_changed_or_made_up_signs_nobody_in() {
    let server = TestServer::start();
    let mut browser = Browser::of(&server, &server.ada());
    let own = browser.cookies["groundnut"].clone();
    assert!(is_signed_in(&mut browser));
    for cookie in [
        own.to_uppercase(),
        own[1..].to_owned(),
        format!("{own}x"),
        own[44..].to_owned(),
        String::from("s.secret"),
        String::new(),
        String::from("%00"),
        "x".repeat(5000),
    ] {
        browser
            .cookies
            .insert(String::from("groundnut"), cookie.clone());
        assert!(!is_signed_in(&mut browser), "{cookie:.60}");
    }
}

#[test]
fn a_new_password_and_a_disabled_account_end_sessions_and_a_restart_does_not() {
    let mut server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let mut bob = Browser::of(&server, &server.bob());
    assert!(server.stop());
    server.start_again();
    (ada.address, bob.address) = (server.address, server.address);
    assert!(is_signed_in(&mut ada) && is_signed_in(&mut bob));
    let url = server.database_url();
    let password = [
        "user",
        "password",
        "ada",
        "--password-stdin",
        "--database-url",
        &url,
    ];
    let done = cli::run_with_input(&password, "another long password\n");
    assert!(done.status.success());
    assert!(!is_signed_in(&mut ada));
    assert!(is_signed_in(&mut bob));
    for command in ["disable", "enable"] {
        let done = cli::run(&["user", command, "bob", "--database-url", &url]);
        assert!(done.status.success());
        assert!(!is_signed_in(&mut bob), "after {command}");
    }
}

#[test]
fn a_browser_is_led_to_paths_of_this_server_only() {
    let server = TestServer::start();
    for (next, leads_to) in [
        ("/account?a=b%26c", "/account?a=b%26c"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: a=b", "/"),
    ] {
        let encoded: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let path = format!("/sign-in?next={encoded}");
        let mut browser = Browser::new(&server);
        let page = browser.get(&path);
        let filled = [("username", "ada"), ("password", PASSWORD)];
        let answer = browser.sends(&page, "/sign-in", &filled);
        assert_eq!(location(&answer), leads_to, "{next:?}");
        assert_eq!(
            location(&browser.get(&path)),
            leads_to,
            "signed in already: {next:?}"
        );
        let mut forged = Browser::new(&server);
        let page = forged.get("/sign-in");
        let filled = [&filled[..], &[("next", next)]].concat();
        let answer = forged.sends(&page, "/sign-in", &filled);
        assert_eq!(location(&answer), leads_to, "changed in the form: {next:?}");
    }
}

#[test]
fn guessing_is_slow_per_address_and_per_account_as_at_the_token_endpoint() {
    let server = TestServer::with(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_SIGN_INS", "4"),
        ("RATE_LIMITS_ACCOUNT_SIGN_INS", "2"),
        ("RATE_LIMITS_SIGN_IN_RESET_SECONDS", "3600"),
    ]);
    let mut browser = Browser::new(&server);
    let page = browser.get("/sign-in");
    let mut tries = |name: &str| {
        browser.sends(
            &page,
            "/sign-in",
            &[("username", name), ("password", "guess")],
        )
    };
    assert_eq!([tries("ada").status, tries("@Ada").status], [400, 400]);
    let refused = tries("ada");
    assert_eq!(refused.status, 429, "the account: {refused}");
    assert!(refused.header("retry-after").is_some(), "{refused}");
    assert_eq!(tries("bob").status, 400);
    assert_eq!(tries("bob").status, 429, "the address");
    assert_eq!(server.counter("rate_limit_refused_total"), 2);
}

#[test]
fn a_stranger_who_guesses_does_not_keep_the_owner_out() {
    let server = TestServer::with(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_SIGN_INS", "100"),
        ("RATE_LIMITS_ACCOUNT_SIGN_INS", "3"),
        ("RATE_LIMITS_SIGN_IN_RESET_SECONDS", "3600"),
    ]);
    let url = server.database_url();
    let email = ["user", "email", "ada", "ada@example.org"];
    cli::run(&[&email[..], &["--database-url", &url]].concat());
    let mut owner = Browser::of(&server, &server.ada());
    let mut stranger = Browser::new(&server);
    let tries = |browser: &mut Browser, name: &str, password: &str| {
        browser.cookies.remove("groundnut");
        let page = browser.get("/sign-in");
        let filled = [("username", name), ("password", password)];
        browser.sends(&page, "/sign-in", &filled).status
    };
    assert_eq!(tries(&mut stranger, "ada", "guess"), 400);
    assert_eq!(tries(&mut stranger, "@ADA", "guess"), 400);
    assert_eq!(tries(&mut stranger, "ada", PASSWORD), 429);
    // The address is a name of the same account. To say so would tell whose it is: the answer is the one to a wrong
    // password, as for an address that no account has.
    assert_eq!(tries(&mut stranger, "ada@example.org", PASSWORD), 400);
    assert_eq!(tries(&mut stranger, "eve@example.org", PASSWORD), 400);
    for name in ["ada", "ada@example.org"] {
        assert_eq!(tries(&mut owner, name, PASSWORD), 303, "{name}");
    }
    // A device has its own count, and may not be brought to another account.
    let mut thief = Browser::new(&server);
    thief.cookies = owner.cookies.clone();
    let guesses = [(); 4].map(|()| tries(&mut thief, "ada", "guess"));
    assert_eq!(guesses, [400, 400, 400, 429]);
    let guesses = [(); 4].map(|()| tries(&mut thief, "bob", "guess"));
    assert_eq!(guesses, [400, 400, 400, 429]);
    assert_eq!(
        tries(&mut stranger, "bob", PASSWORD),
        429,
        "counted as anyone's"
    );
    // Made up or changed, it is none.
    let mut forged = Browser::new(&server);
    let value = owner.cookies["groundnut-device"].replace("d.1.", "d.2.");
    forged
        .cookies
        .insert(String::from("groundnut-device"), value);
    assert_eq!(tries(&mut forged, "bob", PASSWORD), 429);
    // With a new password, devices of the old one are strangers.
    let new = ["user", "password", "ada", "--password-stdin"];
    cli::run_with_input(
        &[&new[..], &["--database-url", &url]].concat(),
        "another long password",
    );
    assert_eq!(tries(&mut owner, "ada", "another long password"), 429);
}
