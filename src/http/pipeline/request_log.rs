//! One line per request. Never a query string, a body or a path with its ids: tokens and connection ids are
//! secrets, so the line names the route.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use actix_web::HttpMessage;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;

use crate::http::extract::Caller;

/// A line that is being written.
pub struct Line {
    id: String,
    method: Method,
    begun: Instant,
}

impl Line {
    /// Begins to count.
    pub fn begin(request: &ServiceRequest) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            // The process id sets restarts apart; a request id is for finding lines, not for guarding.
            id: format!("{:x}-{count:x}", std::process::id()),
            method: request.method().clone(),
            begun: Instant::now(),
        }
    }

    /// `X-Request-Id`
    pub fn id(&self) -> HeaderValue {
        HeaderValue::try_from(self.id.as_str()).unwrap_or(HeaderValue::from_static("-"))
    }

    /// Writes it.
    pub fn end(self, response: &ServiceResponse) {
        // Naming the route is work; not for a line that nobody wants.
        if !tracing::enabled!(target: "groundnut::request", tracing::Level::DEBUG) {
            return;
        }
        let request = response.request();
        let status = response.status().as_u16();
        let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let route = request.match_pattern();
        let extensions = request.extensions();
        let token = extensions.get::<Caller>().map(|caller| caller.token.id.0);
        tracing::debug!(
            target: "groundnut::request",
            id = %self.id,
            method = %self.method,
            route = route.as_deref().unwrap_or("-"),
            status,
            micros,
            token,
            "request"
        );
    }
}
