//! Browsers may call from any page: tokens are sent explicitly, never as cookies.

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderName, HeaderValue,
};

const ALWAYS: [(HeaderName, &str); 2] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        ACCESS_CONTROL_EXPOSE_HEADERS,
        "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-OAuth-Scopes, \
         X-API-Version, X-Request-Id, Retry-After, Connection-Id, Idempotent-Replayed",
    ),
];
const PREFLIGHT: [(HeaderName, &str); 3] = [
    (
        ACCESS_CONTROL_ALLOW_METHODS,
        "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    ),
    (
        ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, Content-Type, X-Pretty-Json, Last-Event-ID, Idempotency-Key",
    ),
    (ACCESS_CONTROL_MAX_AGE, "86400"),
];

/// No endpoint has its own `OPTIONS`, so every `OPTIONS` request is a preflight.
pub fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
}

/// On every answer, errors too: a browser hides an error without them from its page.
pub fn allow(headers: &mut HeaderMap, preflight: bool) {
    let more: &[_] = if preflight { &PREFLIGHT } else { &[] };
    for (name, value) in ALWAYS.iter().chain(more) {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
}
