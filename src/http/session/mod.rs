//! Browsers: what their cookie says, who is signed in, and which forms are theirs.
//!
//! A page takes [`Visitor`] or [`SignedIn`]; a page that a form is sent to takes [`Form`] behind it. All three read what
//! `pages::around` found out before the handler ran.

mod cookies;
mod device;
mod form;
mod origin;

use std::fmt;
use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

pub use cookies::{Cookies, Lasting};
pub use device::Device;
pub use form::{Form, demand_own};

use super::pages::PageError;
use super::pages::next::Next;
use crate::http::{ApiError, App};
use crate::store::Session;

/// A browser, signed in or not. Its secret is in its cookie, and what it was shown is bound to it.
#[derive(Clone)]
pub struct Visitor {
    secret: String,
    /// The browser has no cookie with this secret yet.
    is_new: bool,
    session: Option<Session>,
    device: Option<Device>,
    cookies: Cookies,
}

/// Without the secret.
impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl Visitor {
    /// Looks at the cookie of a request, and up the session that it names.
    ///
    /// # Errors
    /// The database is busy or in trouble.
    pub(in crate::http) async fn of(request: &HttpRequest, app: &App) -> Result<Self, ApiError> {
        let cookies = app.cookies.clone();
        let known = cookies.read(request);
        let session = match known.as_ref().and_then(cookies::Known::session) {
            Some(secret) => {
                let (secret, now) = (secret.to_owned(), app.engine.store().now());
                let store = app.engine.store();
                store.read(move |db| db.session(&secret, now)).await?
            }
            None => None,
        };
        Ok(Self {
            is_new: known.is_none(),
            secret: known.map_or_else(cookies::fresh, cookies::Known::into_value),
            session,
            device: cookies.device(request),
            cookies,
        })
    }

    /// The session, if the browser is signed in.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The account that this browser was signed in to last, whether or not it is now.
    pub fn device(&self) -> Option<&Device> {
        self.device.as_ref()
    }

    /// What a form that is sent to this path has to hold in its field `form`.
    pub fn form_token(&self, path: &str) -> String {
        self.cookies.form_token(path, &self.secret)
    }

    /// Whether a form holds what [`Self::form_token`] put into it.
    fn owns(&self, path: &str, token: &str) -> bool {
        !self.is_new && self.cookies.is_form_token(path, &self.secret, token)
    }

    /// The cookie that the browser has to keep for its forms, if it has none yet.
    pub(in crate::http) fn new_cookie(&self) -> Option<String> {
        self.is_new.then(|| self.cookies.write(&self.secret, None))
    }
}

/// What the request pipeline of the pages found.
fn found(request: &HttpRequest) -> Result<Visitor, PageError> {
    let visitor = request.extensions().get::<Visitor>().cloned();
    visitor.ok_or_else(|| ApiError::trouble(&"a page without a visitor").into())
}

impl FromRequest for Visitor {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(found(request))
    }
}

/// A browser that is signed in. Any other one is led to the sign-in page, and back.
#[derive(Clone, Debug)]
pub struct SignedIn {
    visitor: Visitor,
    session: Session,
}

impl SignedIn {
    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// A signature of a word, for an address that this browser is led to: links from elsewhere have none. It is bound to
    /// the account, so it outlasts a new session.
    pub(in crate::http) fn signature(&self, word: &str) -> String {
        self.visitor.cookies.form_token(word, &self.account())
    }

    /// Whether [`Self::signature`] made it.
    pub(in crate::http) fn has_signed(&self, word: &str, signature: &str) -> bool {
        let cookies = &self.visitor.cookies;
        cookies.is_form_token(word, &self.account(), signature)
    }

    /// Unlike what cookies hold, and words are unlike paths.
    fn account(&self) -> String {
        format!("account {}", self.session.user)
    }

    /// The browser, for pages that do not ask who is in front of it.
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }
}

impl Deref for SignedIn {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.session
    }
}

impl FromRequest for SignedIn {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(found(request).and_then(|visitor| {
            let session = visitor.session.clone();
            let session = session.ok_or_else(|| PageError::SignInFirst(Next::here(request)))?;
            Ok(Self { visitor, session })
        }))
    }
}
