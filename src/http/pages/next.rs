//! Where a browser goes after it signed in: a path of this server, and nothing else. A link that is sent to a person may hold
//! any address there.

use std::fmt;

use actix_web::HttpRequest;

/// Longest one: an authorization request with a long state has about 1000 characters.
const LONGEST: usize = 8192;

/// A path of this server, with its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next(String);

impl Default for Next {
    /// The front page.
    fn default() -> Self {
        Self(String::from("/"))
    }
}

impl Next {
    /// What a link or a form says. What is no path of this server leads to the front page.
    pub fn parse(text: &str) -> Self {
        let is_own = text.starts_with('/') && text.len() <= LONGEST;
        // Browsers read `//` and `/\` as the beginning of a host, and skip tabs and line breaks before they do.
        let path = text.split('?').next().unwrap_or_default();
        let is_host = text.starts_with("//") || path.contains('\\');
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        match is_own && !is_host && is_plain {
            true => Self(text.to_owned()),
            false => Self::default(),
        }
    }

    /// The page that was asked for. A form that was sent leads to the page that it is on.
    pub fn here(request: &HttpRequest) -> Self {
        let uri = request.uri();
        match uri.path_and_query() {
            Some(path) => Self::parse(path.as_str()),
            None => Self::parse(uri.path()),
        }
    }

    /// The path and its query.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the front page, which needs no mention.
    pub fn is_front(&self) -> bool {
        self.0 == "/"
    }

    /// Its query, if its path begins so.
    pub fn query_of(&self, path: &str) -> Option<&str> {
        let rest = self.0.strip_prefix(path)?;
        rest.split_once('?').map(|(_, query)| query)
    }

    /// `page?next=…`
    pub fn after(&self, page: &str) -> String {
        if self.is_front() {
            return page.to_owned();
        }
        let encoded: String = form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        format!("{page}?next={encoded}")
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_server_are_followed() {
        for own in [
            "/",
            "/account",
            "/oauth/authorize?client_id=a&state=%2F%2F",
            "/a//b",
            "/oauth/authorize?state=\\",
        ] {
            assert_eq!(Next::parse(own).as_str(), own);
        }
        let long = format!("/{}", "a".repeat(LONGEST));
        for foreign in [
            "",
            "account",
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "javascript:alert(1)",
            "/a b",
            "/é",
            &long,
        ] {
            assert_eq!(Next::parse(foreign), Next::default(), "{foreign}");
        }
    }

    #[test]
    fn it_is_written_into_a_link() {
        let next = Next::parse("/oauth/authorize?client_id=a&scope=b c");
        assert!(next.is_front(), "a blank is no part of an address");
        let next = Next::parse("/oauth/authorize?client_id=a&scope=b+c");
        assert_eq!(
            next.after("/sign-in"),
            "/sign-in?next=%2Foauth%2Fauthorize%3Fclient_id%3Da%26scope%3Db%2Bc"
        );
        assert_eq!(Next::default().after("/sign-in"), "/sign-in");
    }
}
