//! `/sign-in`: a name and a password make a browser signed in.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::web::Data;
use askama::Template;

use super::next::Next;
use super::{Frame, Page, PageResult, see_other};
use crate::http::extract::Params;
use crate::http::session::{Form, Lasting, Visitor};
use crate::http::{App, oauth};
use crate::model::UserId;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    form_token: String,
    next: Next,
    username: String,
    /// Why the last attempt did not succeed.
    error: Option<&'static str>,
}

/// `GET /sign-in`
pub async fn show(visitor: Visitor, params: Params, app: Data<App>) -> PageResult<HttpResponse> {
    let next = Next::parse(params.sent("next").unwrap_or_default());
    if visitor.session().is_some() {
        return Ok(see_other(next.as_str()));
    }
    page(&visitor, &app, next, String::new(), None).map(Page::into_response)
}

fn page(
    visitor: &Visitor,
    app: &Data<App>,
    next: Next,
    username: String,
    error: Option<&'static str>,
) -> PageResult {
    Page::of(&SignInPage {
        frame: Frame::new("Sign in", visitor, app),
        form_token: visitor.form_token("/sign-in"),
        next,
        username,
        error,
    })
}

/// `POST /sign-in`
pub async fn submit(visitor: Visitor, form: Form, app: Data<App>) -> PageResult<HttpResponse> {
    let (username, password) = (form.word("username"), form.text("password"));
    let next = Next::parse(&form.text("next"));
    let lasting = match form.has("stay") {
        true => Lasting::Long,
        false => Lasting::Shortly,
    };
    match oauth::sign_in(&app, username.clone(), password).await? {
        Some(user) => signed_in(&app, &visitor, user, lasting, &next).await,
        None => {
            let error = "Name and password do not fit together.";
            let page = page(&visitor, &app, next, username, Some(error))?;
            Ok(page.status(StatusCode::BAD_REQUEST).into_response())
        }
    }
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
    let lifetime = app.cookies.lifetime(lasting);
    let begun = app.engine.begin_session(user, lifetime, visitor.session());
    let cookie = app.cookies.signs_in(&begun.await?, lasting);
    let mut response = see_other(next.as_str());
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}
