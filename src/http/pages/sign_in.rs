//! `/sign-in`: a name and a password make a browser signed in.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::web::Data;
use askama::Template;

use super::next::Next;
use super::{Frame, Page, PageResult, see_other};
use crate::http::extract::Params;
use crate::http::oauth::asked::{addressed, is_bare};
use crate::http::session::{Form, Lasting, SignedIn, Visitor};
use crate::http::{App, oauth};
use crate::model::UserId;
use crate::model::redirect::policy_source;
use crate::protocol::query::Query;
use crate::store::Session;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame,
    form_token: String,
    next: Next,
    purpose: &'a Purpose,
    username: String,
    /// Why the last attempt did not succeed.
    error: Option<&'static str>,
}

/// What a person signs in for.
#[derive(Clone, Debug, Default)]
pub struct Purpose {
    /// The name of the app that asks.
    pub app: Option<String>,
    /// Where the browser may go on to behind the sign-in, as policies write it.
    pub leads_to: Option<String>,
    /// The page is part of another program's window.
    pub is_bare: bool,
}

impl Purpose {
    /// What the next page is for. An app that is not known there is told so there.
    pub async fn of(next: &Next, app: &App) -> Self {
        let Some(query) = next.query_of("/oauth/") else {
            return Self::default();
        };
        let fields = Query::parse(query);
        match addressed(&fields, app).await {
            Ok((client, uri)) => Self {
                // Before the sign-in nobody is the owner of a private app.
                app: (!client.is_private).then_some(client.brief.name),
                leads_to: policy_source(&uri),
                is_bare: is_bare(&fields),
            },
            Err(_) => Self::default(),
        }
    }
}

/// `GET /sign-in`
pub async fn show(visitor: Visitor, params: Params, app: Data<App>) -> PageResult<HttpResponse> {
    let next = Next::parse(params.sent("next").unwrap_or_default());
    if visitor.session().is_some() {
        return Ok(see_other(next.as_str()));
    }
    let page = page(&visitor, &app, next, String::new(), None).await?;
    Ok(page.into_response())
}

async fn page(
    visitor: &Visitor,
    app: &Data<App>,
    next: Next,
    username: String,
    error: Option<&'static str>,
) -> PageResult {
    let purpose = Purpose::of(&next, app).await;
    let page = Page::of(&SignInPage {
        frame: Frame::new("Sign in", visitor, app).bare(purpose.is_bare),
        form_token: visitor.form_token("/sign-in"),
        next,
        purpose: &purpose,
        username,
        error,
    })?;
    Ok(page.leads_to(purpose.leads_to))
}

/// `POST /sign-in`
pub async fn submit(visitor: Visitor, form: Form, app: Data<App>) -> PageResult<HttpResponse> {
    let (username, password) = (form.word("username"), form.text("password"));
    let next = Next::parse(&form.text("next"));
    let lasting = match form.has("stay") {
        true => Lasting::Long,
        false => Lasting::Shortly,
    };
    match oauth::sign_in(&app, username.clone(), password, visitor.device()).await? {
        Some(user) => signed_in(&app, &visitor, user, lasting, &next).await,
        None => {
            let error = "Name and password do not fit together. After many attempts the right ones are refused too, for a while.";
            let page = page(&visitor, &app, next, username, Some(error)).await?;
            Ok(page.status(StatusCode::BAD_REQUEST).into_response())
        }
    }
}

/// Gives this browser a new session in place of the one that a new password has ended.
///
/// # Errors
/// The account was disabled meanwhile.
pub(super) async fn renew(
    app: &App,
    signed: &SignedIn,
    lasting: Lasting,
    response: &mut HttpResponse,
) -> PageResult<()> {
    begin(app, signed.user, lasting, None, response).await
}

/// Begins a session of this browser and leads it on. Its secret is a new one: a cookie that was put into the browser before
/// opens nothing.
///
/// # Errors
/// The account was disabled meanwhile.
pub async fn signed_in(
    app: &App,
    visitor: &Visitor,
    user: UserId,
    lasting: Lasting,
    next: &Next,
) -> PageResult<HttpResponse> {
    let mut response = see_other(next.as_str());
    begin(app, user, lasting, visitor.session(), &mut response).await?;
    Ok(response)
}

/// The browser holds a session, and is known from now on as one that the account was signed in to.
async fn begin(
    app: &App,
    user: UserId,
    lasting: Lasting,
    before: Option<&Session>,
    response: &mut HttpResponse,
) -> PageResult<()> {
    let lifetime = app.cookies.lifetime(lasting);
    let begun = app.engine.begin_session(user, lifetime, before).await?;
    let store = app.engine.store();
    let hash = store.read(move |db| db.password_hash(user)).await?;
    let session = app.cookies.signs_in(&begun, lasting);
    let device = hash.map(|hash| app.cookies.remembers(user, &hash));
    for line in [Some(session), device].into_iter().flatten() {
        if let Ok(cookie) = HeaderValue::try_from(line) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    Ok(())
}
