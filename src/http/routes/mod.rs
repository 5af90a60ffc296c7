//! The REST face: every row of the `table` at its address.
//!
//! All of them are served below `/v1` and, as an alias, at the root. Slashes at the end are taken off before a row
//! is looked up (`pipeline::slash`). Rows of one path are adjacent in the table and become one resource.

pub mod row;
mod table;

use actix_web::guard;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::web::{self, Data, PathConfig, ServiceConfig};

pub use row::{RateClass, Route, ScopeNeed, TokenKind, Verb};
pub use table::ROUTES;

use super::pipeline::{admission, around, method_not_allowed, not_allowed, unknown_endpoint};
use super::{ApiError, App, files, openapi, pages, sys, users};
use crate::model::Refusal;

impl Route {
    fn registered(&'static self) -> actix_web::Route {
        let route = (self.handler)();
        let route = match self.verb {
            Verb::Get => reads(route),
            Verb::Post => route.method(Method::POST),
            Verb::Put => route.method(Method::PUT),
            Verb::Patch => route.method(Method::PATCH),
            Verb::Delete => route.method(Method::DELETE),
        };
        route.wrap(from_fn(move |request, next| {
            admission::admit(Some(self), request, next)
        }))
    }
}

/// Answers `GET` and `HEAD`; actix sends the head alone to a `HEAD`.
fn reads(route: actix_web::Route) -> actix_web::Route {
    route.guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A page for monitors, beside the API: not counted, and read by no page of another origin.
fn monitored(path: &str, route: actix_web::Route) -> impl actix_web::dev::HttpServiceFactory {
    let headers = DefaultHeaders::new()
        .add((CACHE_CONTROL, "no-store"))
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    web::resource(path)
        .route(reads(route))
        .default_service(web::to(async || not_allowed(&["GET", "HEAD"])))
        .wrap(headers)
}

/// A picture that a user sent, beside the API: shown by pages and clients that send no token for it.
fn picture() -> impl actix_web::dev::HttpServiceFactory {
    web::resource("/images/picture/{id}")
        .route(reads(web::to(users::pictures::file)))
        .default_service(web::to(async || not_allowed(&["GET", "HEAD"])))
        .wrap(from_fn(around))
}

/// The API in words, for people; read by no program, and asks for nothing.
fn docs() -> impl actix_web::dev::HttpServiceFactory {
    web::resource("/docs")
        .route(reads(web::to(openapi::served::page)))
        .default_service(web::to(async || not_allowed(&["GET", "HEAD"])))
        .wrap(from_fn(around))
}

/// What is left over is counted and its token is looked at, as anywhere.
fn otherwise(route: actix_web::Route) -> actix_web::Route {
    route.wrap(from_fn(move |request, next| {
        admission::admit(None, request, next)
    }))
}

fn resources(cfg: &mut ServiceConfig) {
    for rows in ROUTES.chunk_by(|one, next| one.path == next.path) {
        let Some(first) = rows.first() else { continue };
        let mut resource = web::resource(first.path);
        for row in rows {
            resource = resource.route(row.registered());
        }
        let wrong_method = otherwise(web::to(move || method_not_allowed(rows)));
        cfg.service(resource.default_service(wrong_method));
    }
}

/// The addresses of streams, asked for without an upgrade.
fn streams(answers: fn() -> actix_web::Route) -> impl actix_web::dev::HttpServiceFactory {
    let others = otherwise(web::to(async || not_allowed(&["GET", "HEAD"])));
    web::resource(["/user", "/app"])
        .route(otherwise(reads(answers())))
        .default_service(others)
}

fn api(
    scope: actix_web::Scope,
    answers: fn() -> actix_web::Route,
) -> impl actix_web::dev::HttpServiceFactory {
    scope
        .configure(resources)
        .service(streams(answers))
        .default_service(otherwise(web::to(unknown_endpoint)))
        .wrap(from_fn(around))
}

/// What other nodes may ask of this one: the calls that they send on, and a word about sessions. Behind
/// [`super::inside::admit`].
pub fn configure_inside(cfg: &mut ServiceConfig, app: Data<App>) {
    let unknown = || web::to(unknown_endpoint);
    cfg.app_data(app)
        .app_data(files::parsed_so())
        .app_data(
            PathConfig::default().error_handler(|_, _| ApiError::from(Refusal::WrongType).into()),
        )
        .service(super::inside::sessions())
        .service(super::inside::hooks())
        .service(super::inside::tickets())
        .service(api(web::scope("/v1"), unknown))
        .service(api(web::scope(""), unknown));
}

/// The REST face. Register pages for people before it: it answers for every address that is left. `answers` makes the
/// route of streams that leave as the answer to a request.
pub fn configure(cfg: &mut ServiceConfig, app: Data<App>, answers: fn() -> actix_web::Route) {
    cfg.app_data(app)
        .app_data(files::parsed_so())
        .app_data(
            PathConfig::default().error_handler(|_, _| ApiError::from(Refusal::WrongType).into()),
        )
        .service(monitored("/healthz", web::to(sys::healthz)))
        .service(monitored("/readyz", web::to(sys::readyz)))
        .service(monitored("/metrics", web::to(sys::metrics)))
        .configure(files::configure)
        .service(picture())
        .service(docs())
        .configure(pages::configure)
        .service(api(web::scope("/v1"), answers))
        .service(api(web::scope(""), answers));
}
