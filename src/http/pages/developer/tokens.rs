//! `/account/developer/{client_id}/tokens`: tokens of the app itself. A new one is shown once.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

use super::{Head, Part, not_found, own};
use crate::http::App;
use crate::http::extract::Params;
use crate::http::pages::account::{Confirm, ConfirmPage, Notice, Shell, Tab};
use crate::http::pages::{Frame, Page, PageError, PageResult, day};
use crate::http::session::{Form, SignedIn};
use crate::model::TokenId;
use crate::store::TokenFilter;

/// Tokens that the page shows; an app that asks for a new one again and again has more.
const SHOWN: i64 = 200;

struct AppToken {
    id: i64,
    since: String,
    used: String,
}

#[derive(Template)]
#[template(path = "developer/tokens.html")]
struct TokensPage {
    frame: Frame,
    shell: Shell,
    head: Head,
    form_token: String,
    tokens: Vec<AppToken>,
    is_full: bool,
    secret: Option<String>,
}

/// `GET /account/developer/{client_id}/tokens`
pub(super) async fn show(
    signed: SignedIn,
    client: Path<String>,
    params: Params,
    app: Data<App>,
) -> PageResult {
    let client = own(&app, &signed, &client).await?;
    let shell = Shell::new(Tab::Developer, &signed, &params);
    page(&signed, &app, shell, Head::new(&client, Part::Tokens), None).await
}

/// `POST /account/developer/{client_id}/tokens`
pub(super) async fn create(
    signed: SignedIn,
    client: Path<String>,
    _form: Form,
    app: Data<App>,
) -> PageResult {
    let client = own(&app, &signed, &client).await?;
    let head = Head::new(&client, Part::Tokens);
    let granted = app.engine.grant_app_token(signed.user, head.id.clone());
    let secret = granted.await.map_err(not_found)?;
    page(
        &signed,
        &app,
        Shell::bare(Tab::Developer),
        head,
        Some(secret),
    )
    .await
}

async fn page(
    signed: &SignedIn,
    app: &Data<App>,
    shell: Shell,
    head: Head,
    secret: Option<String>,
) -> PageResult {
    let filter = TokenFilter {
        user: None,
        client: Some(head.id.clone()),
        of_apps: true,
    };
    let store = app.engine.store();
    let tokens = store.read(move |db| db.roster_tokens(&filter, TokenId(0), SHOWN));
    let tokens: Vec<AppToken> = tokens
        .await?
        .into_iter()
        .map(|token| AppToken {
            id: token.id.0,
            since: day(token.created_at),
            used: token.used_at.map_or_else(|| String::from("not known"), day),
        })
        .collect();
    Page::of(&TokensPage {
        frame: Frame::new(&format!("Tokens of {}", head.name), signed.visitor(), app),
        shell,
        form_token: signed.visitor().form_token(&head.path("/tokens")),
        head,
        is_full: i64::try_from(tokens.len()).is_ok_and(|count| count == SHOWN),
        tokens,
        secret,
    })
}

/// `GET /account/developer/{client_id}/tokens/revoke?id=…`
pub(super) async fn ask(
    signed: SignedIn,
    client: Path<String>,
    params: Params,
    app: Data<App>,
) -> PageResult {
    let head = Head::new(&own(&app, &signed, &client).await?, Part::Tokens);
    let id = parse(params.sent("id").unwrap_or_default())?;
    let ask = Confirm {
        title: "Revoke this token?",
        text: format!(
            "Calls of {} with it are refused at once, and its streams are closed.",
            head.name
        ),
        action: head.path("/tokens/revoke"),
        fields: vec![("id", id.0.to_string())],
        button: "Revoke the token",
        back: head.path("/tokens"),
    };
    ConfirmPage::of(ask, Tab::Developer, &signed, &app)
}

/// `POST /account/developer/{client_id}/tokens/revoke`
pub(super) async fn revoke(
    signed: SignedIn,
    client: Path<String>,
    form: Form,
    app: Data<App>,
) -> PageResult<HttpResponse> {
    let head = Head::new(&own(&app, &signed, &client).await?, Part::Tokens);
    let id = parse(&form.word("id"))?;
    let revoked = app
        .engine
        .revoke_app_token(signed.user, head.id.clone(), id);
    revoked.await.map_err(not_found)?;
    Ok(Notice::AppTokenRevoked.at(&head.path("/tokens"), &signed))
}

fn parse(id: &str) -> PageResult<TokenId> {
    let number = id.parse().map(TokenId);
    number.map_err(|_cause| PageError::refused("No such token", "Go back and choose again."))
}
