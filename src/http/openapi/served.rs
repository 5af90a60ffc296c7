//! `/v1/openapi.json`, `/v1/asyncapi.json` and `/docs`: made when they are asked for first, and kept.

use std::sync::OnceLock;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, EntityTag, IF_NONE_MATCH,
    REFERRER_POLICY,
};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template as _;
use sha2::{Digest, Sha256};

use super::asyncapi;
use super::document::document as document_of;
use super::page::Page;
use crate::http::routes::row::Route;
use crate::http::{ApiError, ApiResult, App};

/// Scripts, styles and pictures are files of this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the API says of itself.
#[derive(Debug)]
pub struct Docs {
    routes: &'static [Route],
    document: OnceLock<Kept>,
    streams: OnceLock<Kept>,
    page: OnceLock<Kept>,
}

#[derive(Debug)]
struct Kept {
    bytes: Bytes,
    tag: EntityTag,
}

impl Kept {
    fn new(bytes: Vec<u8>) -> Self {
        let digest = Sha256::digest(&bytes);
        let digits = digest.iter().take(12).map(|byte| format!("{byte:02x}"));
        Self {
            tag: EntityTag::new_strong(digits.collect()),
            bytes: Bytes::from(bytes),
        }
    }

    fn answer(&self, request: &HttpRequest, kind: &'static str) -> HttpResponse {
        let mut known = request.headers().get_all(IF_NONE_MATCH);
        // A proxy that compresses makes the tag a weak one; what it names stays.
        let is_known = known.any(|line| {
            let line = line.to_str().unwrap_or_default();
            line.trim() == "*" || line.contains(self.tag.tag())
        });
        let mut response = match is_known {
            true => HttpResponse::NotModified(),
            false => HttpResponse::Ok(),
        };
        response
            .insert_header((ETAG, self.tag.to_string()))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .insert_header((CONTENT_TYPE, kind));
        match is_known {
            true => response.finish(),
            false => response.body(self.bytes.clone()),
        }
    }
}

impl Docs {
    /// Of these routes.
    pub fn of(routes: &'static [Route]) -> Self {
        Self {
            routes,
            document: OnceLock::new(),
            streams: OnceLock::new(),
            page: OnceLock::new(),
        }
    }
}

/// What was made at the first request.
fn kept(cell: &OnceLock<Kept>, make: impl FnOnce() -> ApiResult<Vec<u8>>) -> ApiResult<&Kept> {
    if let Some(kept) = cell.get() {
        return Ok(kept);
    }
    let made = Kept::new(make()?);
    Ok(cell.get_or_init(|| made))
}

/// `GET /openapi.json`
pub(in crate::http) async fn document(
    app: Data<App>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let docs = &app.docs;
    let kept = kept(&docs.document, || {
        let made = document_of(docs.routes, &app.engine.site().public_url);
        let made = made.and_then(|made| serde_json::to_vec(&made));
        made.map_err(|error| ApiError::trouble(&error))
    })?;
    Ok(kept.answer(&request, "application/json"))
}

/// `GET /asyncapi.json`
pub(in crate::http) async fn streams(
    app: Data<App>,
    request: HttpRequest,
) -> ApiResult<HttpResponse> {
    let kept = kept(&app.docs.streams, || {
        let made = asyncapi::document(app.engine.site());
        let made = made.and_then(|made| serde_json::to_vec(&made));
        made.map_err(|error| ApiError::trouble(&error))
    })?;
    Ok(kept.answer(&request, "application/json"))
}

/// `GET /docs`
pub(in crate::http) async fn page(app: Data<App>, request: HttpRequest) -> ApiResult<HttpResponse> {
    let docs = &app.docs;
    let kept = kept(&docs.page, || {
        let made = Page::of(docs.routes).render();
        let made = made.map_err(|error| ApiError::trouble(&error))?;
        Ok(made.into_bytes())
    })?;
    let mut response = kept.answer(&request, "text/html; charset=utf-8");
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(
            name,
            actix_web::http::header::HeaderValue::from_static(value),
        );
    }
    Ok(response)
}
