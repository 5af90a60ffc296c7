//! What handlers return when they cannot answer; becomes an envelope without `data`.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, SEC_WEBSOCKET_VERSION,
    UPGRADE, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, ResponseError};

use super::API_VERSION;
use crate::model::Failure;
use crate::model::{Refusal, Refused};
use crate::protocol::envelope::{Envelope, Meta};

/// Seconds after which a full queue is worth another try.
const BUSY_RETRY: u64 = 1;
/// Seconds after which a database that went away is asked again.
const AWAY_RETRY: u64 = 2;
/// Seconds that a restart takes, roughly.
const RESTART_RETRY: u64 = 5;

/// An error as the client sees it. Causes stay in the log.
#[derive(Debug)]
pub struct ApiError {
    code: u16,
    slug: &'static str,
    message: Cow<'static, str>,
    id: Option<String>,
    retry_in: Option<u64>,
}

impl ApiError {
    /// Come back later; nothing was begun.
    fn later(slug: &'static str, message: &'static str, seconds: u64) -> Self {
        Self {
            code: 503,
            slug,
            message: message.into(),
            id: None,
            retry_in: Some(seconds),
        }
    }

    /// Something is broken here. The cause is logged under the id that the client gets to quote.
    pub fn trouble(cause: &dyn fmt::Display) -> Self {
        let id = format!("{:08x}", rand::random::<u32>());
        tracing::error!(error_id = %id, %cause, "request failed");
        Self {
            code: 500,
            slug: "internal-error",
            message: "Internal Server Error".into(),
            id: Some(id),
            retry_in: None,
        }
    }

    /// Over a rate limit.
    pub fn limited(retry_in: u64) -> Self {
        Self {
            retry_in: Some(retry_in),
            ..Self::from(Refusal::RateLimited)
        }
    }

    /// The same, with a hint when to try again, unless it has one.
    pub fn or_retry_after(self, seconds: u64) -> Self {
        Self {
            retry_in: self.retry_in.or(Some(seconds)),
            ..self
        }
    }

    /// The same, with a hint when to try again.
    pub fn retry_after(self, seconds: u64) -> Self {
        Self {
            retry_in: Some(seconds),
            ..self
        }
    }

    /// The same behind a write that is committed: a failure does not say any more that nothing was begun. `None`: it is a
    /// refusal, or says so already.
    pub fn after_write(&self) -> Option<Self> {
        let unsure = Self::from(Failure::Unsure);
        let is_failure = matches!(self.code, 500 | 503) && self.slug != unsure.slug;
        is_failure.then(|| Self {
            id: self.id.clone(),
            ..unsure
        })
    }

    /// The HTTP status.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// `meta.error_slug`
    pub fn slug(&self) -> &'static str {
        self.slug
    }

    /// The `meta` of the error.
    pub fn meta(&self) -> Meta {
        let mut meta = Meta::new(self.code);
        meta.error_message = Some(self.message.clone().into_owned());
        meta.error_slug = Some(self.slug);
        meta.error_id.clone_from(&self.id);
        meta.retry_in = self.retry_in;
        meta
    }

    /// The envelope of the error, as the body of a response.
    pub fn body(&self, meta: &Meta, pretty: bool) -> Vec<u8> {
        Envelope::bare(meta).bytes(pretty).unwrap_or_default()
    }

    /// The whole answer with its head, where no dispatcher writes it. The connection ends behind it.
    pub fn whole_answer(&self) -> Vec<u8> {
        let (status, body) = (self.status(), self.body(&self.meta(), false));
        let connection = match status {
            StatusCode::UPGRADE_REQUIRED => "close, upgrade",
            _ => "close",
        };
        let mut head = format!(
            "HTTP/1.1 {} {}\r\nContent-Length: {}\r\nConnection: {connection}\r\nCache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\nAccess-Control-Allow-Origin: *\r\nX-API-Version: {API_VERSION}\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default(),
            body.len()
        );
        for (name, value) in self.headers() {
            let value = value.to_str().unwrap_or_default();
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            // Only the address of a stream answers so from here.
            head.push_str("Allow: GET, HEAD\r\n");
        }
        head.push_str("\r\n");
        [head.into_bytes(), body].concat()
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The headers of the response.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let retry = self.retry_in.map(|seconds| (RETRY_AFTER, seconds.into()));
        let taken = headers_of(self.code, self.slug).iter();
        let taken = taken.map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        std::iter::once(json).chain(retry).chain(taken)
    }
}

/// What a status has to say besides: which credentials, encoding or protocol would be taken (RFC 9110 §15.5, RFC 6750
/// §3).
fn headers_of(code: u16, slug: &str) -> &'static [(HeaderName, &'static str)] {
    const NAME: &[(HeaderName, &str)] = &[(WWW_AUTHENTICATE, "Bearer realm=\"groundnut\"")];
    const TOKEN: &[(HeaderName, &str)] = &[(
        WWW_AUTHENTICATE,
        "Bearer realm=\"groundnut\", error=\"invalid_token\"",
    )];
    const ENCODING: &[(HeaderName, &str)] = &[(ACCEPT_ENCODING, "identity")];
    const PROTOCOL: &[(HeaderName, &str)] =
        &[(UPGRADE, "websocket"), (SEC_WEBSOCKET_VERSION, "13")];
    match code {
        401 if slug == Refusal::TokenInvalid.slug() => TOKEN,
        401 => NAME,
        415 => ENCODING,
        426 => PROTOCOL,
        _ => &[],
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self {
            code: refused.refusal.code(),
            slug: refused.refusal.slug(),
            message: refused.message().into(),
            id: None,
            retry_in: None,
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Refused::from(refusal).into()
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refused) => refused.into(),
            // A queue was full: the request was never begun, so trying again is safe.
            Failure::Busy => Self::later("busy", "Too much to do. Try again soon.", BUSY_RETRY),
            Failure::Away => Self::later(
                "database-away",
                "The database does not answer. Nothing was changed. Try again soon.",
                AWAY_RETRY,
            ),
            Failure::Unsure => Self::later(
                "outcome-unknown",
                "The call may have been carried out, but cannot be answered: repeat it with its Idempotency-Key, or look before you try again.",
                AWAY_RETRY,
            ),
            Failure::Stopping => Self::later("restarting", "The server restarts.", RESTART_RETRY),
            Failure::Trouble(cause) => Self::trouble(&cause),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.slug)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// Without a body: the request pipeline writes it, where it knows how (`pipeline::errors`).
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status())
    }
}

/// An error of actix itself (an incomplete body, an extractor), as one of ours.
pub fn translate(error: &actix_web::Error) -> ApiError {
    match error.as_response_error().status_code().as_u16() {
        404 => Refusal::NotFound.into(),
        405 => Refusal::MethodNotAllowed.into(),
        413 => Refusal::BodyTooLarge.into(),
        400..=499 => Refusal::MalformedBody.into(),
        _ => ApiError::trouble(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_behind_a_write_says_that_it_may_have_been_carried_out() {
        let trouble = Failure::Trouble("disk".into());
        for failure in [Failure::Busy, Failure::Away, Failure::Stopping, trouble] {
            let after = ApiError::from(failure).after_write();
            assert_eq!(
                after.map(|error| error.to_string()).as_deref(),
                Some("503 outcome-unknown")
            );
        }
        for other in [Failure::Unsure, Refusal::NoAccess.into()] {
            assert!(ApiError::from(other).after_write().is_none());
        }
    }
}
