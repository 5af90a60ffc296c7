//! An app as its owner describes it.

use crate::model::{Refusal, Refused, redirect};
use crate::text::{self, Source, controls};

/// Characters in the name of an app.
pub const NAME_MAX: usize = 64;

/// Redirect addresses of an app.
const REDIRECTS_MAX: usize = 20;

/// Bytes in an address.
const ADDRESS_MAX: usize = 2048;

/// Checked fields of an app; the description is not yet composed.
#[derive(Clone, Debug)]
pub struct ClientDraft {
    /// Display name.
    pub name: String,
    /// Its page. `about:blank` if none was given: clients require the key.
    pub url: String,
    /// Where browsers may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Description.
    pub source: Option<Source>,
    /// Shown to its owner only.
    pub is_private: bool,
}

impl ClientDraft {
    /// Checks the fields; redirect addresses are separated by white space.
    ///
    /// # Errors
    /// A field that is missing, too long or not allowed; the field is named.
    pub fn read(
        name: &str,
        url: &str,
        redirect_uris: &str,
        description: &str,
        is_private: bool,
    ) -> Result<Self, Refused> {
        let redirect_uris: Vec<String> = redirect_uris
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        if redirect_uris.len() > REDIRECTS_MAX {
            return Err(Refusal::TooLong.at("redirect_uris"));
        }
        redirect_uris.iter().try_for_each(|uri| demand_uri(uri))?;
        let source = (!text::is_invisible(description)).then(|| Source::plain(description));
        Ok(Self {
            name: client_name(name)?.to_owned(),
            url: page(url)?,
            redirect_uris,
            source,
            is_private,
        })
    }
}

/// A name that users can see and tell from others.
///
/// # Errors
/// None, too long, or with characters that would damage a line.
pub fn client_name(name: &str) -> Result<&str, Refused> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Refusal::Missing.at("name"));
    }
    if name.chars().count() > NAME_MAX {
        return Err(Refusal::TooLong.at("name"));
    }
    if !controls::is_name(name) || text::is_invisible(name) {
        return Err(Refusal::Invalid.at("name"));
    }
    Ok(name)
}

/// The page of an app: of the web, since other users follow it as a link.
fn page(url: &str) -> Result<String, Refused> {
    let url = url.trim();
    if url.is_empty() {
        return Ok(String::from("about:blank"));
    }
    let is_web = |url: &str| {
        let scheme = url.split_once(':').map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| {
            scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
        })
    };
    if url.len() > ADDRESS_MAX {
        return Err(Refusal::TooLong.at("url"));
    }
    if !is_web(url) || !is_absolute(url) {
        return Err(Refusal::Invalid.at("url"));
    }
    Ok(url.to_owned())
}

/// An address that a browser can be sent to (RFC 6749 §3.1.2).
///
/// # Errors
/// Another one.
pub fn demand_uri(uri: &str) -> Result<(), Refused> {
    if uri.len() > ADDRESS_MAX {
        return Err(Refusal::TooLong.at("redirect_uris"));
    }
    redirect::check_registrable(uri).map_err(|_what| Refusal::Invalid.at("redirect_uris"))
}

/// With a scheme that is no page of its own, and with a host if it is of the web.
fn is_absolute(uri: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-');
    let is_scheme = |scheme: &str| {
        let is_page = ["javascript", "data", "file", "blob", "about", "vbscript"].contains(&scheme);
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(is_plain)
            && !is_page
    };
    let is_host = |rest: &str| {
        let host = rest.strip_prefix("//").unwrap_or_default();
        !host.is_empty() && !host.starts_with(['/', ':', '?'])
    };
    let is_odd = |c: char| c.is_whitespace() || c.is_control();
    let parts = uri.split_once(':');
    !uri.contains(is_odd)
        && parts.is_some_and(|(scheme, rest)| {
            let scheme = scheme.to_ascii_lowercase();
            let is_web = scheme == "http" || scheme == "https";
            is_scheme(&scheme) && !rest.is_empty() && (!is_web || is_host(rest))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, url: &str, redirects: &str) -> Result<ClientDraft, Refused> {
        ClientDraft::read(name, url, redirects, "", false)
    }

    #[test]
    fn an_app_needs_a_name_that_can_be_seen() {
        assert_eq!(read(" Demo ", "", "").unwrap().name, "Demo");
        for (name, refused) in [
            ("", Refusal::Missing),
            ("  ", Refusal::Missing),
            ("a\u{7}b", Refusal::Invalid),
            ("\u{200b}", Refusal::Invalid),
            (&"n".repeat(NAME_MAX + 1), Refusal::TooLong),
        ] {
            assert_eq!(read(name, "", "").unwrap_err(), refused.at("name"));
        }
    }

    #[test]
    fn the_page_of_an_app_is_one_of_the_web_or_none() {
        assert_eq!(read("n", "", "").unwrap().url, "about:blank");
        assert_eq!(
            read("n", "https://a.example", "").unwrap().url,
            "https://a.example"
        );
        for url in [
            "a.example",
            "javascript:alert(1)",
            "ftp://a.example",
            "https:///x",
            "https://a b",
        ] {
            assert_eq!(
                read("n", url, "").unwrap_err(),
                Refusal::Invalid.at("url"),
                "{url}"
            );
        }
    }

    #[test]
    fn redirect_addresses_are_absolute_and_have_no_fragment() {
        let many = "https://a.example/back\ngamma://authenticate  urn:ietf:wg:oauth:2.0:oob";
        assert_eq!(read("n", "", many).unwrap().redirect_uris.len(), 3);
        for uri in [
            "a.example",
            "//a.example",
            "https://",
            "http://:80/x",
            "https://a.example/#x",
            "javascript:alert(1)",
            "DATA:text/html,x",
            "vbscript:x",
            "gamma:",
            ":x",
        ] {
            let refused = read("n", "", uri).unwrap_err();
            assert_eq!(refused, Refusal::Invalid.at("redirect_uris"), "{uri}");
        }
        let too_many = "a:b ".repeat(REDIRECTS_MAX + 1);
        assert_eq!(
            read("n", "", &too_many).unwrap_err(),
            Refusal::TooLong.at("redirect_uris")
        );
    }
}
