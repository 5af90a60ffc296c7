//! What happens around every handler: [`around`] for every request, then, once its route is known,
//! [`admission::admit`].

pub mod admission;
pub(super) mod call;
pub mod client_address;
pub mod cors;
mod errors;
pub(super) mod forward;
mod own_name;
pub mod rate_limit;
pub mod request_log;
pub mod slash;
mod whole_body;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};

use super::extract::Caller;
use super::routes::row::Route;
use super::{API_VERSION, ApiError, App};
use crate::model::Refusal;
use rate_limit::RateStatus;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const SCOPES: HeaderName = HeaderName::from_static("x-oauth-scopes");
const VERSION: HeaderName = HeaderName::from_static("x-api-version");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Around every request: path without trailing slash and with `me` for the caller, preflight, the route with its admission
/// and handler, errors in their envelope, headers, log line.
pub async fn around(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let app = request.app_data::<Data<App>>().cloned();
    let serving = app.as_ref().map(|app| app.begin());
    let log = request_log::Line::begin(&request);
    slash::trim(&mut request);
    if let Some(app) = &app {
        own_name::resolve(&mut request, app.routes);
    }
    let preflight = cors::is_preflight(&request);
    let response = if preflight {
        request.into_response(HttpResponse::NoContent().finish())
    } else {
        next.call(request).await?
    };
    let mut response = errors::render(response);
    let scopes = scopes(response.request());
    let rate_status = rate_status(response.request());
    let of_operator = response.request().extensions().contains::<OfOperator>();
    let headers = response.headers_mut();
    rate_status.write(headers);
    if let Some(scopes) = scopes {
        headers.insert(SCOPES, scopes);
    }
    headers.insert(VERSION, HeaderValue::from_static(API_VERSION));
    headers.insert(REQUEST_ID, log.id());
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !of_operator {
        cors::allow(headers, preflight);
    }
    log.end(&response);
    drop(serving);
    Ok(response)
}

/// A user token's scopes, exactly as granted.
fn scopes(request: &HttpRequest) -> Option<HeaderValue> {
    let extensions = request.extensions();
    let caller = extensions.get::<Caller>()?;
    caller.user()?;
    HeaderValue::try_from(caller.token.scopes.joined()).ok()
}

/// The state of the caller's bucket; requests that are not counted only read it.
fn rate_status(request: &HttpRequest) -> RateStatus {
    if let Some(rate_status) = request.extensions().get::<RateStatus>() {
        return *rate_status;
    }
    match request.app_data::<Data<App>>() {
        Some(app) => {
            let class = admission::class_of(request.method());
            let trusted = app.bounds.trusted();
            app.rate
                .peek(&admission::buckets(request, None, class, trusted))
        }
        None => RateStatus::default(),
    }
}

impl RateStatus {
    fn write(self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset_seconds));
    }
}

/// No such address.
pub async fn unknown_endpoint() -> Result<super::Reply, ApiError> {
    Err(Refusal::NotFound.into())
}

/// The request is the operator's: no page of another origin may read its answer.
pub struct OfOperator;

/// The path exists, but not for this method; `Allow` names those that it takes.
pub async fn method_not_allowed(rows: &'static [Route]) -> HttpResponse {
    let mut allowed: Vec<&str> = rows.iter().map(|row| row.verb.name()).collect();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    not_allowed(&allowed)
}

/// 405 with the methods that are allowed.
pub fn not_allowed(allowed: &[&str]) -> HttpResponse {
    let mut response = HttpResponse::from_error(ApiError::from(Refusal::MethodNotAllowed));
    if let Ok(allowed) = HeaderValue::try_from(allowed.join(", ")) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}
