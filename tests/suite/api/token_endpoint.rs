//! `POST /oauth/access_token`: passwords and client credentials.

use serde_json::{Value, json};

use crate::support::http::Answer;
use crate::support::template::{PASSWORD, template};
use crate::support::{TestServer, text};

fn credentials() -> String {
    let template = template();
    format!(
        "client_id={}&client_secret={}",
        template.client_id, template.client_secret
    )
}

fn by_password(server: &TestServer, username: &str, password: &str, scope: &str) -> Answer {
    let template = template();
    let fields = format!(
        "grant_type=password&client_id={}&client_secret={secret}&password_grant_secret={secret}&username={username}&password={}&scope={scope}",
        template.client_id,
        password.replace(' ', "+"),
        secret = template.client_secret,
    );
    server
        .anonymous()
        .form("POST", "/oauth/access_token", &fields)
}

/// Like OAuth, and readable by clients that look into `meta`.
fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{answer}");
    let body = answer.json();
    assert_eq!(body["error"], error, "{answer}");
    assert_eq!(body["meta"]["code"], status, "{answer}");
    text(&body["meta"]["error_message"]);
}

#[test]
fn a_password_buys_a_user_token() {
    let server = TestServer::start();
    let answer = by_password(&server, "ada", PASSWORD, "basic,messages").is(200);
    let body = answer.json();
    assert!(body.get("meta").is_none(), "no envelope: {body}");
    assert_eq!(body["user_id"], "1");
    assert_eq!(body["username"], "ada");
    assert_eq!(body["token"]["scopes"], json!(["basic", "messages"]));
    assert_eq!(body["token"]["user"]["id"], "1");
    let token = text(&body["access_token"]);
    assert!(!token.contains('='));
    assert_eq!(
        server.holder("ada", &token).get("/token").data()["user"]["id"],
        "1"
    );
}

#[test]
fn scopes_may_be_separated_by_blanks_and_names_written_in_any_case() {
    let server = TestServer::start();
    let body = by_password(&server, "ADA", PASSWORD, "basic+messages")
        .is(200)
        .json();
    assert_eq!(body["token"]["scopes"], json!(["basic", "messages"]));
}

#[test]
fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let server = TestServer::start();
    let wrong = by_password(&server, "ada", "guess", "basic");
    let unknown = by_password(&server, "nobody", "guess", "basic");
    refused(&wrong, 400, "invalid_grant");
    refused(&unknown, 400, "invalid_grant");
    assert_eq!(wrong.json(), unknown.json());
}

#[test]
fn an_unknown_scope_an_unknown_grant_and_an_unknown_client_are_refused() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    refused(
        &by_password(&server, "ada", PASSWORD, "everything"),
        400,
        "invalid_scope",
    );
    let fields = format!("grant_type=magic&{}", credentials());
    refused(
        &anonymous.form("POST", "/oauth/access_token", &fields),
        400,
        "unsupported_grant_type",
    );
    let fields = "grant_type=client_credentials&client_id=nobody&client_secret=no";
    refused(
        &anonymous.form("POST", "/oauth/access_token", fields),
        401,
        "invalid_client",
    );
    let fields = format!(
        "grant_type=client_credentials&client_id={}&client_secret=no",
        template().client_id
    );
    refused(
        &anonymous.form("POST", "/oauth/access_token", &fields),
        401,
        "invalid_client",
    );
    refused(
        &anonymous.form("POST", "/oauth/access_token", &credentials()),
        400,
        "invalid_request",
    );
}

#[test]
fn client_credentials_buy_an_app_token() {
    let server = TestServer::start();
    let fields = format!("grant_type=client_credentials&{}", credentials());
    let body = server
        .anonymous()
        .form("POST", "/oauth/access_token", &fields)
        .is(200)
        .json();
    assert!(body.get("user_id").is_none(), "{body}");
    assert!(body["token"].get("user").is_none(), "{body}");
    let app = server.holder("app", &text(&body["access_token"]));
    assert_eq!(app.get("/streams").data(), json!([]));
}

#[test]
fn it_stands_at_both_addresses_and_reads_forms_json_and_multipart() {
    let server = TestServer::start();
    let (anonymous, template) = (server.anonymous(), template());
    let fields = format!("grant_type=client_credentials&{}", credentials());
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    anonymous
        .call_at("POST", "/oauth/access_token", &kind, fields.as_bytes())
        .is(200);
    let body = json!({
        "grant_type": "client_credentials",
        "client_id": template.client_id,
        "client_secret": template.client_secret,
    });
    anonymous.post("/oauth/access_token", &body).is(200);
    let parts: String = [
        ("grant_type", "client_credentials"),
        ("client_id", &template.client_id),
        ("client_secret", &template.client_secret),
    ]
    .iter()
    .map(|(name, value)| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    })
    .collect();
    let kind = [("Content-Type", "multipart/form-data; boundary=edge")];
    let body = format!("{parts}--edge--\r\n");
    let answer = anonymous
        .call("POST", "/oauth/access_token", &kind, body.as_bytes())
        .is(200);
    assert!(matches!(answer.json()["access_token"], Value::String(_)));
}

#[test]
fn a_password_alone_does_not_open_the_email_address() {
    let server = TestServer::start();
    let scopes = |answer: Answer| answer.is(200).json()["token"]["scopes"].clone();
    for person in [server.ada(), server.bob()] {
        person.delete("/token").is(200);
    }
    let first = by_password(&server, "ada", PASSWORD, "basic,email,presence");
    assert_eq!(scopes(first), json!(["basic", "presence"]));
    // The operator gave it to this app once; from then on the app gets it again.
    server.with_scopes(&server.ada(), "basic,email");
    let again = by_password(&server, "ada", PASSWORD, "basic,email");
    assert_eq!(scopes(again), json!(["basic", "email"]));
    let of_bob = by_password(&server, "bob", PASSWORD, "basic,email");
    assert_eq!(scopes(of_bob), json!(["basic"]));
}
