//! Avatar and cover on the page of the profile, without script, and what a profile may show besides.

use image::ImageFormat;

use super::account::{done, done_at, problem, refused};
use crate::api::pictures::picture;
use crate::support::browser::{Browser, fields, html, location, unescaped};
use crate::support::build::{self, MULTIPART};
use crate::support::http::Answer;
use crate::support::{TestServer, cli, eventually};

/// The form of the page with this token and this file in it.
fn form(which: &str, token: &str, bytes: &[u8]) -> Vec<u8> {
    build::form(&[("form", token)], &[(which, "me.png", "image/png", bytes)])
}

fn sends_as(browser: &mut Browser, which: &str, token: &str, bytes: &[u8]) -> Answer {
    let path = format!("/account/picture/{which}");
    browser.call("POST", &path, &[MULTIPART], form(which, token, bytes))
}

fn sends(browser: &mut Browser, which: &str, bytes: &[u8]) -> Answer {
    let page = browser.get("/account");
    let sent = fields(&page, &format!("/account/picture/{which}"));
    let token = sent.into_iter().find(|(name, _)| name == "form");
    sends_as(browser, which, &token.expect("a token").1, bytes)
}

#[test]
fn a_picture_is_shown_by_a_form_and_removed_after_a_question() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let shown = |which: &str| {
        let content = server.bob().get("/users/@ada").data()["content"].clone();
        content[format!("{which}_image")].clone()
    };
    for (which, width, height) in [("avatar", 300, 200), ("cover", 1200, 500)] {
        let before = html(&ada.get("/account"));
        let removes = format!("/account/picture/{which}/remove");
        assert!(!before.contains(&removes), "{before}");
        let sent = sends(&mut ada, which, &picture(width, height, ImageFormat::Png));
        assert_eq!(sent.status, 303, "{sent}");
        let page = html(&ada.get(&location(&sent)));
        assert!(
            page.contains("Your picture is shown from now on."),
            "{page}"
        );
        assert!(page.contains("src=\"/images/picture/"), "{page}");
        assert_eq!(shown(which)["is_default"], false);
        let page = done_at(&mut ada, &removes, &removes, &[]);
        assert!(page.contains("Your picture is removed."), "{page}");
        assert_eq!(shown(which)["is_default"], true);
    }
    assert_eq!(location(&ada.get("/account/picture/avatar")), "/account");
    assert_eq!(ada.get("/account/picture/face").status, 404);
}

#[test]
fn what_is_no_picture_is_refused_in_words_beside_its_field() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let large = vec![b'x'; (2 << 20) + 1];
    let huge = vec![b'x'; (4 << 20) + (1 << 20)];
    let small = picture(100, 100, ImageFormat::Png);
    let cut = &small[..small.len() / 2];
    for (which, bytes, words) in [
        ("avatar", &b""[..], "Choose a file first."),
        ("avatar", b"<svg onload=alert(1)>", "Choose a JPEG, PNG"),
        ("avatar", cut, "damaged or incomplete"),
        ("avatar", &large, "smaller than 2 MB"),
        ("cover", &huge, "smaller than 4 MB"),
        ("cover", &small, "at least 960 pixels wide"),
    ] {
        let answer = sends(&mut ada, which, bytes);
        assert_eq!(answer.status, 400, "{words}: {answer}");
        let page = unescaped(&html(&answer));
        assert!(problem(&page, which).contains(words), "{page}");
    }
    let user = server.bob().get("/users/@ada").data();
    assert_eq!(user["content"]["avatar_image"]["is_default"], true);
}

#[test]
fn a_picture_is_taken_from_its_own_form_only() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let mut bob = Browser::of(&server, &server.bob());
    let bytes = picture(100, 100, ImageFormat::Png);
    let token = |browser: &mut Browser, action: &str| {
        let sent = fields(&browser.get("/account"), action);
        sent.into_iter().find(|(name, _)| name == "form").unwrap().1
    };
    let wrong = [
        String::new(),
        token(&mut ada, "/account"),
        token(&mut ada, "/account/picture/cover"),
        token(&mut bob, "/account/picture/avatar"),
    ];
    for wrong in wrong {
        let answer = sends_as(&mut ada, "avatar", &wrong, &bytes);
        assert_eq!(answer.status, 403, "{answer}");
    }
    let right = token(&mut ada, "/account/picture/avatar");
    let foreign = [MULTIPART, ("Sec-Fetch-Site", "cross-site")];
    let body = form("avatar", &right, &bytes);
    let answer = ada.call("POST", "/account/picture/avatar", &foreign, body);
    assert_eq!(answer.status, 403, "{answer}");
    let user = server.bob().get("/users/@ada").data();
    assert_eq!(user["content"]["avatar_image"]["is_default"], true);
    let answer = Browser::new(&server).get("/account/picture/avatar");
    assert!(location(&answer).starts_with("/sign-in?next="), "{answer}");
}

#[test]
fn a_badge_is_chosen_of_those_that_were_awarded_and_a_verified_link_is_shown() {
    let server = TestServer::start();
    let url = server.database_url();
    let operator = |arguments: &[&str]| {
        let done = cli::run(&[arguments, &["--database-url", &url]].concat());
        assert!(done.status.success(), "{arguments:?} {done:?}");
    };
    let mut ada = Browser::of(&server, &server.ada());
    assert!(!html(&ada.get("/account")).contains("id=\"badge\""));
    operator(&["badge", "create", "Founder"]);
    operator(&["badge", "create", "Poet"]);
    operator(&["badge", "award", "Founder", "ada"]);
    operator(&["user", "verify", "ada", "https://ada.example/me"]);
    let page = html(&ada.get("/account"));
    assert!(
        page.contains(">Founder</option>") && !page.contains("Poet"),
        "{page}"
    );
    eventually("the server hears of the link", || {
        html(&ada.get("/account")).contains("href=\"https://ada.example/me\"")
    });
    let badge = || server.bob().get("/users/@ada").data()["badge"].clone();
    let basics = [("timezone", "UTC"), ("text", "")];
    let page = done(
        &mut ada,
        "/account",
        &[&basics[..], &[("badge", "1")]].concat(),
    );
    assert!(page.contains("<option value=\"1\" selected>"), "{page}");
    assert_eq!(badge()["name"], "Founder");
    let page = refused(
        &mut ada,
        "/account",
        &[&basics[..], &[("badge", "2")]].concat(),
    );
    problem(&page, "badge");
    // A form that does not name it leaves it as it is.
    done(&mut ada, "/account", &basics);
    assert_eq!(badge()["name"], "Founder");
    done(
        &mut ada,
        "/account",
        &[&basics[..], &[("badge", "")]].concat(),
    );
    assert!(badge().is_null());
}
