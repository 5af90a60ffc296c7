//! Where events may be posted to: public addresses, by https.
//!
//! A name is looked up for each new connection, and the connection goes to one of the addresses that were checked: a name
//! that leads somewhere else a moment later gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use crate::model::{Refusal, Refused};

/// Longest address of a receiver.
const URL_MAX: usize = 2048;

/// How long a name may take when a hook is made. One that is not found then may be found later.
const LOOK_UP: Duration = Duration::from_secs(3);

/// The field of a hook's address.
const FIELD: &str = "url";

/// What a look-up says of a name whose addresses are all refused; [`is_refusal`] finds it among the causes of a failure.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no public address")]
struct NoPublicAddress;

/// Reads the address of a receiver.
///
/// # Errors
/// No address, another scheme, credentials in it, a literal address that is not public.
pub fn read_url(text: &str, allow_private: bool) -> Result<Url, Refused> {
    let refused = || Refusal::HookUrlRefused.at(FIELD);
    if text.len() > URL_MAX {
        return Err(Refusal::TooLong.at(FIELD));
    }
    let url = Url::parse(text).map_err(|_unreadable| refused())?;
    let is_scheme = match url.scheme() {
        "https" => true,
        "http" => allow_private,
        _ => false,
    };
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    if !is_scheme || has_credentials || url.fragment().is_some() || url.host_str().is_none() {
        return Err(refused());
    }
    match literal(&url) {
        Some(address) if !allow_private && !is_public(address) => Err(refused()),
        Some(_) | None => Ok(url),
    }
}

/// Looks a receiver's name up before its hook is made, so that a mistake is found at once.
///
/// # Errors
/// It leads to addresses, none of which is public.
pub async fn demand_public(url: &Url, allow_private: bool) -> Result<(), Refused> {
    let Some(host) = url.host_str().filter(|_| !allow_private) else {
        return Ok(());
    };
    if literal(url).is_some() {
        return Ok(());
    }
    let found = tokio::time::timeout(LOOK_UP, lookup_host((host, 443))).await;
    let Ok(Ok(found)) = found else { return Ok(()) };
    let mut found = found.peekable();
    let is_found = found.peek().is_some();
    match is_found && !found.any(|address| is_public(address.ip())) {
        true => Err(Refusal::HookUrlRefused.at(FIELD)),
        false => Ok(()),
    }
}

/// The address that a URL names itself, which no resolver is asked about.
pub fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}

/// Whether a failure comes from a name that leads to no public address.
pub fn is_refusal(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(known) = cause {
        if known.is::<NoPublicAddress>() {
            return true;
        }
        cause = known.source();
    }
    false
}

/// Looks names up for connections, and leaves out what is not public.
#[derive(Debug)]
pub struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                return Err(NoPublicAddress.into());
            }
            let public: Addrs = Box::new(public.into_iter());
            Ok(public)
        })
    }
}

/// Whether an address is one of the public internet. An IPv4 address is the same one when it is written as IPv6.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Without what the registry of IANA sets aside (RFC 6890 and later).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        // This network, private ones, loopback, multicast and what is reserved, broadcast included.
        (0 | 10 | 127 | 224.., _, _)
            // Shared by providers (CGNAT), link-local, private.
            | (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _)
            // Protocol assignments, documentation, 6to4 relays, benchmarks.
            | (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113)
    )
}

/// Global unicast alone, without the parts of it that lead elsewhere: protocol assignments (Teredo among them),
/// documentation, 6to4.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.3.1",
            "198.17.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "100::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn a_url_names_a_public_https_receiver_and_nothing_else() {
        for good in [
            "https://hooks.example.org/in?token=1",
            "https://hooks.example.org:8443",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
        ] {
            assert!(read_url(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://hooks.example.org/",
            "ftp://hooks.example.org/",
            "hooks.example.org",
            "https://",
            "https://user@hooks.example.org/",
            "https://:pass@hooks.example.org/",
            "https://hooks.example.org/#here",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "",
        ] {
            let refused = read_url(bad, false).unwrap_err();
            assert_eq!(refused, Refusal::HookUrlRefused.at(FIELD), "{bad}");
        }
        for allowed in ["http://127.0.0.1:1/", "https://localhost/", "http://[::1]/"] {
            assert!(read_url(allowed, true).is_ok(), "{allowed}");
        }
        assert!(read_url("http://user:pass@127.0.0.1/", true).is_err());
    }
}
