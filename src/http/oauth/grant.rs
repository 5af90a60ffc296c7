//! `POST /oauth/access_token`: exchanges a code, a password or a client's secret for a token.
//!
//! Guessing is slow: each attempt counts against its client address and its account, and few passwords are checked at a
//! time ([`super::PasswordChecks`]).

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::OAuthError;
use crate::http::extract::{Body, Caller};
use crate::http::show::{Includes, Shown};
use crate::http::{ApiError, App};
use crate::model::challenge::is_proof;
use crate::model::visibility::Occasion;
use crate::model::{Challenge, ChallengeMethod, ClientId, Failure, Scope, Scopes, Token, UserId};
use crate::protocol::object::{Storage, TokenObject};
use crate::protocol::render_options::RenderOptions;
use crate::store::Code;
use crate::text::controls;

/// How the client authenticates.
struct Credentials {
    client: ClientId,
    /// Public clients have none.
    secret: Option<String>,
}

#[derive(Serialize)]
struct Granted<'a> {
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    token: Option<TokenObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage: Option<Storage>,
}

/// `POST /oauth/access_token`
pub async fn create(
    request: HttpRequest,
    body: Result<Body, ApiError>,
    app: Data<App>,
) -> Result<HttpResponse, OAuthError> {
    let body = body?;
    let field = |name| field(&body, name);
    let grant_type = field("grant_type")?.ok_or(OAuthError::InvalidRequest("grant_type"))?;
    let credentials = credentials(&request, &body)?;
    match grant_type.as_str() {
        "password" => {
            let username = field("username")?.ok_or(OAuthError::InvalidRequest("username"))?;
            let password = field("password")?.ok_or(OAuthError::InvalidRequest("password"))?;
            let scopes = Scopes::parse(&field("scope")?.unwrap_or_default())
                .map_err(OAuthError::InvalidScope)?;
            let client = credentials.client.clone();
            check_client(&app, credentials, true).await?;
            let user = super::sign_in(&app, username, password, None).await?;
            let user = user.ok_or(OAuthError::InvalidGrant)?;
            let scopes = without_new_email(&app, &client, user, scopes).await?;
            grant(&app, &client, Some(user), scopes).await
        }
        "authorization_code" => {
            let code = field("code")?.ok_or(OAuthError::InvalidRequest("code"))?;
            let uri = field("redirect_uri")?.ok_or(OAuthError::InvalidRequest("redirect_uri"))?;
            let verifier = field("code_verifier")?;
            let client = credentials.client.clone();
            check_client(&app, credentials, true).await?;
            let fits = move |kept: &Code| {
                kept.redirect_uri == uri && proves(verifier.as_deref(), kept.challenge.as_ref())
            };
            let exchanged = match app.engine.exchange_code(client, code, fits).await {
                // The account is disabled, or the app is for its owner only by now.
                Err(Failure::Refused(_)) => None,
                exchanged => exchanged?,
            };
            let (access_token, token) = exchanged.ok_or(OAuthError::InvalidCode)?;
            show(&app, &access_token, token).await
        }
        "client_credentials" => {
            let client = credentials.client.clone();
            check_client(&app, credentials, false).await?;
            grant(&app, &client, None, Scopes::default()).await
        }
        _ => Err(OAuthError::UnsupportedGrantType),
    }
}

/// A field that is not empty.
fn field(body: &Body, name: &'static str) -> Result<Option<String>, OAuthError> {
    match body.text(name) {
        Ok(text) => Ok(text.filter(|text| !text.is_empty())),
        Err(_refused) => Err(OAuthError::InvalidRequest(name)),
    }
}

/// Whether an app proves what it said when it asked. A proof without a challenge is refused too: the challenge was taken out
/// on the way.
fn proves(verifier: Option<&str>, challenge: Option<&Challenge>) -> bool {
    match (verifier, challenge) {
        (None, None) => true,
        (Some(verifier), Some(challenge)) => {
            let made = match challenge.method {
                ChallengeMethod::Plain => verifier.to_owned(),
                ChallengeMethod::S256 => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
            };
            is_proof(verifier) && made.as_bytes().ct_eq(challenge.value.as_bytes()).into()
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// From the body, or from HTTP Basic.
fn credentials(request: &HttpRequest, body: &Body) -> Result<Credentials, OAuthError> {
    let field = |name| field(body, name);
    let basic = basic(request);
    let client = field("client_id")?
        .or_else(|| basic.as_ref().map(|(id, _)| id.clone()))
        .ok_or(OAuthError::InvalidRequest("client_id"))?;
    let (own, usual) = (field("password_grant_secret")?, field("client_secret")?);
    let secret = own
        .or(usual)
        .or_else(|| basic.map(|(_, secret)| secret))
        .filter(|secret| !secret.is_empty());
    Ok(Credentials {
        client: client.into(),
        secret,
    })
}

fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    if controls::has_nul(&decoded) {
        return None;
    }
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// A public client has no secret to prove its identity with, so it may only get tokens of users.
async fn check_client(
    app: &App,
    credentials: Credentials,
    for_user: bool,
) -> Result<(), OAuthError> {
    let Credentials { client, secret } = credentials;
    let (is_public, matches) = app
        .engine
        .store()
        .read(move |db| {
            let Some(known) = db.client(&client)? else {
                return Ok((false, false));
            };
            let matches = match &secret {
                Some(secret) => db.client_secret_matches(&client, secret)?,
                None => false,
            };
            Ok((known.is_public, matches))
        })
        .await?;
    match (is_public, matches) {
        (true, _) if for_user => Ok(()),
        (true, _) => Err(OAuthError::UnauthorizedClient),
        (false, true) => Ok(()),
        (false, false) => Err(OAuthError::InvalidClient),
    }
}

/// A password alone does not open the e-mail address: `email` is granted only to an app that has it already.
async fn without_new_email(
    app: &App,
    client: &ClientId,
    user: UserId,
    scopes: Scopes,
) -> Result<Scopes, OAuthError> {
    if !scopes.has(Scope::Email) {
        return Ok(scopes);
    }
    let client = client.clone();
    let store = app.engine.store();
    let granted = store.read(move |db| db.granted(user, &client)).await?;
    if granted.has(Scope::Email) {
        Ok(scopes)
    } else {
        Ok(scopes.without(Scope::Email))
    }
}

async fn grant(
    app: &App,
    client: &ClientId,
    user: Option<UserId>,
    scopes: Scopes,
) -> Result<HttpResponse, OAuthError> {
    let (access_token, token) = app.engine.grant_token(client, user, scopes).await?;
    show(app, &access_token, token).await
}

async fn show(app: &App, access_token: &str, token: Token) -> Result<HttpResponse, OAuthError> {
    let caller = Caller {
        token: token.into(),
    };
    let users = caller.user().into_iter().collect();
    let includes = Includes::of_users(app, Some(&caller), RenderOptions::default(), users).await?;
    let user = caller
        .user()
        .and_then(|id| includes.users().visible(id, Occasion::Named));
    let storage = match caller.user() {
        Some(id) => {
            let read = app.engine.store().read(move |db| db.file_usage(id));
            Some(Storage::new(read.await?, app.engine.file_quota()))
        }
        None => None,
    };
    let granted = Granted {
        access_token,
        user_id: caller.user(),
        username: user.map(|user| user.username.as_str()),
        token: caller.token.object(&includes, None),
        storage,
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(granted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use serde_json::json;

    fn body(value: serde_json::Value) -> Body {
        Body {
            value,
            is_json: false,
        }
    }

    #[test]
    fn a_client_says_who_it_is_in_three_ways() {
        let none = TestRequest::post().to_http_request();
        let basic = TestRequest::post()
            .insert_header((AUTHORIZATION, "Basic Y2w6czNjcmV0"))
            .to_http_request();
        let read = |request: &HttpRequest, value| {
            let found = credentials(request, &body(value)).ok()?;
            Some((found.client.to_string(), found.secret))
        };
        let both = Some((String::from("cl"), Some(String::from("s3cret"))));
        for field in ["client_secret", "password_grant_secret"] {
            assert_eq!(
                read(&none, json!({"client_id": "cl", field: "s3cret"})),
                both
            );
        }
        assert_eq!(read(&basic, json!({})), both);
        assert_eq!(read(&none, json!({})), None);
        assert_eq!(
            read(&none, json!({"client_id": "cl"})),
            Some((String::from("cl"), None))
        );
    }
}
