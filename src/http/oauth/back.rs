//! The way back to an app: its address with the outcome behind it.

/// The scopes of an authorization, or a refusal of one, on their way to an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    /// A registered address.
    pub uri: String,
    /// The outcome is in the fragment, which browsers keep to themselves (the token flow), or in the query.
    pub in_fragment: bool,
    /// As the app sent it, still encoded.
    pub state: Option<String>,
}

/// Why an authorization ends without a token (RFC 6749 §4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorry {
    /// The user said no.
    AccessDenied,
    /// A parameter is missing or malformed.
    InvalidRequest(&'static str),
    /// No such scope.
    InvalidScope,
    /// Neither `code` nor `token`.
    UnsupportedResponseType,
}

impl Sorry {
    fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }

    /// In words, for developers.
    pub fn text(self) -> &'static str {
        match self {
            // As the original says it; clients show it, and some compare it.
            Self::AccessDenied => "resource owner denied your app access",
            Self::InvalidRequest(text) => text,
            Self::InvalidScope => "no such scope",
            Self::UnsupportedResponseType => "response_type must be code or token",
        }
    }
}

impl Back {
    /// With a code.
    pub fn with_code(&self, code: &str) -> String {
        self.with(&[("code", code)])
    }

    /// With a token. Old clients take all behind the first `=`, so nothing else may be there unless they sent a `state`.
    pub fn with_token(&self, token: &str) -> String {
        self.with(&[("access_token", token)])
    }

    /// With an error; the text under both names that clients know.
    pub fn with_error(&self, sorry: Sorry) -> String {
        self.with(&[
            ("error_description", sorry.text()),
            ("error", sorry.name()),
            ("error_message", sorry.text()),
        ])
    }

    fn with(&self, fields: &[(&str, &str)]) -> String {
        let mut there = self.uri.clone();
        there.push_str(match (self.in_fragment, self.uri.split_once('?')) {
            (true, _) => "#",
            (false, None) => "?",
            (false, Some((_, query))) if query.is_empty() || query.ends_with('&') => "",
            (false, Some(_)) => "&",
        });
        let fields = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        there.push_str(&fields);
        if let Some(state) = &self.state {
            there.push_str("&state=");
            there.push_str(state);
        }
        there
    }
}

/// The state in a query string: not decoded, so that it comes back byte by byte. Bytes that no address has are encoded.
pub(super) fn state_in(query: &str) -> Option<String> {
    let pairs = query.split('&').rev();
    let mut states = pairs.filter_map(|pair| {
        pair.strip_prefix("state=")
            .or((pair == "state").then_some(""))
    });
    let state = states.next()?;
    let mut kept = String::with_capacity(state.len());
    for byte in state.bytes() {
        match byte {
            b'#' | b'"' | b'<' | b'>' | b'\\' => kept.push_str(&format!("%{byte:02X}")),
            0x21..=0x7e => kept.push(char::from(byte)),
            _ => kept.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(uri: &str, in_fragment: bool, state: Option<&str>) -> Back {
        Back {
            uri: uri.to_owned(),
            in_fragment,
            state: state.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn an_outcome_is_put_behind_the_address_and_nothing_between_them() {
        for (uri, in_fragment, state, expected) in [
            ("https://a.example", false, None, "https://a.example?code=c"),
            (
                "https://a.example/cb?",
                false,
                None,
                "https://a.example/cb?code=c",
            ),
            (
                "https://a.example/cb?x=1",
                false,
                Some("s"),
                "https://a.example/cb?x=1&code=c&state=s",
            ),
            (
                "https://a.example/cb?x=1&",
                false,
                None,
                "https://a.example/cb?x=1&code=c",
            ),
            (
                "https://a.example/cb?x=1",
                true,
                None,
                "https://a.example/cb?x=1#code=c",
            ),
            (
                "gamma://authenticate",
                true,
                Some("%2F"),
                "gamma://authenticate#code=c&state=%2F",
            ),
        ] {
            assert_eq!(back(uri, in_fragment, state).with_code("c"), expected);
        }
        assert_eq!(
            back("gamma://authenticate", true, None).with_token("t-_"),
            "gamma://authenticate#access_token=t-_"
        );
        assert_eq!(
            back("gamma://authenticate", true, None).with_error(Sorry::AccessDenied),
            "gamma://authenticate#error_description=resource+owner+denied+your+app+access&error=access_denied\
             &error_message=resource+owner+denied+your+app+access"
        );
    }

    #[test]
    fn a_state_comes_back_byte_by_byte() {
        for (query, state) in [
            ("a=b", None),
            ("a=b&state=", Some("")),
            ("state", Some("")),
            ("state=a%20b+c%2f%FF&x=1", Some("a%20b+c%2f%FF")),
            ("state=%7B%22a%22%3A1%7D", Some("%7B%22a%22%3A1%7D")),
            ("state=first&state=last", Some("last")),
            ("xstate=1", None),
            ("state=a=b;c:/?@", Some("a=b;c:/?@")),
            ("state=\u{e9}\"<>\\", Some("%C3%A9%22%3C%3E%5C")),
        ] {
            assert_eq!(state_in(query).as_deref(), state, "{query}");
        }
    }
}
