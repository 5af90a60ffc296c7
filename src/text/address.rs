//! Addresses: the rule for the `href` of a link, and the host that it leads to.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::chars;

/// The only schemes that ever become a link; everything else (`javascript:`, `data:`) stays text.
pub(super) const SCHEMES: [&str; 4] = ["https", "http", "ftp", "gopher"];

/// Long enough for everything that works in browsers.
const LONGEST: usize = 2048;

/// Bytes of a host name, by the rules of DNS.
pub(super) const LONGEST_HOST: usize = 253;

/// A checked address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Absolute.
    pub(super) url: String,
    /// As written, without user, port and the leading `www.`.
    pub(super) host: String,
}

impl Address {
    /// Reads a whole text as an address; `http://` is added if it has no scheme.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST || text.chars().any(chars::breaks_address) {
            return None;
        }
        let (url, at) = match scheme_of(text) {
            Some(scheme) => {
                SCHEMES
                    .iter()
                    .find(|known| known.eq_ignore_ascii_case(scheme))?;
                (text.to_owned(), scheme.len() + 3)
            }
            None => (format!("http://{text}"), 0),
        };
        let authority = Authority::read(text, at, at > 0)?;
        let host = text.get(authority.host)?;
        let complete = matches!(
            byte_at(text, authority.end),
            None | Some(b'/' | b'?' | b'#')
        );
        let credible = at > 0 || is_ip(host) || has_known_tld(host);
        (complete && credible).then(|| Self {
            url,
            host: shown(host).to_owned(),
        })
    }

    /// Reads an address that must come with its scheme.
    pub(super) fn parse_absolute(text: &str) -> Option<Self> {
        scheme_of(text)?;
        Self::parse(text)
    }

    /// Whether a text already shows the host of the link.
    pub(super) fn is_said_by(&self, anchor: &str) -> bool {
        shown(anchor).eq_ignore_ascii_case(&self.host)
    }
}

/// The part of an address between `//` and the path; positions are bytes of the whole text.
pub(super) struct Authority {
    /// The host name, without user and port.
    pub(super) host: Range<usize>,
    /// After the port, if there is one.
    pub(super) end: usize,
}

impl Authority {
    /// Reads user (only if `users` are welcome), host and port at a byte position.
    pub(super) fn read(text: &str, at: usize, users: bool) -> Option<Self> {
        let start = if users {
            at + user_len(text.get(at..)?)
        } else {
            at
        };
        let rest = text.get(start..)?;
        let len = if rest.starts_with('[') {
            ipv6_len(rest)?
        } else {
            host_len(rest)?
        };
        let end = start + len;
        Some(Self {
            host: start..end,
            end: end + port_len(text.get(end..)?),
        })
    }
}

/// The host as shown to people.
fn shown(host: &str) -> &str {
    match host.get(..4) {
        Some(www) if www.eq_ignore_ascii_case("www.") && host.len() > 4 => {
            host.get(4..).unwrap_or(host)
        }
        _ => host,
    }
}

/// The part before `://`, if it can be a scheme.
fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let mut letters = scheme.bytes();
    let plausible = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    plausible.then_some(scheme)
}

/// Length of `user:password@`, 0 if there is none.
pub(super) fn user_len(text: &str) -> usize {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"._~%!$&*+=:-".contains(b);
    let len = text.bytes().take(128).take_while(allowed).count();
    if len > 0 && byte_at(text, len) == Some(b'@') {
        len + 1
    } else {
        0
    }
}

fn ipv6_len(text: &str) -> Option<usize> {
    // The longest form has 45 characters between the brackets.
    let close = text.bytes().take(48).position(|b| b == b']')?;
    text.get(1..close)?.parse::<Ipv6Addr>().ok()?;
    Some(close + 1)
}

fn host_len(text: &str) -> Option<usize> {
    let run = text.get(..run_len(text))?;
    let host = run.trim_end_matches(['.', '-', '_']);
    is_host_name(host).then_some(host.len())
}

/// Length of `:port`, 0 if there is none.
fn port_len(text: &str) -> usize {
    let Some(digits) = text.strip_prefix(':') else {
        return 0;
    };
    let len = digits
        .bytes()
        .take(6)
        .take_while(u8::is_ascii_digit)
        .count();
    let valid = digits
        .get(..len)
        .is_some_and(|port| port.parse::<u16>().is_ok());
    let ends = !digits
        .get(len..)
        .and_then(|rest| rest.chars().next())
        .is_some_and(chars::is_spaced_word);
    if valid && ends { len + 1 } else { 0 }
}

/// Length in bytes of the characters at the beginning that a host could be made of.
pub(super) fn run_len(text: &str) -> usize {
    text.find(|c| !chars::is_host(c)).unwrap_or(text.len())
}

/// Whether a run of host characters has the form of a host name.
pub(super) fn is_host_name(host: &str) -> bool {
    let fits = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .any(|c| c.is_alphanumeric() || chars::is_emoji(c))
            && label.chars().take(64).count() < 64
    };
    host.len() <= LONGEST_HOST && host.split('.').all(fits)
}

/// Whether the host is a number rather than a name.
pub(super) fn is_ip(host: &str) -> bool {
    host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok()
}

/// Whether a host of at least two labels ends in something that is really given out.
pub(super) fn has_known_tld(host: &str) -> bool {
    let Some((_, last)) = host.rsplit_once('.') else {
        return false;
    };
    // Spares the list, and the lower-case copy, for numbers, file names and "e.g.".
    if last.len() < 2 || last.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let known = |name: &str| psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known());
    if host.chars().any(char::is_uppercase) {
        known(&host.to_lowercase())
    } else {
        known(host)
    }
}

/// The byte at a position, if the text goes that far.
pub(super) fn byte_at(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}
