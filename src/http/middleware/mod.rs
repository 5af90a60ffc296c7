//! What happens around every handler: one pass, in the order of [`pipeline`].

pub mod admission;
pub mod cors;
pub mod rate_limit;
pub mod request_log;
pub mod slash;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};

use super::error::translate;
use super::extract::Caller;
use super::{API_VERSION, ApiError, App};
use rate_limit::RateStatus;

/// The call carried `update_presence`; whether that worked.
#[derive(Clone, Copy, Debug)]
pub struct UpdatedPresence(pub bool);

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const SCOPES: HeaderName = HeaderName::from_static("x-oauth-scopes");
const VERSION: HeaderName = HeaderName::from_static("x-api-version");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Whether somebody wants to read the answer with their own eyes; the header's presence says so.
pub fn wants_pretty(request: &HttpRequest) -> bool {
    request.headers().contains_key("x-pretty-json")
}

/// Around every request: address without trailing slash, preflight, admission, the handler, errors in
/// their envelope, headers, log line.
pub async fn pipeline(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let app = request.app_data::<Data<App>>().cloned();
    let serving = app.as_ref().map(|app| app.begin());
    let log = request_log::Line::begin(&request);
    slash::trim(&mut request);
    let preflight = cors::is_preflight(&request);
    let mut response = if preflight {
        request.into_response(HttpResponse::NoContent().finish())
    } else {
        match admission::admit(&mut request).await {
            // An error of a service is not a response yet, and to make it one needs the request, which
            // nobody else may hold while it is routed. Handlers return responses; nothing else is left.
            Ok(()) => next.call(request).await?,
            Err(error) => request.error_response(error),
        }
    };
    reword(&mut response);
    let scopes = scopes(response.request());
    let rate_status = rate_status(response.request());
    let headers = response.headers_mut();
    rate_status.write(headers);
    if let Some(scopes) = scopes {
        headers.insert(SCOPES, scopes);
    }
    headers.insert(VERSION, HeaderValue::from_static(API_VERSION));
    headers.insert(REQUEST_ID, log.id());
    cors::allow(headers, preflight);
    log.end(&response);
    drop(serving);
    Ok(response)
}

/// Errors become envelopes here, where the request is at hand: indented if wanted, and with what the
/// request did besides.
fn reword(response: &mut ServiceResponse) {
    let Some(error) = response.response().error() else {
        return;
    };
    let own = error.as_error::<ApiError>();
    let foreign = error.as_error::<super::oauth::OAuthError>().is_some();
    if foreign {
        return;
    }
    let request = response.request();
    let pretty = wants_pretty(request);
    let updated = request.extensions().get::<UpdatedPresence>().copied();
    if own.is_some() && !pretty && updated.is_none() {
        return;
    }
    let translated;
    let error = match own {
        Some(error) => error,
        None => {
            translated = translate(error);
            &translated
        }
    };
    let mut meta = error.meta();
    meta.updated_presence = updated.map(|updated| updated.0);
    *response.response_mut() = error.response(&meta, pretty);
}

/// A user token's scopes, exactly as granted.
fn scopes(request: &HttpRequest) -> Option<HeaderValue> {
    let extensions = request.extensions();
    let caller = extensions.get::<Caller>()?;
    caller.user()?;
    HeaderValue::try_from(caller.token.scopes.joined()).ok()
}

/// Where the caller stands; calls that were not counted see their bucket as it is.
fn rate_status(request: &HttpRequest) -> RateStatus {
    if let Some(rate_status) = request.extensions().get::<RateStatus>() {
        return *rate_status;
    }
    match request.app_data::<Data<App>>() {
        Some(app) => {
            let bucket = admission::bucket(request, None, app.settings.behind_proxy);
            app.rate.peek(bucket)
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
    Err(crate::model::Refusal::NotFound.into())
}

/// The address exists, but not for this method.
pub async fn unknown_method() -> Result<super::Reply, ApiError> {
    Err(crate::model::Refusal::MethodNotAllowed.into())
}
