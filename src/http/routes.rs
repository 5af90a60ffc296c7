//! Every address: those of channels stand in [`super::channels`], all others on this page.
//!
//! All of them are served below `/v1` and, as an alias, at the root. Slashes at the end are taken off before
//! this page is read (`middleware::slash`). The first address that fits is taken, so what is called most
//! stands first, and `search` stands before `{channel_id}`.

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PathConfig, ServiceConfig};

use super::middleware::{pipeline, unknown_endpoint, unknown_method};
use super::{ApiError, App, channels, clients, oauth, presence, streams, sys, text, token, users};
use crate::model::Refusal;

macro_rules! method {
    (get) => {
        "GET"
    };
    (post) => {
        "POST"
    };
    (put) => {
        "PUT"
    };
    (patch) => {
        "PATCH"
    };
    (delete) => {
        "DELETE"
    };
}

macro_rules! routes {
    ($($path:literal { $($method:ident $handler:path),+ $(,)? })*) => {
        /// Method and address of every route on this page.
        const OWN: &[(&str, &str)] = &[$($((method!($method), $path),)+)*];

        fn resources(cfg: &mut ServiceConfig) {
            channels::configure(cfg);
            $(cfg.service(
                web::resource($path)
                    $(.route(web::$method().to($handler)))+
                    .default_service(web::to(unknown_method)),
            );)*
        }
    };
}

routes! {
    // Tokens
    "/oauth/access_token" { post oauth::grant::create }
    "/token" { get token::show, delete token::delete }
    "/apps/me/users/ids" { get token::user_ids }
    "/apps/me/users/tokens" { get token::user_tokens }

    // App streams and user streams
    "/streams" {
        get streams::app_streams::list,
        post streams::app_streams::create,
        put streams::app_streams::edit_by_body,
        delete streams::app_streams::delete_all,
    }
    "/streams/{stream_key}" {
        get streams::app_streams::show,
        put streams::app_streams::edit,
        delete streams::app_streams::delete,
    }
    "/users/me/streams/{connection_id}" { delete streams::user_streams::close }
    "/users/me/streams/{connection_id}/{subscription_id}" {
        delete streams::user_streams::unsubscribe,
    }

    // Presence
    "/presence" { get presence::list }
    "/presence/{user_id}" { get presence::show }
    "/users/{user_id}/presence" { get presence::show, put presence::edit }

    // Users
    "/users" { get users::lookup::list }
    "/users/{user_id}" {
        get users::lookup::show,
        put users::profile::replace,
        patch users::profile::change,
    }
    "/users/{user_id}/avatar" { get users::pictures::avatar }
    "/users/{user_id}/cover" { get users::pictures::cover }
    "/users/{user_id}/clients" { get clients::of_user }
    "/clients/{client_id}" { get clients::show }
    "/users/{user_id}/follow" { put users::relate::follow, delete users::relate::unfollow }
    "/users/{user_id}/mute" { put users::relate::mute, delete users::relate::unmute }
    "/users/{user_id}/block" { put users::relate::block, delete users::relate::unblock }
    "/users/{user_id}/following" { get users::lists::following }
    "/users/{user_id}/followers" { get users::lists::followers }
    "/users/{user_id}/muted" { get users::lists::muted }
    "/users/{user_id}/blocked" { get users::lists::blocked }

    // The server itself
    "/sys/actors" { get sys::actors }
    "/sys/config" { get sys::config }
    "/sys/stats" { get sys::stats }
    "/text/process" { post text::process }
}

/// Method and address of every route, for the documents and for the tests that go through them.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    channels::ROUTES.iter().chain(OWN).copied()
}

/// The REST face. Register pages for people before it: it answers for every address that is left.
pub fn configure(cfg: &mut ServiceConfig, app: Data<App>) {
    cfg.app_data(app)
        .app_data(
            PathConfig::default().error_handler(|_, _| ApiError::from(Refusal::WrongType).into()),
        )
        .route("/healthz", web::get().to(sys::healthz))
        .route("/readyz", web::get().to(sys::readyz))
        .route("/metrics", web::get().to(sys::metrics))
        .service(
            web::scope("/v1")
                .configure(resources)
                .default_service(web::to(unknown_endpoint))
                .wrap(from_fn(pipeline)),
        )
        .service(
            web::scope("")
                .configure(resources)
                .default_service(web::to(unknown_endpoint))
                .wrap(from_fn(pipeline)),
        );
}
