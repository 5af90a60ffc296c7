//! Apps that act for a user, and browsers that are signed in: seen, and signed out.

use super::account::done_at;
use crate::support::browser::{Browser, html, unescaped};
use crate::support::{Person, TestServer};

const PAGE: &str = "/account/apps";

fn page(browser: &mut Browser) -> String {
    // As the template writes it; what it puts in has numbers for entities.
    unescaped(&html(&browser.get(PAGE)).replace("&amp;", "&"))
}

/// Signs something out, from the link on the list over the question to the notice.
fn signs_out(browser: &mut Browser, link: &str) -> String {
    let list = page(browser);
    assert!(list.contains(&format!("href=\"{link}\"")), "{link}: {list}");
    done_at(browser, link, "/account/apps/revoke", &[]).replace("&amp;", "&")
}

/// The number of the newest token of this app on the page.
fn newest_device(page: &str) -> String {
    let link = page.rsplit("what=device&id=").next().expect("a device");
    link.split('"').next().expect("an id").to_owned()
}

fn is_signed_out(person: &Person) {
    person.get("/token").refused_as(401, "invalid-token");
}

#[test]
fn apps_and_their_devices_are_listed_and_signed_out() {
    let server = TestServer::start();
    let (client, app) = server.other_app("Other");
    let (person, bob) = (server.ada(), server.bob());
    let desk = server.through(&client, &person, "basic,messages:io.pnut.core.pm");
    let phone = server.through(&client, &person, "basic");
    let of_bob = server.through(&client, &bob, "basic");
    let mut stream = phone.stream();
    stream.subscribes(&phone, "/token");
    let mut ada = Browser::of(&server, &person);
    let list = page(&mut ada);
    for text in [
        "Rooms",
        "Other",
        "Read and write your private messages <code class=\"quiet\">messages:io.pnut.core.pm</code>",
        "last used <time>20",
    ] {
        assert!(list.contains(text), "{text}: {list}");
    }
    assert!(!list.contains(desk.token()), "no secret: {list}");

    let link = format!("{PAGE}/revoke?what=device&id={}", newest_device(&list));
    let list = signs_out(&mut ada, &link);
    assert!(list.contains("role=\"status\""), "{list}");
    is_signed_out(&phone);
    assert_eq!(stream.closed_with(), 4001);
    desk.get("/token").is(200);

    let list = signs_out(&mut ada, &format!("{PAGE}/revoke?what=app&id={client}"));
    assert!(!list.contains(">Other<"), "{list}");
    is_signed_out(&desk);
    person.get("/token").is(200);
    app.get("/token").is(200);

    let list = signs_out(&mut ada, &format!("{PAGE}/revoke?what=apps"));
    assert!(list.contains("No app acts for you."), "{list}");
    is_signed_out(&person);
    for other in [&of_bob, &bob, &app] {
        other.get("/token").is(200);
    }
}

#[test]
fn what_belongs_to_another_account_is_not_signed_out() {
    let server = TestServer::start();
    let mut ada = Browser::of(&server, &server.ada());
    let mut bob = Browser::of(&server, &server.bob());
    server.with_scopes(&server.bob(), "basic");
    let device = newest_device(&page(&mut bob));
    let asked = ada.get(&format!("{PAGE}/revoke?what=device&id={device}"));
    let answer = ada.sends(&asked, "/account/apps/revoke", &[]);
    assert_eq!(answer.status, 404, "{answer}");
    server.bob().get("/token").is(200);
    for session in 1..=2 {
        let id = session.to_string();
        let with = [("what", "browser"), ("id", id.as_str())];
        ada.sends(&asked, "/account/apps/revoke", &with);
    }
    assert_eq!(bob.get(PAGE).status, 200, "still signed in");
    assert_eq!(ada.get(PAGE).status, 303, "the own one is over");
    for wrong in [
        "",
        "?what=device",
        "?what=device&id=x",
        "?what=all",
        "?what=browser&id=1e9",
    ] {
        let answer = bob.get(&format!("{PAGE}/revoke{wrong}"));
        assert_eq!(answer.status, 400, "{wrong}");
    }
}

#[test]
fn browsers_are_listed_and_signed_out() {
    let server = TestServer::start();
    let person = server.ada();
    let mut here = Browser::of(&server, &person);
    let mut others = [(); 3].map(|()| Browser::of(&server, &person));
    let list = page(&mut here);
    assert_eq!(list.matches("this browser").count(), 1, "{list}");
    assert_eq!(list.matches("what=browser&id=").count(), 3, "{list}");
    let first = list.rsplit("what=browser&id=").next().expect("a browser");
    let id = first.split('"').next().expect("an id");
    signs_out(&mut here, &format!("{PAGE}/revoke?what=browser&id={id}"));
    let signed_in = |browsers: &mut [Browser]| {
        let answers = browsers.iter_mut().map(|browser| browser.get(PAGE).status);
        answers.filter(|status| *status == 200).count()
    };
    assert_eq!(signed_in(&mut others), 2);
    let list = signs_out(&mut here, &format!("{PAGE}/revoke?what=browsers"));
    assert!(!list.contains("what=browser"), "{list}");
    assert_eq!(signed_in(&mut others), 0);
    person.get("/token").is(200);
}
