//! Authorization codes: each is exchanged once, soon, and by the app that it was made for.

use std::time::{Duration, Instant};

use serde_json::json;

use super::asking::{Asker, BACK, allows, code_in, refused, token_in};
use crate::support::browser::Browser;
use crate::support::{TestServer, cli, eventually, text};

/// A code of ada's, asked for with these fields.
fn code(server: &TestServer, app: &Asker, fields: &[(&str, &str)]) -> String {
    let mut browser = Browser::of(server, &server.ada());
    let scope = [("scope", "stream")];
    code_in(&allows(
        &mut browser,
        &app.asks_code(&[&scope[..], fields].concat()),
    ))
}

#[test]
fn a_second_use_of_a_code_revokes_the_token_of_the_first() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let code = code(&server, &app, &[]);
    let (token, _) = token_in(&app.exchanges(&server, &code, &[]));
    let holder = server.holder("ada", &token);
    let mut stream = holder.stream();
    stream.subscribes(&holder, "/token");
    refused(&app.exchanges(&server, &code, &[]), 400, "invalid_grant");
    assert_eq!(stream.closed_with(), 4001);
    holder.get("/token").refused_as(401, "invalid-token");
    refused(&app.exchanges(&server, &code, &[]), 400, "invalid_grant");
    assert_eq!(server.ada().get("/token").status, 200, "other tokens stay");
    assert!(!server.log().contains(&code));
}

#[test]
fn of_two_exchanges_at_the_same_moment_one_gets_a_token_and_the_other_revokes_it() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let code = code(&server, &app, &[]);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let one = || app.exchanges(&server, &code, &[]);
        let threads = [scope.spawn(one), scope.spawn(one)];
        threads.map(|thread| thread.join().unwrap()).into()
    });
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    let granted = answers.iter().find(|answer| answer.status == 200).unwrap();
    let (token, _) = token_in(granted);
    eventually("the token is revoked", || {
        server.holder("ada", &token).get("/token").status == 401
    });
}

#[test]
fn a_code_is_bound_to_its_app_its_address_and_the_secret_of_the_app() {
    let server = TestServer::start();
    let (app, other) = (Asker::new(&server), Asker::new(&server));
    let code = code(&server, &app, &[]);
    for (with, status, error) in [
        (
            &[("redirect_uri", "https://app.example/cb?x=1")][..],
            400,
            "invalid_grant",
        ),
        (
            &[("redirect_uri", "gamma://authenticate")],
            400,
            "invalid_grant",
        ),
        (&[("redirect_uri", "")], 400, "invalid_request"),
        (&[("client_secret", "guess")], 401, "invalid_client"),
        (&[("client_secret", "")], 401, "invalid_client"),
        (
            &[("client_id", &other.id), ("client_secret", &other.secret)],
            400,
            "invalid_grant",
        ),
        (&[("code", "guess")], 400, "invalid_grant"),
        (&[("code", "")], 400, "invalid_request"),
        (&[("code_verifier", &"v".repeat(43))], 400, "invalid_grant"),
    ] {
        refused(&app.exchanges(&server, &code, with), status, error);
    }
    token_in(&app.exchanges(&server, &code, &[]));
}

#[test]
fn secrets_come_in_bodies_and_in_basic_and_never_in_an_address() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let anonymous = server.anonymous();
    let code = code(&server, &app, &[]);
    let query = format!(
        "grant_type=authorization_code&client_id={}&client_secret={}&code={code}&redirect_uri={BACK}",
        app.id, app.secret
    );
    let answer = anonymous.form("POST", &format!("/oauth/access_token?{query}"), "");
    refused(&answer, 400, "invalid_request");
    let answer = anonymous.get(&format!("/oauth/access_token?{query}"));
    assert_eq!(answer.status, 405, "{answer}");
    let body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": BACK});
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{}:{}", app.id, app.secret),
    );
    let headers = [
        ("Authorization", &*format!("Basic {basic}")),
        ("Content-Type", "application/json"),
    ];
    let answer = anonymous.call(
        "POST",
        "/oauth/access_token",
        &headers,
        body.to_string().as_bytes(),
    );
    token_in(&answer);
}

#[test]
fn a_proof_is_asked_for_where_a_challenge_was_sent() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let s256 = (
        "code_challenge",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    let plain = ("code_challenge", verifier);
    for challenge in [
        &[s256, ("code_challenge_method", "S256")][..],
        &[plain, ("code_challenge_method", "plain")],
        &[plain],
    ] {
        let code = code(&server, &app, challenge);
        let with = |proof: &str| app.exchanges(&server, &code, &[("code_verifier", proof)]);
        refused(&app.exchanges(&server, &code, &[]), 400, "invalid_grant");
        refused(&with(s256.1.trim_end_matches('M')), 400, "invalid_grant");
        refused(&with(&verifier.to_uppercase()), 400, "invalid_grant");
        if challenge.contains(&s256) {
            refused(&with(s256.1), 400, "invalid_grant");
        }
        token_in(&with(verifier));
    }
}

#[test]
fn a_code_is_too_old_after_its_time() {
    let server = TestServer::with(&[("OAUTH_CODE_SECONDS", "1")]);
    let app = Asker::new(&server);
    let code = code(&server, &app, &[]);
    let made = Instant::now();
    let lifetime = Duration::from_millis(1100);
    eventually("its second is over", || made.elapsed() > lifetime);
    refused(&app.exchanges(&server, &code, &[]), 400, "invalid_grant");
}

#[test]
fn a_disabled_account_and_a_deleted_app_get_nothing_for_their_codes() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let (first, second) = (code(&server, &app, &[]), code(&server, &app, &[]));
    let url = server.database_url();
    let run = |arguments: &[&str]| {
        let done = cli::run(&[arguments, &["--database-url", &url]].concat());
        assert!(done.status.success(), "{arguments:?}");
    };
    run(&["user", "disable", "ada"]);
    refused(&app.exchanges(&server, &first, &[]), 400, "invalid_grant");
    run(&["user", "enable", "ada"]);
    run(&["client", "delete", &app.id]);
    refused(&app.exchanges(&server, &second, &[]), 401, "invalid_client");
}

#[test]
fn a_password_buys_the_address_only_where_it_was_granted_before() {
    let server = TestServer::start();
    let app = Asker::new(&server);
    let by_password = || {
        let body = json!({
            "grant_type": "password", "client_id": app.id, "password_grant_secret": app.secret,
            "username": "ada", "password": crate::support::template::PASSWORD, "scope": "email stream",
        });
        let answer = server.anonymous().post("/oauth/access_token", &body);
        text(&answer.json()["access_token"]);
        answer.json()["token"]["scopes"].clone()
    };
    assert_eq!(by_password(), json!(["basic", "stream"]));
    token_in(&app.exchanges(&server, &code(&server, &app, &[("scope", "email")]), &[]));
    assert_eq!(by_password(), json!(["basic", "email", "stream"]));
}
