//! Badges and verified links: the operator gives them, the user chooses, the profile shows them.

use serde_json::{Value, json};

use crate::support::{TestServer, cli, text};

fn runs(server: &TestServer, arguments: &[&str]) -> Value {
    let url = server.database_url();
    let common = ["--json", "--database-url", &url];
    cli::object(&cli::run(&[arguments, &common].concat()))
}

#[test]
fn badges_are_listed_by_themselves_and_by_those_that_were_awarded_them() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let early = runs(
        &server,
        &[
            "badge",
            "create",
            "Early",
            "--description",
            "Was here first",
        ],
    );
    let kind = runs(&server, &["badge", "create", "Kind"]);
    let (early, kind) = (text(&early["id"]), text(&kind["id"]));
    let all = server.anonymous().get("/badges").data();
    assert_eq!(
        all[0],
        json!({"id": early, "name": "Early", "description": "Was here first"})
    );
    assert_eq!(
        all[1],
        json!({"id": kind, "name": "Kind", "description": ""})
    );
    let one = server.anonymous().get(&format!("/badges/{kind}")).data();
    assert_eq!(one, all[1]);
    bob.get("/badges/99").refused(404);
    bob.get("/badges/x").refused(400);

    for badge in ["Early", "Kind"] {
        assert_eq!(
            runs(&server, &["badge", "award", badge, "ada"])["changed"],
            true
        );
        assert_eq!(
            runs(&server, &["badge", "award", badge, "ada"])["changed"],
            false
        );
    }
    let own = ada.get("/users/me/badges").data();
    assert_eq!(
        (&own[0]["name"], &own[1]["name"]),
        (&json!("Kind"), &json!("Early"))
    );
    assert!(own[0]["awarded_at"].is_string());
    assert_eq!(bob.get("/users/me/badges").data(), json!([]));
}

#[test]
fn a_badge_is_shown_by_the_users_that_have_it_and_want_it() {
    let server = TestServer::start();
    let (ada, bob) = (server.ada(), server.bob());
    let made = |name: &str| text(&runs(&server, &["badge", "create", name])["id"]);
    let (early, kind) = (made("Early"), made("Kind"));
    let choose = |id: &str| ada.patch("/users/me", &json!({"badge_id": id}));
    choose(&early).refused_at(400, "badge_id");
    for badge in ["Early", "Kind"] {
        runs(&server, &["badge", "award", badge, "ada"]);
    }
    assert_eq!(
        choose(&early).is(200).data()["badge"],
        json!({"id": early, "name": "Early"})
    );
    let seen = || bob.get(&format!("/users/{}", ada.id)).data();
    assert_eq!(seen()["badge"]["name"], "Early");
    // A profile that is replaced keeps it; a number is an id too.
    let replaced = json!({"locale": "en_US", "timezone": "UTC"});
    assert_eq!(
        ada.put("/users/me", &replaced).data()["badge"]["name"],
        "Early"
    );
    let number = json!({"badge_id": kind.parse::<i64>().expect("a number")});
    assert_eq!(
        ada.patch("/users/me", &number).data()["badge"]["name"],
        "Kind"
    );
    assert!(choose("0").is(200).data().get("badge").is_none());
    choose(&early).is(200);

    assert_eq!(
        runs(&server, &["badge", "take", "Early", "ada"])["changed"],
        true
    );
    crate::support::eventually("the profile shows none", || seen().get("badge").is_none());
    choose(&early).refused_at(400, "badge_id");
}

#[test]
fn a_verified_link_is_what_the_operator_says() {
    let server = TestServer::start();
    let ada = server.ada();
    let link = "https://www.ada.example/about";
    runs(&server, &["user", "verify", "ada", link]);
    let verified = || ada.get("/users/me").data().get("verified").cloned();
    crate::support::eventually("it is shown", || {
        verified() == Some(json!({"domain": "ada.example", "url": link}))
    });
    runs(&server, &["user", "verify", "ada", "--none"]);
    crate::support::eventually("it is gone", || verified().is_none());
    let url = server.database_url();
    let wrong = cli::run(&[
        "user",
        "verify",
        "ada",
        "javascript:alert(1)",
        "--database-url",
        &url,
    ]);
    assert!(!wrong.status.success());
}
