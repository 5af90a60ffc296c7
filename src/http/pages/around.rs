//! What happens around every page: who asks, whether they may ask that often, and the headers.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError as _};
use askama::Template;

use super::error::PageError;
use super::frame::Frame;
use super::page::{Page, see_other};
use crate::http::error::translate;
use crate::http::pipeline::client_address::client_address;
use crate::http::pipeline::rate_limit::bucket::{Bucket, Buckets, Class, RateKey, of_address};
use crate::http::pipeline::request_log;
use crate::http::session::Visitor;
use crate::http::{ApiError, App};
use crate::telemetry::Counter;
use crate::text::controls;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the form of a page counts as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counts {
    /// A write.
    Write,
    /// An attempt to sign in.
    SignIn,
}

/// Around every page.
pub(super) async fn around(
    counts: Counts,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let Some(app) = request.app_data::<Data<App>>().cloned() else {
        return Err(ApiError::trouble(&"no app data").into());
    };
    let serving = app.begin();
    let log = request_log::Line::begin(&request);
    let response = match admit(counts, &request, &app).await {
        Ok(()) => next.call(request).await?,
        Err(error) => request.error_response(error),
    };
    let mut response = shown(response, &app);
    let cookie = new_cookie(&response);
    let headers = response.headers_mut();
    if let Some(cookie) = cookie {
        headers.insert(SET_COOKIE, cookie);
    }
    headers.insert(REQUEST_ID, log.id());
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (VARY, "Cookie"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // With `no-referrer` browsers say that a form comes from nowhere.
        (REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    log.end(&response);
    drop(serving);
    Ok(response)
}

/// Finds the visitor and counts the request.
async fn admit(counts: Counts, request: &ServiceRequest, app: &App) -> Result<(), PageError> {
    let visitor = Visitor::of(request.request(), app).await;
    let user = visitor.as_ref().ok().and_then(Visitor::session);
    let user = user.map(|session| RateKey::User(session.user));
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    let class = match counts {
        _ if reads => Class::Read,
        Counts::Write => Class::Write,
        Counts::SignIn => Class::SignIn,
    };
    let buckets: Buckets = match user {
        // Guessing a password counts for the guesser's address, signed in or not.
        Some(key) if class != Class::SignIn => smallvec::smallvec![Bucket { key, class }],
        Some(_) | None => {
            let peer = request.peer_addr().map(|peer| peer.ip());
            let address = client_address(request.headers(), peer, app.bounds.trusted());
            of_address(address, class)
        }
    };
    app.rate
        .count(&buckets)
        .await
        .allowed()
        .map_err(|retry_in| {
            app.engine.metrics().add(Counter::RateLimited, 1);
            ApiError::limited(retry_in)
        })?;
    controls::check_address(request.path(), request.query_string()).map_err(ApiError::from)?;
    request.extensions_mut().insert(visitor?);
    Ok(())
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    text: &'a str,
    /// For the operator.
    id: Option<String>,
}

/// An error becomes a page, or leads to the sign-in page; every other response stays.
fn shown(response: ServiceResponse, app: &Data<App>) -> ServiceResponse {
    let Some(error) = response.response().error() else {
        return response;
    };
    let translated;
    let error = match error.as_error::<PageError>() {
        Some(error) => error,
        // An extractor of the API, or actix itself.
        None => {
            translated = PageError::from(translate(error));
            &translated
        }
    };
    let meta = error.meta();
    if let PageError::SignInFirst(next) = error {
        let there = see_other(&next.after("/sign-in"));
        return response.into_response(there);
    }
    let visitor = response.request().extensions().get::<Visitor>().cloned();
    let frame = match visitor {
        Some(visitor) => Frame::new(error.title(), &visitor, app),
        None => Frame::nobody(error.title()),
    };
    let page = Page::of(&ErrorPage {
        frame,
        text: &error.text(),
        id: meta.as_ref().and_then(|meta| meta.error_id.clone()),
    });
    let mut page = match page {
        Ok(page) => page.status(error.status_code()).into_response(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    };
    let headers = page.headers_mut();
    if matches!(error, PageError::NotAllowed) {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    }
    if let Some(seconds) = meta.and_then(|meta| meta.retry_in) {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response.into_response(page)
}

/// Given with a page that may have a form; a handler that gives one itself knows better.
fn new_cookie(response: &ServiceResponse) -> Option<HeaderValue> {
    if !response.status().is_success() || response.headers().contains_key(SET_COOKIE) {
        return None;
    }
    let extensions = response.request().extensions();
    let cookie = extensions.get::<Visitor>()?.new_cookie()?;
    HeaderValue::try_from(cookie).ok()
}
