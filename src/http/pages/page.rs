//! The answer of a page.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;

use super::error::PageError;
use crate::http::ApiError;

/// What a handler of a page returns.
pub type PageResult<T = Page> = Result<T, PageError>;

/// No scripts, no frames, nothing from elsewhere. Styles and pictures are files of this server.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";

/// A page, rendered.
#[derive(Debug)]
pub struct Page {
    status: StatusCode,
    html: String,
    leads_to: Vec<String>,
}

impl Page {
    /// Renders a template.
    ///
    /// # Errors
    /// The template cannot be written.
    pub fn of(template: &impl Template) -> PageResult {
        let html = template.render();
        let html = html.map_err(|error| ApiError::trouble(&error))?;
        Ok(Self {
            status: StatusCode::OK,
            html,
            leads_to: Vec::new(),
        })
    }

    /// With another status than 200: a form that is shown again says what is wrong with it.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Its form may end at another address, by a redirect behind it: a source as policies write it. Browsers ask the
    /// policy of the page that the form is on about each redirect.
    #[must_use]
    pub fn leads_to(mut self, source: Option<String>) -> Self {
        self.leads_to.extend(source);
        self
    }

    /// As an answer.
    pub fn into_response(self) -> HttpResponse {
        let mut policy = String::from(POLICY);
        for source in &self.leads_to {
            policy.push(' ');
            policy.push_str(source);
        }
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(POLICY));
        HttpResponse::build(self.status)
            .insert_header((CONTENT_SECURITY_POLICY, policy))
            .content_type("text/html; charset=utf-8")
            .body(self.html)
    }
}

impl Responder for Page {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.into_response()
    }
}

/// Leads the browser on, with `GET`.
pub fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, address))
        .finish()
}
