//! Errors become envelopes once, behind every handler, where the request is at hand: indented if wanted, and with
//! what the request did besides.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;

use crate::http::ApiError;
use crate::http::error::translate;
use crate::http::oauth::OAuthError;
use crate::http::openapi::watch;
use crate::http::request::{UpdatedPresence, wants_pretty};

/// The error as one of ours; `None`: OAuth's, or actix's.
pub(super) fn own_error(error: &actix_web::Error) -> Option<&ApiError> {
    match error.as_error::<OAuthError>() {
        Some(oauth) => oauth.as_api(),
        None => error.as_error::<ApiError>(),
    }
}

/// Writes the body of an error response; leaves every other response alone. Headers that are set already stay.
pub(super) fn render(response: ServiceResponse) -> ServiceResponse {
    let Some(error) = response.response().error() else {
        return response;
    };
    let translated;
    let error = match own_error(error) {
        Some(own) => own,
        // Errors of OAuth have a body of their own (RFC 6749 §5.2).
        None if error.as_error::<OAuthError>().is_some() => return response,
        None => {
            translated = translate(error);
            &translated
        }
    };
    let request = response.request();
    watch::refused(request, error.code(), error.slug());
    let mut meta = error.meta();
    let updated = request.extensions().get::<UpdatedPresence>().copied();
    meta.updated_presence = updated.map(|updated| updated.0);
    let body = error.body(&meta, wants_pretty(request));
    let (status, headers) = (error.status(), error.headers());
    response.map_body(|head, _| {
        head.status = status;
        for (name, value) in headers {
            head.headers.insert(name, value);
        }
        BoxBody::new(body)
    })
}
