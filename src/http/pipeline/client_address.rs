//! Where a request comes from: its connection's peer, or what trusted proxies say about it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR};
use actix_web::http::uri::Authority;

use crate::config::Networks;

/// Headers that proxies add. A request with one of them was not made on this machine, whatever its peer is.
const OF_PROXIES: &[&str] = &[
    "cf-connecting-ip",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "forwarded-for",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-original-host",
    "x-proxyuser-ip",
    "x-real-ip",
];

/// The address of the client: the last one that is not a trusted proxy's. Each proxy appends the address that it saw,
/// so the values are read from the end, over all lines of the header; what is written before the first address that
/// is not trusted could be anything.
pub fn client_address(headers: &HeaderMap, peer: Option<IpAddr>, trusted: &Networks) -> IpAddr {
    let mut address = peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    if trusted.contain(address) {
        let lines: Vec<&HeaderValue> = headers.get_all(X_FORWARDED_FOR).collect();
        let lines = lines.into_iter().rev();
        let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        for hop in hops {
            // What cannot be read was not written by a proxy of ours; the proxy that passed it on is accountable.
            let Some(hop) = parse(hop.trim()) else { break };
            address = hop;
            if !trusted.contain(address) {
                break;
            }
        }
    }
    network_of(address)
}

/// `1.2.3.4`, `1.2.3.4:56`, `::1`, `[::1]`, `[::1]:56`
fn parse(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).or_else(bare)
}

/// Of an IPv6 address only the network counts: one household has 2⁶⁴ of them.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(four) => IpAddr::V4(four),
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))),
    }
}

/// Whether a request was made on this machine, not through a proxy on it, and not by a page that a browser took for
/// this machine because its name was made to lead here.
pub fn is_local(request: &HttpRequest) -> bool {
    is_direct(request) && names_loopback(request)
}

/// Whether a request was made on this machine for a name that could lead anywhere: what a page does in a browser here
/// after its author had its name lead to this machine.
pub fn is_rebound(request: &HttpRequest) -> bool {
    is_direct(request) && !names_loopback(request)
}

/// Whether a request was made on this machine, not through a proxy on it.
fn is_direct(request: &HttpRequest) -> bool {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    peer.is_some_and(|peer| peer.is_loopback()) && !is_forwarded(request.headers())
}

fn names_loopback(request: &HttpRequest) -> bool {
    let host = request.headers().get(HOST).map(HeaderValue::to_str);
    // An address in the first line of the request replaces the header.
    let named = request.uri().authority().map(Authority::as_str);
    named
        .or(host.and_then(Result::ok))
        .is_some_and(is_loopback_name)
}

/// Whether any proxy has left a mark.
fn is_forwarded(headers: &HeaderMap) -> bool {
    let of_proxy = |name: &HeaderName| {
        OF_PROXIES.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded")
    };
    headers.keys().any(of_proxy)
}

/// Whether a `Host`, with or without a port, names this machine and only this machine.
fn is_loopback_name(host: &str) -> bool {
    if let Some(address) = parse(host) {
        return address.to_canonical().is_loopback();
    }
    let name = host.split_once(':').map_or(host, |(name, _port)| name);
    name.trim_end_matches('.').eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use actix_web::test::TestRequest;

    fn forwarded(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_static(line));
        }
        headers
    }

    fn trusted(list: &str) -> Networks {
        let mut config = Config::default();
        config.set("server", "trusted_proxies", list).unwrap();
        config.server.trusted_proxies
    }

    #[test]
    fn the_client_is_the_last_address_that_is_not_trusted() {
        let ours = trusted("127.0.0.1, 10.0.0.0/8");
        for (lines, expected) in [
            (&[][..], "127.0.0.1"),
            (&["203.0.113.7"], "203.0.113.7"),
            // A client may have sent anything before the proxy appended.
            (&["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
            (&["1.1.1.1", "203.0.113.7"], "203.0.113.7"),
            (&["203.0.113.7", "8.8.8.8, 10.1.2.3"], "8.8.8.8"),
            (&["203.0.113.7,10.1.2.3", "10.1.2.4"], "203.0.113.7"),
            (&["203.0.113.7:4711"], "203.0.113.7"),
            (&["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::"),
            (&["[2001:db8:1:2:3::4]"], "2001:db8:1:2::"),
            (&["2001:db8:1:2:3::4"], "2001:db8:1:2::"),
            (&["::ffff:203.0.113.7"], "203.0.113.7"),
            // Not an address: the proxy that passed it on is the last one known.
            (&["203.0.113.7, unknown"], "127.0.0.1"),
            (&["203.0.113.7, unknown, 10.1.2.3"], "10.1.2.3"),
            (&["203.0.113.7,"], "127.0.0.1"),
            (&["10.1.2.3"], "10.1.2.3"),
        ] {
            let peer = Some([127, 0, 0, 1].into());
            let found = client_address(&forwarded(lines), peer, &ours);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{lines:?}");
        }
    }

    #[test]
    fn a_peer_that_is_not_trusted_is_the_client_whatever_it_says() {
        let headers = forwarded(&["203.0.113.7"]);
        for (peer, list) in [("127.0.0.1", ""), ("198.51.100.1", "127.0.0.1")] {
            let peer: IpAddr = peer.parse().unwrap();
            assert_eq!(client_address(&headers, Some(peer), &trusted(list)), peer);
        }
    }

    #[test]
    fn only_names_and_addresses_of_the_loopback_are_local() {
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost:8080", true),
            ("localhost.", true),
            ("127.0.0.1:8080", true),
            ("127.0.0.2", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("", false),
            ("chat.example.org", false),
            ("localhost.example.org", false),
            ("127.0.0.1.example.org:80", false),
            ("192.168.0.1", false),
            ("0.0.0.0", false),
        ] {
            let ask = |peer: [u8; 4]| {
                let request = TestRequest::default().insert_header((HOST, host));
                is_local(&request.peer_addr((peer, 5000).into()).to_http_request())
            };
            assert_eq!(ask([127, 0, 0, 1]), expected, "{host}");
            assert!(!ask([192, 168, 0, 1]), "{host}");
        }
        let elsewhere = TestRequest::with_uri("http://chat.example.org/")
            .insert_header((HOST, "localhost"))
            .peer_addr(([127, 0, 0, 1], 5000).into());
        assert!(is_rebound(&elsewhere.to_http_request()));
    }

    #[test]
    fn any_mark_of_a_proxy_is_seen() {
        for name in [
            "via",
            "x-real-ip",
            "forwarded",
            "x-forwarded-proto",
            "x-forwarded-for",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
            assert!(is_forwarded(&headers), "{name}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("accept"),
            HeaderValue::from_static("x"),
        );
        assert!(!is_forwarded(&headers));
    }
}
