//! The one cookie of the pages. It is signed, so that made-up ones are thrown away without a look into the database, and it
//! holds a secret, of which the database has only a hash.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};

use crate::config::Accounts;
use crate::store::secret::random_id;

/// Of a browser that is not told to stay signed in: it forgets its cookie when it is closed, and a thief of the cookie
/// has no longer than this.
const SHORT: Duration = Duration::from_secs(86_400);

/// How long a browser is known as one that an account was signed in to. People sign in again within half a year.
const DEVICE_KNOWN: Duration = Duration::from_secs(180 * 86_400);

/// A browser that is signed in.
const SESSION: &str = "s.";
/// One that is not: its forms are bound to it all the same.
const VISIT: &str = "v.";

/// How long a browser stays signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// Until the browser is closed, or a day is over.
    Shortly,
    /// For `accounts.session_days`.
    Long,
}

/// Makes and reads cookies.
#[derive(Clone)]
pub struct Cookies {
    key: Arc<Key>,
    is_secure: bool,
    lifetime: Duration,
    /// Scheme, host and port that browsers know this server by.
    origin: Arc<str>,
}

/// Without the key.
impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookies")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// What a valid cookie holds.
pub(super) struct Known(String);

impl Known {
    /// The secret of a session.
    pub(super) fn session(&self) -> Option<&str> {
        self.0.strip_prefix(SESSION)
    }

    pub(super) fn into_value(self) -> String {
        self.0
    }
}

/// The cookie of a browser that has none.
pub(super) fn fresh() -> String {
    format!("{VISIT}{}", random_id())
}

impl Cookies {
    /// `key`: of the store.
    pub fn new(key: &[u8; 64], public_url: &str, accounts: &Accounts) -> Self {
        Self {
            key: Arc::new(Key::from(key)),
            is_secure: public_url.starts_with("https://"),
            lifetime: Duration::from_secs(accounts.session_days * 86_400),
            origin: public_url.into(),
        }
    }

    /// The origin that browsers know this server by.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Over TLS the name makes browsers refuse the cookie from a neighbouring host, and without TLS (`__Host-`, RFC 6265bis).
    fn name(&self) -> &'static str {
        match self.is_secure {
            true => "__Host-groundnut",
            false => "groundnut",
        }
    }

    /// The cookie of a device.
    pub(super) fn device_name(&self) -> &'static str {
        match self.is_secure {
            true => "__Host-groundnut-device",
            false => "groundnut-device",
        }
    }

    pub(super) fn read(&self, request: &HttpRequest) -> Option<Known> {
        self.signed(request, self.name()).map(Known)
    }

    /// What a cookie holds, if this server signed it.
    pub(super) fn signed(&self, request: &HttpRequest, name: &'static str) -> Option<String> {
        let cookie = request.cookie(name)?.into_owned();
        let mut jar = CookieJar::new();
        jar.add_original(cookie);
        let value = jar.signed(&self.key).get(name)?;
        Some(value.value().to_owned())
    }

    /// The line that sets a cookie. `lasts`: `None` until the browser is closed.
    pub(super) fn write(&self, value: &str, lasts: Option<Duration>) -> String {
        self.line(self.name(), value, lasts)
    }

    /// The line that sets the cookie of a device.
    pub(super) fn device_line(&self, value: &str) -> String {
        self.line(self.device_name(), value, Some(DEVICE_KNOWN))
    }

    fn line(&self, name: &'static str, value: &str, lasts: Option<Duration>) -> String {
        let mut jar = CookieJar::new();
        jar.signed_mut(&self.key)
            .add(self.cookie(name, value, lasts));
        jar.get(name).map(Cookie::to_string).unwrap_or_default()
    }

    fn cookie(&self, name: &'static str, value: &str, lasts: Option<Duration>) -> Cookie<'static> {
        let cookie = Cookie::build(name, value.to_owned())
            .path("/")
            .http_only(true)
            .secure(self.is_secure)
            .same_site(SameSite::Lax);
        match lasts.and_then(|lasts| lasts.try_into().ok()) {
            Some(lasts) => cookie.max_age(lasts).finish(),
            None => cookie.finish(),
        }
    }

    /// How long the row of a session lasts.
    pub(in crate::http) fn lifetime(&self, lasting: Lasting) -> Duration {
        match lasting {
            Lasting::Shortly => SHORT.min(self.lifetime),
            Lasting::Long => self.lifetime,
        }
    }

    /// Whether a session of this lifetime is one of a browser that was told to stay signed in.
    pub(in crate::http) fn is_long(lifetime: Duration) -> bool {
        lifetime > SHORT
    }

    /// The line that makes a browser signed in, with the secret of its session.
    pub(in crate::http) fn signs_in(&self, secret: &str, lasting: Lasting) -> String {
        let lasts = (lasting == Lasting::Long).then_some(self.lifetime);
        self.write(&format!("{SESSION}{secret}"), lasts)
    }

    /// The line that makes a browser forget its cookie.
    pub(in crate::http) fn signs_out(&self) -> String {
        let mut cookie = self.cookie(self.name(), "", None);
        cookie.make_removal();
        cookie.to_string()
    }

    /// A signature of the path and of the browser's secret: a page of another origin has neither.
    pub(super) fn form_token(&self, path: &str, secret: &str) -> String {
        let said = said(path, secret);
        let mut jar = CookieJar::new();
        jar.signed_mut(&self.key)
            .add(Cookie::new(FORM, said.clone()));
        let signed = jar.get(FORM).map(Cookie::value).unwrap_or_default();
        signed.strip_suffix(&said).unwrap_or_default().to_owned()
    }

    pub(super) fn is_form_token(&self, path: &str, secret: &str, token: &str) -> bool {
        let mut jar = CookieJar::new();
        let said = said(path, secret);
        jar.add_original(Cookie::new(FORM, format!("{token}{said}")));
        let signed = jar.signed(&self.key).get(FORM);
        // The same text, not only a signed one: where it begins is the sender's choice.
        signed.is_some_and(|signed| signed.value() == said)
    }
}

const FORM: &str = "form";

/// The blank sets it apart from what is in a cookie.
fn said(path: &str, secret: &str) -> String {
    format!("form {path} {secret}")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn cookies(key: u8, url: &str) -> Cookies {
        Cookies::new(&[key; 64], url, &Accounts::default())
    }

    fn sends(name: &str, line: &str) -> HttpRequest {
        let value = line.split(';').next().and_then(|pair| pair.split_once('='));
        let value = value.map(|(_, value)| value.to_owned()).unwrap();
        TestRequest::get()
            .insert_header(("cookie", format!("{name}={value}")))
            .to_http_request()
    }

    #[test]
    fn a_cookie_is_read_by_the_server_that_signed_it_only() {
        let own = cookies(1, "http://127.0.0.1:8080");
        let line = own.signs_in("secret", Lasting::Shortly);
        let known = own.read(&sends("groundnut", &line)).unwrap();
        assert_eq!(known.session(), Some("secret"));
        assert!(
            cookies(2, "http://127.0.0.1:8080")
                .read(&sends("groundnut", &line))
                .is_none()
        );
        let forged = line.replace("secret", "forged");
        assert!(own.read(&sends("groundnut", &forged)).is_none());
        let visit = own.write(&fresh(), None);
        assert_eq!(
            own.read(&sends("groundnut", &visit)).unwrap().session(),
            None
        );
    }

    #[test]
    fn a_cookie_is_out_of_reach_of_scripts_of_other_sites_and_of_plain_http() {
        let line = cookies(1, "https://chat.example.org").signs_in("secret", Lasting::Long);
        assert!(line.starts_with("__Host-groundnut="), "{line}");
        for part in [
            "; HttpOnly",
            "; SameSite=Lax",
            "; Secure",
            "; Path=/",
            "; Max-Age=2592000",
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
        let line = cookies(1, "http://10.0.0.1").signs_in("secret", Lasting::Shortly);
        assert!(
            !line.contains("Secure") && !line.contains("Max-Age"),
            "{line}"
        );
        let gone = cookies(1, "http://10.0.0.1").signs_out();
        assert!(gone.contains("Max-Age=0"), "{gone}");
    }

    #[test]
    fn a_token_of_a_form_holds_for_one_path_and_one_browser() {
        let own = cookies(1, "http://127.0.0.1:8080");
        let token = own.form_token("/sign-in", "v.abc");
        assert_eq!(token.len(), 44);
        assert!(own.is_form_token("/sign-in", "v.abc", &token));
        assert!(!own.is_form_token("/sign-out", "v.abc", &token));
        assert!(!own.is_form_token("/sign-in", "v.abd", &token));
        assert!(!cookies(2, "http://127.0.0.1:8080").is_form_token("/sign-in", "v.abc", &token));
        for wrong in [
            "",
            "x",
            token.trim_end_matches('='),
            &format!("{token}x"),
            "é",
        ] {
            assert!(!own.is_form_token("/sign-in", "v.abc", wrong), "{wrong}");
        }
    }
}
