//! Pages with forms, for people: plain HTML that works without script. Templates are in `templates/`, the style in
//! `src/web/assets/pages.css`.
//!
//! A page is one line in `configure` and a handler that returns [`PageResult`]. `around` runs for each of them: it
//! finds out who asks, counts the request, and writes the headers. A form posts to its own address and holds the field
//! `form` ([`Visitor::form_token`](super::session::Visitor::form_token)); its handler takes
//! [`Form`](super::session::Form).

mod account;
mod around;
mod date;
mod developer;
mod error;
mod frame;
mod new_password;
pub mod next;
mod page;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Route, guard};

pub use error::PageError;
pub use frame::Frame;
pub use page::{Page, PageResult, see_other};

use crate::http::oauth::authorize;
use around::{Counts, around};
use date::day;
use new_password::password_problem;

/// A page with a form, which posts to the same address.
pub(in crate::http) fn with_form(
    path: &str,
    get: Route,
    post: Route,
) -> impl HttpServiceFactory + use<> {
    page(path, get, post, Counts::Write)
}

/// A page on which a password is checked or an account made: its form counts as an attempt to sign in.
pub(in crate::http) fn with_password(
    path: &str,
    get: Route,
    post: Route,
) -> impl HttpServiceFactory + use<> {
    page(path, get, post, Counts::SignIn)
}

/// A page that is only read.
fn without_form(path: &str, get: Route) -> impl HttpServiceFactory + use<> {
    let post = web::to(async || Err::<Page, _>(PageError::NotAllowed));
    page(path, get, post, Counts::Write)
}

fn page(path: &str, get: Route, post: Route, counts: Counts) -> impl HttpServiceFactory + use<> {
    let reads = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path)
        .route(get.guard(reads))
        .route(post.guard(guard::Post()))
        .default_service(web::to(async || Err::<Page, _>(PageError::NotAllowed)))
        .wrap(from_fn(move |request, next| around(counts, request, next)))
}

/// All pages.
pub(in crate::http) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(with_password(
        "/sign-in",
        web::to(sign_in::show),
        web::to(sign_in::submit),
    ))
    .service(with_password(
        "/sign-up",
        web::to(sign_up::show),
        web::to(sign_up::submit),
    ))
    .service(with_form(
        "/sign-out",
        web::to(sign_out::show),
        web::to(sign_out::submit),
    ))
    .service(with_form(
        "/oauth/authenticate",
        web::to(authorize::authenticate),
        web::to(authorize::decide),
    ))
    .service(with_form(
        "/oauth/authorize",
        web::to(authorize::authorize),
        web::to(authorize::decide),
    ))
    .configure(account::configure)
    .configure(developer::configure);
}
