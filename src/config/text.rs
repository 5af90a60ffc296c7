//! Settings that are texts of a form: each is looked at when it is read.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;

use super::Value;

macro_rules! text_values {
    ($($(#[doc = $doc:literal])+ $Type:ident: $expected:literal, $parse:path;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd)]
        pub struct $Type(String);

        impl Value for $Type {
            const EXPECTED: &'static str = $expected;
            fn parse(text: &str) -> Option<Self> {
                $parse(text).map(Self)
            }
            fn show(&self) -> String {
                format!("{:?}", self.0)
            }
        }

        /// For defaults only: what is read goes through the parser of its type.
        impl From<&str> for $Type {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl Deref for $Type {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $Type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text_values! {
    /// Where a server listens.
    BindAddress: "an address and a port such as 127.0.0.1:8080 or [::1]:8080", bind_address;
    /// Where the other nodes reach a server, or nothing.
    InternalAddress: "an address of this machine that other nodes can reach, and a port, such as 10.0.0.5:9090", internal_address;
    /// What a server is called among the nodes of a database, or nothing.
    NodeName: "up to 64 letters, digits, - and .", node_name;
    /// An origin of the web, in lower case, or nothing.
    PublicUrl: "an http or https origin without a path, such as https://chat.example.org", public_url;
    /// What is logged.
    LogFilter: "off, error, warn, info, debug, trace, or a filter such as info,groundnut::request=debug", log_filter;
}

/// A text that is shown nowhere: not in a log, not in an error, not among the settings.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Value for Secret {
    const EXPECTED: &'static str = "a text";
    /// Any text: an error would show it.
    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
    fn show(&self) -> String {
        let shown = if self.0.is_empty() { "" } else { "(not shown)" };
        format!("{shown:?}")
    }
}

/// For the command line.
impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

impl BindAddress {
    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        match self.0.parse::<SocketAddr>() {
            Ok(address) => address.ip().to_canonical().is_loopback(),
            Err(_) => self.0.starts_with("localhost:"),
        }
    }
}

fn bind_address(text: &str) -> Option<String> {
    let is_host = |host: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        !host.is_empty()
            && host.chars().all(is_plain)
            && !host.chars().all(|c| c == '.' || c.is_ascii_digit())
    };
    let named = || {
        let (host, port) = text.rsplit_once(':')?;
        (is_host(host) && port.parse::<u16>().is_ok()).then_some(())
    };
    let is_address = text.parse::<SocketAddr>().is_ok() || named().is_some();
    is_address.then(|| text.to_ascii_lowercase())
}

/// One that other nodes are told: all addresses at once are none.
fn internal_address(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    let known = text.parse::<SocketAddr>();
    let is_one = known.is_ok_and(|address| !address.ip().is_unspecified());
    is_one.then(|| text.to_owned())
}

fn node_name(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (text.len() <= 64 && text.chars().all(is_plain)).then(|| text.to_owned())
}

fn public_url(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    let lower = text.to_ascii_lowercase();
    let origin = lower.strip_suffix('/').unwrap_or(&lower);
    let rest = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"))?;
    let (host, port) = match rest.rsplit_once(':') {
        // The colons of an IPv6 address are inside its brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (rest, None),
    };
    let is_six = || {
        let inner = host.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<std::net::Ipv6Addr>().ok()
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let is_host = !host.is_empty() && host.chars().all(is_plain) || is_six().is_some();
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    (is_host && is_port).then(|| origin.to_owned())
}

/// Crates whose lines reach the log. A filter that names anything else would silence all of them.
const CRATES: &[&str] = &[
    "groundnut",
    "actix",
    "actix_http",
    "actix_rt",
    "actix_server",
    "actix_web",
    "diesel",
    "mio",
    "r2d2",
    "tokio",
];

fn log_filter(text: &str) -> Option<String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let is_level = |word: &str| LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level));
    let is_known = |target: &str| {
        let root = target.split("::").next().unwrap_or_default();
        CRATES.contains(&root)
    };
    let names_something = |part: &str| {
        let part = part.trim();
        match part.split_once('=') {
            // Fields and spans: the filter's own reader knows their form.
            _ if part.contains('[') => true,
            Some((target, level)) => is_known(target) && is_level(level),
            None => is_level(part) || is_known(part),
        }
    };
    let is_filter = text.split(',').all(names_something) && EnvFilter::try_new(text).is_ok();
    is_filter.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_in_any_letter_case() {
        for (given, taken) in [
            ("", ""),
            ("HTTPS://Chat.Example.ORG/", "https://chat.example.org"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://[::1]:8443", "https://[::1]:8443"),
        ] {
            assert_eq!(public_url(given).as_deref(), Some(taken));
        }
        for wrong in [
            "chat.example.org",
            "ftp://chat.example.org",
            "https://",
            "https://chat.example.org/path",
            "https://chat.example.org?x=1",
            "https://user@chat.example.org",
            "https://chat.example.org:0",
            "https://chat.example.org:65536",
            "https://chat example.org",
        ] {
            assert_eq!(public_url(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_log_filter_names_a_level_or_one_of_our_crates() {
        for filter in [
            "info",
            "WARN",
            "off",
            "info,groundnut::request=debug",
            "groundnut=trace,actix_server=info",
            "groundnut[request{id=1}]=debug",
        ] {
            assert!(log_filter(filter).is_some(), "{filter}");
        }
        for wrong in [
            "",
            "verbose",
            "groudnut=debug",
            "info,verbose",
            "info=loud",
            "5x",
        ] {
            assert!(log_filter(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_node_has_a_plain_name_and_one_internal_address() {
        for name in ["", "a", "node-1.example.org", "A9"] {
            assert_eq!(node_name(name).as_deref(), Some(name));
        }
        let long = "a".repeat(65);
        for wrong in ["a b", "a:1", "a/b", "ä", &long] {
            assert_eq!(node_name(wrong), None, "{wrong}");
        }
        for address in ["", "127.0.0.1:0", "[fd00::1]:9090"] {
            assert_eq!(internal_address(address).as_deref(), Some(address));
        }
        for wrong in ["0.0.0.0:9090", "[::]:9090", "10.0.0.5", "host:1"] {
            assert_eq!(internal_address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_to_listen_on_has_a_port() {
        for address in [
            "127.0.0.1:0",
            "[::]:8080",
            "0.0.0.0:80",
            "localhost:8080",
            "my-host.lan:1",
        ] {
            assert!(bind_address(address).is_some(), "{address}");
        }
        for wrong in [
            "",
            "127.0.0.1",
            "8080",
            ":8080",
            "127.0.0:80",
            "1.2.3.4:65536",
            "a b:1",
        ] {
            assert!(bind_address(wrong).is_none(), "{wrong}");
        }
        let is_loopback = |text: &str| BindAddress::from(text).is_loopback();
        assert!(is_loopback("127.0.0.1:1") && is_loopback("[::1]:1") && is_loopback("localhost:1"));
        assert!(!is_loopback("0.0.0.0:1") && !is_loopback("[::]:1") && !is_loopback("host.lan:1"));
    }
}
