//! Profile, e-mail address and password, as forms without script.

use crate::support::browser::{Browser, html, location, unescaped};
use crate::support::template::PASSWORD;
use crate::support::{TestServer, cli};

/// Sends a form and gives the page that it leads to.
pub(super) fn done(browser: &mut Browser, path: &str, with: &[(&str, &str)]) -> String {
    done_at(browser, path, path, with)
}

/// The same, where the form is on another page.
pub(super) fn done_at(
    browser: &mut Browser,
    page: &str,
    action: &str,
    with: &[(&str, &str)],
) -> String {
    let page = browser.get(page);
    let answer = browser.sends(&page, action, with);
    assert_eq!(answer.status, 303, "{}", html(&answer));
    let next = browser.get(&location(&answer));
    assert_eq!(next.status, 200, "{next}");
    unescaped(&html(&next))
}

/// Sends a form that is shown again, with something wrong.
pub(super) fn refused(browser: &mut Browser, path: &str, with: &[(&str, &str)]) -> String {
    let page = browser.get(path);
    let answer = browser.sends(&page, path, with);
    assert_eq!(answer.status, 400, "{with:?}: {}", html(&answer));
    unescaped(&html(&answer))
}

/// The problem that a page shows beside a field; the field names it.
pub(super) fn problem(page: &str, field: &str) -> String {
    let begin = format!("id=\"problem-{field}\"");
    let text = page
        .split(&begin)
        .nth(1)
        .unwrap_or_else(|| panic!("no problem with {field}: {page}"));
    let text = text.split('>').nth(1).unwrap_or_default();
    let named = page.matches(&format!("problem-{field}")).count();
    assert_eq!(named, 2, "the field names its problem: {page}");
    let above = format!("role=\"alert\">Nothing was changed. <a href=\"#{field}\">");
    assert!(page.contains(&above), "said above the form too: {page}");
    text.trim_end_matches("</p").to_owned()
}

#[test]
fn a_profile_is_saved_as_clients_of_the_api_see_it() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let filled = [
        ("name", "  Ada Lovelace "),
        (
            "text",
            "Engines.\r\nAsk @bob, see [notes](https://a.example)",
        ),
        ("locale", "de_DE"),
        ("timezone", "Europe/Berlin"),
    ];
    let page = done(&mut ada, "/account", &filled);
    assert!(page.contains("Your profile is saved."), "{page}");
    assert!(page.contains("value=\"Ada Lovelace\""), "{page}");
    assert!(
        page.contains("<option selected>Europe/Berlin</option>"),
        "{page}"
    );
    assert!(
        page.contains("see [notes](https://a.example)</textarea>"),
        "{page}"
    );
    let user = server.bob().get("/users/@ada").data();
    assert_eq!(user["name"], "Ada Lovelace");
    assert_eq!(user["locale"], "de_DE");
    assert_eq!(user["timezone"], "Europe/Berlin");
    assert_eq!(
        user["content"]["text"],
        "Engines.\nAsk @bob, see notes [a.example]"
    );
    assert_eq!(user["content"]["entities"]["mentions"][0]["id"], "2");
    // Emptied again.
    let filled = [("name", ""), ("text", " "), ("timezone", "UTC")];
    done(&mut ada, "/account", &filled);
    let user = server.bob().get("/users/@ada").data();
    assert!(
        user.get("name").is_none() && user["content"].get("text").is_none(),
        "{user}"
    );
    assert_eq!(user["locale"], "de_DE");
}

#[test]
fn what_is_wrong_with_a_profile_is_said_beside_the_field_and_nothing_is_lost() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let good = [
        ("name", "Ada"),
        ("text", "<b>bold</b>"),
        ("locale", "de_DE"),
        ("timezone", "UTC"),
    ];
    for (field, value) in [
        ("name", "n".repeat(51)),
        ("name", String::from("a\u{7}b")),
        ("text", "t".repeat(257)),
        ("locale", String::from("german")),
        ("timezone", String::from("Mars/Olympus")),
    ] {
        let mut with = good.to_vec();
        with.retain(|(name, _)| *name != field);
        with.push((field, &value));
        let page = refused(&mut ada, "/account", &with);
        problem(&page, field);
        if field != "text" {
            assert!(
                page.contains("<b>bold</b></textarea>"),
                "what was typed is kept: {page}"
            );
        }
    }
    let user = server.ada().get("/users/me").data();
    assert!(user.get("name").is_none(), "{user}");
    // What was typed cannot become part of the page.
    let page = ada.get("/account");
    let with = [
        ("name", "\"><script>alert(1)</script>"),
        ("locale", "x"),
        ("timezone", "UTC"),
    ];
    let answer = ada.sends(&page, "/account", &with);
    assert!(!html(&answer).contains("<script"), "{answer}");
}

#[test]
fn an_address_is_set_taken_refused_and_removed() {
    let server = TestServer::start();
    let path = "/account/email";
    let mut ada = Browser::of(&server, &server.ada());
    let mut bob = Browser::of(&server, &server.bob());
    let page = done(&mut ada, path, &[("email", " Ada@Example.org ")]);
    assert!(page.contains("Your e-mail address is saved."), "{page}");
    assert!(page.contains("value=\"Ada@Example.org\""), "{page}");
    assert_eq!(
        server.ada().get("/token").data()["email"],
        "Ada@Example.org"
    );
    let page = refused(&mut bob, path, &[("email", "ada@example.ORG")]);
    assert!(
        problem(&page, "email").contains("Another account"),
        "{page}"
    );
    for wrong in ["ada", "@ada", "a b@example.org"] {
        let page = refused(&mut bob, path, &[("email", wrong)]);
        assert!(page.contains(&format!("value=\"{wrong}\"")), "{page}");
        problem(&page, "email");
    }
    // It is a second name to sign in with.
    let mut other = Browser::new(&server);
    other.signs_in("ada@EXAMPLE.org");
    assert_eq!(other.get("/account").status, 200);
    let page = done(&mut ada, path, &[("email", "")]);
    assert!(page.contains("removed"), "{page}");
    assert!(server.ada().get("/token").data().get("email").is_none());
    done(&mut bob, path, &[("email", "ada@example.org")]);
}

#[test]
fn a_new_password_ends_other_sessions_and_apps_when_asked() {
    let server = TestServer::start();
    let path = "/account/password";
    let person = server.ada();
    let (mut here, mut there) = (Browser::of(&server, &person), Browser::of(&server, &person));
    let stolen = here.cookies.clone();
    let new = "another long password";
    let page = done(&mut here, path, &[("old", PASSWORD), ("new", new)]);
    assert!(page.contains("Your password is changed."), "{page}");
    assert_eq!(there.get("/account").status, 303, "signed out");
    there.cookies = stolen;
    assert_eq!(
        there.get("/account").status,
        303,
        "the session from before is over"
    );
    person.get("/token").is(200);
    let mut stream = person.stream();
    stream.subscribes(&person, "/token");
    let filled = [
        ("old", new),
        ("new", PASSWORD),
        ("revoke", "on"),
        ("stay", "on"),
    ];
    let page = done(&mut here, path, &filled);
    assert!(page.contains("no app acts for you any more"), "{page}");
    person.get("/token").refused_as(401, "invalid-token");
    assert_eq!(stream.closed_with(), 4001);
    server.bob().get("/token").is(200);
    there.signs_in("ada");
}

#[test]
fn a_password_is_not_changed_without_the_old_one_or_to_a_bad_one() {
    let server = TestServer::start();
    let path = "/account/password";
    let mut ada = Browser::of(&server, &server.ada());
    let page = refused(
        &mut ada,
        path,
        &[("old", "guess"), ("new", "another long password")],
    );
    problem(&page, "old");
    assert!(
        !page.contains("guess") && !page.contains("another long"),
        "never shown again: {page}"
    );
    for new in ["short", "", &"x".repeat(1025)] {
        let page = refused(&mut ada, path, &[("old", PASSWORD), ("new", new)]);
        problem(&page, "new");
    }
    Browser::of(&server, &server.ada());
    // Guessing is slow here too.
    let server = TestServer::with(&[
        ("RATE_LIMITS_ENABLED", "true"),
        ("RATE_LIMITS_ACCOUNT_SIGN_INS", "2"),
        ("RATE_LIMITS_SIGN_IN_RESET_SECONDS", "3600"),
    ]);
    let mut ada = Browser::of(&server, &server.ada());
    let page = ada.get(path);
    let filled = [("old", "guess"), ("new", "another long password")];
    let tries = [(); 3].map(|()| ada.sends(&page, path, &filled).status);
    assert_eq!(tries, [400, 400, 429]);
}

/// Every page of an account, and whether it takes a form.
const PAGES: [(&str, bool); 16] = [
    ("/account", true),
    ("/account/picture/avatar/remove", true),
    ("/account/picture/cover/remove", true),
    ("/account/email", true),
    ("/account/password", true),
    ("/account/apps", false),
    ("/account/apps/revoke?what=apps", true),
    ("/account/developer", false),
    ("/account/developer/new", true),
    ("/account/developer/{client}", true),
    ("/account/developer/{client}/secret", true),
    ("/account/developer/{client}/tokens", true),
    ("/account/developer/{client}/tokens/revoke?id=1", true),
    ("/account/developer/{client}/streams", true),
    ("/account/developer/{client}/streams/delete", true),
    ("/account/developer/{client}/delete", true),
];

#[test]
fn each_page_needs_a_sign_in_and_each_form_its_own_page() {
    let server = TestServer::start();
    let url = server.database_url();
    let create = [
        "client", "create", "--name", "Demo", "--owner", "ada", "--json",
    ];
    let made = cli::object(&cli::run(
        &[&create[..], &["--database-url", &url]].concat(),
    ));
    let client = made["client_id"].as_str().expect("an id").to_owned();
    let (mut nobody, mut ada) = (Browser::new(&server), Browser::of(&server, &server.ada()));
    let mut bob = Browser::of(&server, &server.bob());
    for (page, takes_form) in PAGES {
        let path = page.replace("{client}", &client);
        let bare = path.split('?').next().unwrap_or_default();
        let answer = nobody.get(&path);
        assert_eq!(answer.status, 303, "{path}");
        assert!(
            location(&answer).starts_with("/sign-in?next=%2Faccount"),
            "{path}"
        );
        let shown = ada.get(&path);
        assert_eq!(shown.status, 200, "{path}: {shown}");
        let text = html(&shown);
        assert!(
            text.contains("<h1>") && text.contains("lang=\"en\""),
            "{path}"
        );
        assert!(!text.contains("<script"), "{path}");
        assert_eq!(shown.header("cache-control"), Some("no-store"), "{path}");
        let expected = if takes_form { 403 } else { 405 };
        for browser in [&mut nobody, &mut ada] {
            // Without the hidden field, and from elsewhere.
            let unmarked = browser.posts(bare, &[]);
            let is_led_away = unmarked.status == 303 && takes_form;
            assert!(
                is_led_away || unmarked.status == expected,
                "{path}: {unmarked}"
            );
        }
        if page.contains("{client}") {
            assert_eq!(bob.get(&path).status, 404, "another user's: {path}");
            let unknown = page.replace("{client}", "nothing");
            assert_eq!(ada.get(&unknown).status, 404, "{unknown}");
        }
    }
}

#[test]
fn a_link_from_elsewhere_cannot_say_that_something_was_done() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let page = ada.get("/account/email");
    let answer = ada.sends(&page, "/account/email", &[("email", "ada@example.org")]);
    let there = location(&answer);
    assert!(
        html(&ada.get(&there)).contains("role=\"status\""),
        "{there}"
    );
    let mut bob = Browser::of(&server, &server.bob());
    for (browser, path) in [
        (&mut bob, there.clone()),
        (&mut ada, there.replace("done=email", "done=password")),
    ] {
        let page = browser.get(&path);
        assert_eq!(page.status, 200);
        assert!(!html(&page).contains("role=\"status\""), "{path}");
    }
    assert!(!html(&ada.get("/account?done=password&by=x")).contains("role=\"status\""));
}
