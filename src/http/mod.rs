//! The REST API: routes, callers, responses. It decides nothing about channels or users; it asks
//! the actors and shows what they say.
//!
//! Every request passes [`pipeline::around`] (address, rate limit, caller, headers, log) and then one
//! handler of [`routes`].

mod attachments;
pub mod casing;
pub mod channels;
pub mod clients;
mod composing;
pub mod error;
pub mod extract;
pub mod feed;
pub mod files;
mod fresh;
pub mod inside;
pub mod markers;
pub mod oauth;
mod oembed;
pub mod openapi;
pub mod pages;
pub mod pipeline;
pub mod polls;
pub mod posts;
pub mod presence;
mod principal;
pub mod readiness;
pub mod reply;
mod report;
pub mod request;
pub mod routes;
pub mod session;
mod short;
mod show;
pub mod socket;
pub mod streams;
pub mod sys;
pub mod text;
pub mod token;
pub mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::actors::Engine;
use crate::config::{Config, SignUp};
use pipeline::rate_limit::{RateLimiter, RateLimits};
use socket::Bounds;

use crate::store::Trending;
use fresh::Fresh;
use readiness::Readiness;

pub use casing::CasedStream;
pub use error::ApiError;
pub use files::FilePlace;
pub use reply::{ApiResult, Reply};
pub use routes::{configure, configure_inside};
pub use users::gallery::Gallery;

/// Version of the API that is spoken, as `X-API-Version` says it.
pub const API_VERSION: &str = "1.4.0";

/// What the REST face itself is set up with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Largest body that is read; a larger one is 413.
    pub body_bytes: usize,
    /// How much may be asked.
    pub rate_limits: RateLimits,
    /// How long a presence lasts.
    pub presence: presence::Lifetimes,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// How long an app has to exchange a code.
    pub code_lifetime: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self::from(&Config::default())
    }
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        Self {
            body_bytes: config.server.body_bytes,
            rate_limits: RateLimits::from(&config.rate_limits),
            presence: presence::Lifetimes {
                default: config.presence.default_seconds,
                longest: config.presence.max_seconds,
            },
            sign_up: config.accounts.sign_up,
            code_lifetime: Duration::from_secs(config.oauth.code_seconds),
        }
    }
}

/// How long numbers and lists that are the same for all viewers are kept.
const A_MINUTE: Duration = Duration::from_secs(60);

/// What handlers share: one value per process, in `web::Data`.
pub struct App {
    /// The actors and, below them, the store.
    pub engine: Engine,
    /// The rate limiter.
    pub rate: RateLimiter,
    /// Checks of passwords.
    pub passwords: oauth::PasswordChecks,
    /// Contents of files.
    pub files: FilePlace,
    /// Avatars and covers.
    pub gallery: Gallery,
    /// The cookies of browsers.
    pub cookies: session::Cookies,
    /// As configured.
    pub settings: Settings,
    /// What the connections of one address may hold.
    pub bounds: Arc<Bounds>,
    /// Whether new work is welcome.
    pub readiness: Readiness,
    /// Every row of the API.
    pub routes: &'static [routes::Route],
    /// What the API says of itself.
    pub docs: openapi::Docs,
    /// Posts that many react to.
    trending: Fresh<Trending>,
    stats: sys::Stats,
    serving: AtomicUsize,
}

/// A request that is being served, until it is dropped.
#[derive(Debug)]
pub struct Serving<'a>(&'a AtomicUsize);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl App {
    /// Not ready yet, until its readiness is told so.
    pub fn new(
        engine: Engine,
        settings: Settings,
        bounds: Arc<Bounds>,
        (files, gallery, cookies): (FilePlace, Gallery, session::Cookies),
    ) -> Self {
        let counts = engine.shared().bus.counts();
        Self {
            engine,
            rate: RateLimiter::new(settings.rate_limits.clone(), counts),
            passwords: oauth::PasswordChecks::default(),
            files,
            gallery,
            cookies,
            settings,
            bounds,
            readiness: Readiness::default(),
            routes: routes::ROUTES,
            docs: openapi::Docs::of(routes::ROUTES),
            trending: Fresh::for_each(A_MINUTE),
            stats: sys::Stats::default(),
            serving: AtomicUsize::new(0),
        }
    }

    /// A request begins.
    pub fn begin(&self) -> Serving<'_> {
        self.serving.fetch_add(1, Ordering::AcqRel);
        Serving(&self.serving)
    }

    /// Requests being served: a stop waits for them, and not for idle connections.
    pub fn serving(&self) -> usize {
        self.serving.load(Ordering::Acquire)
    }
}
