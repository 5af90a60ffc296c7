//! `/sign-up`: who may make an account, and what it needs.

use super::asking::{Asker, code_in, token_in};
use crate::support::browser::{Browser, html, location};
use crate::support::http::Answer;
use crate::support::{TestServer, cli, text};

const OPEN: &[(&str, &str)] = &[("ACCOUNTS_SIGN_UP", "open")];

/// Fills the form in.
fn signs_up(browser: &mut Browser, with: &[(&str, &str)]) -> Answer {
    let page = browser.get("/sign-up");
    let all = [
        &[("username", "zoe"), ("password", "a long password")][..],
        with,
    ]
    .concat();
    browser.sends(&page, "/sign-up", &all)
}

fn invite(server: &TestServer, arguments: &[&str]) -> serde_json::Value {
    let url = server.database_url();
    let all = [&["invite"], arguments, &["--json", "--database-url", &url]].concat();
    let done = cli::run(&all);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn nobody_signs_up_unless_the_operator_says_so() {
    let server = TestServer::start();
    let mut browser = Browser::new(&server);
    let page = browser.get("/sign-up");
    assert!(
        page.status == 403 && html(&page).contains("Sign-up is closed"),
        "{page}"
    );
    let page = browser.get("/sign-in");
    assert!(!html(&page).contains("/sign-up"), "{page}");
    let token = html(&page);
    let token = token
        .split("name=\"form\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let fields = [
        ("form", token),
        ("username", "zoe"),
        ("password", "a long password"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(browser.posts("/sign-up", &fields).status, 403);
}

#[test]
fn an_account_is_made_and_signed_in_and_led_on_to_the_app_that_asked() {
    let server = TestServer::with(OPEN);
    let app = Asker::new(&server);
    let mut browser = Browser::new(&server);
    let asked = app.asks_code(&[("scope", "stream")]);
    let first = browser.get(&asked);
    let sign_in = browser.get(&location(&first));
    let link = html(&sign_in);
    let link = link
        .split("href=\"/sign-up")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let page = browser.get(&format!("/sign-up{link}"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with("https://app.example"), "{policy}");
    let filled = [
        ("username", "Zoe"),
        ("password", "a long password"),
        ("email", "zoe@example.org"),
    ];
    let made = browser.sends(&page, "/sign-up", &filled);
    assert_eq!(location(&made), asked);
    let page = browser.get(&asked);
    let back = browser.sends(&page, "/oauth/authorize", &[("decision", "allow")]);
    let answer = app.exchanges(&server, &code_in(&back), &[]);
    token_in(&answer);
    assert_eq!(answer.json()["username"], "Zoe");
    let mut other = Browser::new(&server);
    let page = other.get("/sign-in");
    let by_address = [
        ("username", "ZOE@example.org"),
        ("password", "a long password"),
    ];
    assert_eq!(other.sends(&page, "/sign-in", &by_address).status, 303);
}

#[test]
fn a_form_that_cannot_be_taken_is_shown_again_and_keeps_what_was_written() {
    let server = TestServer::with(OPEN);
    let mut browser = Browser::new(&server);
    let long = "p".repeat(1025);
    for (with, words) in [
        (&[("username", "")][..], "A username has"),
        (&[("username", "zoe!")], "A username has"),
        (&[("username", "zoë")], "A username has"),
        (&[("username", "a_name_that_is_too_long")], "A username has"),
        (&[("username", "ADA")], "This name is taken."),
        (&[("password", "short")], "A password has at least 8"),
        (&[("password", "")], "A password has at least 8"),
        (&[("password", &long)], "A password has at most"),
        (&[("email", "nonsense")], "This is no e-mail address."),
    ] {
        let answer = signs_up(&mut browser, with);
        assert_eq!(answer.status, 400, "{with:?} {answer}");
        let html = html(&answer);
        assert!(html.contains(words), "{with:?} {html}");
        assert!(!html.contains("a long password"), "{html}");
    }
    let again = signs_up(
        &mut browser,
        &[("username", "\"><script>"), ("email", "kept@example.org")],
    );
    let shown = html(&again);
    assert!(
        shown.contains("value=\"&#34;&#62;&#60;script&#62;\"")
            && shown.contains("kept@example.org"),
        "{shown}"
    );
    assert_eq!(
        signs_up(&mut browser, &[("email", "zoe@example.org")]).status,
        303
    );
    let mut other = Browser::new(&server);
    let same = signs_up(
        &mut other,
        &[("username", "yves"), ("email", "Zoe@Example.org")],
    );
    assert!(
        same.status == 400 && html(&same).contains("Another account has this address."),
        "{same}"
    );
}

#[test]
fn an_invite_makes_as_many_accounts_as_it_says_and_none_after_it_was_revoked() {
    let server = TestServer::with(&[("ACCOUNTS_SIGN_UP", "invite")]);
    let made = invite(&server, &["create", "--note", "for the club"]);
    let code = text(&made["code"]);
    let link = text(&made["path"]);
    let mut browser = Browser::new(&server);
    assert!(html(&browser.get(&link)).contains(&format!("value=\"{code}\"")));
    for wrong in ["", "guess"] {
        let answer = signs_up(&mut browser, &[("invite", wrong)]);
        assert!(
            answer.status == 400 && html(&answer).contains("id=\"wrong\""),
            "{answer}"
        );
    }
    let taken = signs_up(&mut browser, &[("invite", &code), ("username", "ada")]);
    assert!(
        html(&taken).contains("This name is taken."),
        "the invite is not used up by it: {taken}"
    );
    assert_eq!(signs_up(&mut browser, &[("invite", &code)]).status, 303);
    let mut other = Browser::new(&server);
    let again = signs_up(&mut other, &[("invite", &code), ("username", "yves")]);
    assert!(html(&again).contains("used up"), "{again}");

    let second = invite(&server, &["create", "--uses", "5", "--days", "1"]);
    let listed = invite(&server, &["list"]);
    let left: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["uses_left"].clone())
        .collect();
    assert_eq!(left, [0, 5]);
    assert_eq!(listed[0]["note"], "for the club");
    assert!(!listed.to_string().contains(&code), "only its hash is kept");
    invite(&server, &["revoke", &second["id"].to_string()]);
    let code = text(&second["code"]);
    assert_eq!(
        signs_up(&mut other, &[("invite", &code), ("username", "yves")]).status,
        400
    );
    let url = server.database_url();
    let unknown = cli::run(&["invite", "revoke", "99", "--database-url", &url]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no invite has the number 99"));
}

#[test]
fn signing_up_is_slow_per_address() {
    let server = TestServer::with(&[
        ("ACCOUNTS_SIGN_UP", "open"),
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_SIGN_INS", "2"),
        ("RATE_LIMITS_SIGN_IN_RESET_SECONDS", "3600"),
    ]);
    let mut browser = Browser::new(&server);
    let short = [("password", "short")];
    assert_eq!(signs_up(&mut browser, &short).status, 400);
    assert_eq!(signs_up(&mut browser, &short).status, 400);
    let refused = signs_up(&mut browser, &[]);
    assert!(
        refused.status == 429 && refused.header("retry-after").is_some(),
        "{refused}"
    );
}
