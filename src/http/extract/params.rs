//! The query string.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::live::Seen;
use crate::http::ApiError;
use crate::http::openapi::watch;
use crate::protocol::query::Query;

/// The parsed query string. Reading it never fails.
#[derive(Clone, Debug)]
pub struct Params(pub Query, Seen);

impl Params {
    /// For what is not a request.
    pub fn of(query: Query) -> Self {
        Self(query, Seen::default())
    }

    /// Notes the end of the log in the transaction that reads the items of a page.
    pub fn seen(&self) -> Seen {
        self.1.clone()
    }
}

impl Deref for Params {
    type Target = Query;

    fn deref(&self) -> &Query {
        &self.0
    }
}

impl FromRequest for Params {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(watch::query(request), Seen::of(request))))
    }
}
