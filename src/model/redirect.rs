//! Where a browser is led after an authorization: exactly to an address that the app registered.
//!
//! Addresses are compared byte by byte. Any rule that takes two spellings for one (letter case, ports, dots, parts of a path)
//! has led browsers, and the codes that they carry, to other hosts.

/// The address that stands for none: the code or the token is shown on a page, to be copied.
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// The room page, on whatever host the browser reached this server by. No app can register it, since it has no scheme.
pub const OWN_PAGE: &str = "/";

/// Longest address.
const LONGEST: usize = 2048;

/// Schemes that a browser does not take to an app.
const NEVER: &[&str] = &[
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "javascript",
    "vbscript",
];

/// Whether an app may register an address. The error says what is wrong with it.
///
/// # Errors
/// It is not absolute, has a fragment or a user name, or a scheme that leads to no app.
pub fn check_registrable(uri: &str) -> Result<(), &'static str> {
    if uri.len() > LONGEST {
        return Err("it is too long");
    }
    if !uri.bytes().all(|byte| byte.is_ascii_graphic())
        || uri.contains(['"', '<', '>', '\\', '^', '`'])
    {
        return Err("it has characters that no address has");
    }
    let Some((scheme, rest)) = uri.split_once(':') else {
        return Err("it has no scheme, such as https:");
    };
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_lowercase()) || !scheme.chars().all(is_plain) {
        return Err("its scheme is not written in lower case");
    }
    if rest.is_empty() {
        return Err("it has nothing behind its scheme");
    }
    if NEVER.contains(&scheme) {
        return Err("its scheme leads to no app");
    }
    if uri.contains('#') {
        return Err("it has a fragment");
    }
    if matches!(scheme, "http" | "https") {
        let authority = rest
            .strip_prefix("//")
            .map(|rest| rest.split(['/', '?']).next());
        let authority = authority.flatten().unwrap_or_default();
        if authority.is_empty() || authority.starts_with(':') {
            return Err("it has no host");
        }
        if authority.contains('@') {
            return Err("it has a user name");
        }
    }
    Ok(())
}

/// Whether an address that was asked for is one that was registered. One without a query also stands for the same with any
/// query.
pub fn is_registered(registered: &[String], asked: &str) -> bool {
    if asked == OWN_PAGE {
        return registered.iter().any(|known| known == OWN_PAGE);
    }
    if check_registrable(asked).is_err() {
        return false;
    }
    registered.iter().any(|known| {
        let query = asked.strip_prefix(known.as_str());
        query.is_some_and(|rest| {
            rest.is_empty()
                || rest.starts_with('?') && !known.contains('?') && *known != OUT_OF_BAND
        })
    })
}

/// The address as a source of a content policy: the origin, or the scheme where there is none that a policy can name.
pub fn policy_source(uri: &str) -> Option<String> {
    if uri == OUT_OF_BAND {
        return None;
    }
    let (scheme, rest) = uri.split_once(':')?;
    let authority = rest
        .strip_prefix("//")
        .map(|rest| rest.split(['/', '?']).next());
    let authority = authority.flatten().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
    let is_web = matches!(scheme, "http" | "https");
    match is_web && !authority.is_empty() && authority.chars().all(is_plain) {
        true => Some(format!("{scheme}://{authority}")),
        false => Some(format!("{scheme}:")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_registers_absolute_addresses_of_any_scheme() {
        for fine in [
            "https://app.example/callback",
            "https://app.example",
            "http://127.0.0.1:8080/cb?a=b",
            "http://[::1]:3000/",
            "gamma://authenticate",
            "com.example.app:/oauth",
            OUT_OF_BAND,
        ] {
            assert_eq!(check_registrable(fine), Ok(()), "{fine}");
        }
        let long = format!("https://app.example/{}", "a".repeat(LONGEST));
        for wrong in [
            "",
            "/callback",
            "app.example/callback",
            "https:/app.example",
            "https:app.example",
            "https://",
            "gamma:",
            "https://:80/",
            "https://user@app.example/",
            "https://user:pass@app.example/",
            "https://app.example/#a",
            "https://app.example/ a",
            "https://app.example\\@evil.example",
            "HTTPS://app.example/",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,a",
            "https://exämple.org/",
            "https://app.example/\r\nSet-Cookie: a=b",
            &long,
        ] {
            assert!(check_registrable(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_registered_byte_by_byte() {
        let known = [
            String::from("https://app.example/cb"),
            String::from("https://app.example/q?a=b"),
            String::from("gamma://authenticate"),
            String::from(OUT_OF_BAND),
        ];
        for same in [
            "https://app.example/cb",
            "https://app.example/cb?",
            "https://app.example/cb?x=1&y=2",
            "https://app.example/q?a=b",
            "gamma://authenticate",
            OUT_OF_BAND,
        ] {
            assert!(is_registered(&known, same), "{same}");
        }
        for other in [
            "",
            "https://app.example/",
            "https://app.example/c",
            "https://app.example/cb/",
            "https://app.example/cb/more",
            "https://app.example/cbmore",
            "https://app.example/CB",
            "https://APP.example/cb",
            "HTTPS://app.example/cb",
            "http://app.example/cb",
            "https://app.example:443/cb",
            "https://app.example:8443/cb",
            "https://app.example./cb",
            "https://user@app.example/cb",
            "https://app.example@evil.example/cb",
            "https://evil.example/cb",
            "https://app.example.evil.example/cb",
            "https://app.example/cb#fragment",
            "https://app.example/cb?x=1#fragment",
            "https://app.example/./cb",
            "https://app.example/%63b",
            "https://app.example/x/../cb",
            "https://app.example/cb%20",
            " https://app.example/cb",
            "https://app.example/q",
            "https://app.example/q?a=c",
            "https://app.example/q?a=b&c=d",
            "gamma://authenticate/",
            "gamma://authenticate2",
            "urn:ietf:wg:oauth:2.0:oob:auto",
            "urn:ietf:wg:oauth:2.0:oob?a=b",
        ] {
            assert!(!is_registered(&known, other), "{other}");
        }
    }

    #[test]
    fn the_own_page_is_an_address_of_its_own_client_only() {
        assert!(check_registrable(OWN_PAGE).is_err());
        let own = [OWN_PAGE.to_owned()];
        assert!(is_registered(&own, OWN_PAGE));
        for other in ["/?a=b", "//evil.example", "/account", ""] {
            assert!(!is_registered(&own, other), "{other}");
        }
        assert!(!is_registered(
            &[String::from("https://app.example/")],
            OWN_PAGE
        ));
    }

    #[test]
    fn a_policy_names_an_origin_or_a_scheme() {
        for (uri, source) in [
            ("https://app.example/cb?a=b", Some("https://app.example")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://[::1]:3000/", Some("http:")),
            ("gamma://authenticate", Some("gamma:")),
            ("com.example.app:/oauth", Some("com.example.app:")),
            (OUT_OF_BAND, None),
            (OWN_PAGE, None),
        ] {
            assert_eq!(policy_source(uri).as_deref(), source, "{uri}");
        }
    }
}
