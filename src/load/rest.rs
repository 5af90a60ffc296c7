//! The tester's HTTP/1.1: requests written by hand, responses parsed without copying.

use std::ops::Range;

/// The end of a response and its status.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// More bytes are needed.
    Partial,
    /// A complete response; the connection may be reused unless `last`.
    Whole {
        status: u16,
        body: Range<usize>,
        used: usize,
        last: bool,
    },
    /// Not HTTP.
    Broken,
}

/// Finds one response at the start of `bytes`.
pub(super) fn answer(bytes: &[u8]) -> Parsed {
    let Some(head_end) = head_end(bytes) else {
        return Parsed::Partial;
    };
    let Some(Ok(head)) = bytes.get(..head_end).map(std::str::from_utf8) else {
        return Parsed::Broken;
    };
    let mut lines = head.split("\r\n");
    let Some(status) = lines.next().and_then(status) else {
        return Parsed::Broken;
    };
    let (mut length, mut chunked, mut last) = (None, false, false);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse::<usize>().ok();
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            last = value.eq_ignore_ascii_case("close");
        }
    }
    let rest = bytes.get(head_end..).unwrap_or_default();
    let used = if chunked {
        // No body that the tester requests contains this text.
        match rest.windows(5).position(|window| window == b"0\r\n\r\n") {
            Some(at) => head_end + at + 5,
            None => return Parsed::Partial,
        }
    } else {
        let length = if matches!(status, 100..200 | 204 | 304) {
            0
        } else {
            length.unwrap_or(0)
        };
        if rest.len() < length {
            return Parsed::Partial;
        }
        head_end + length
    };
    Parsed::Whole {
        status,
        body: head_end..used,
        used,
        last,
    }
}

/// Length of the head with its blank line.
pub(super) fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map(|at| at + 4)
}

/// The number in `HTTP/1.1 200 OK`.
pub(super) fn status(line: &str) -> Option<u16> {
    line.strip_prefix("HTTP/1.")?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()
}

/// One request with a bearer token; `body` is JSON or empty.
pub(super) fn request(method: &str, path: &str, host: &str, token: &str, body: &str) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
    if !token.is_empty() {
        head.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    if !body.is_empty() || method == "POST" || method == "PUT" {
        head.push_str(&format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        ));
    }
    head.push_str("\r\n");
    head.push_str(body);
    head.into_bytes()
}

/// The upgrade request of a stream. The key may be the same for all: it proves nothing but that the
/// server speaks websockets.
pub(super) fn upgrade(path_and_query: &str, host: &str) -> Vec<u8> {
    format!(
        "GET {path_and_query} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_measured_by_its_length_header() {
        let bytes = b"HTTP/1.1 201 Created\r\nContent-LENGTH: 4\r\n\r\nbodyHTTP/1.1 200";
        let Parsed::Whole {
            status,
            body,
            used,
            last,
        } = answer(bytes)
        else {
            panic!()
        };
        assert_eq!((status, &bytes[body], last), (201, &b"body"[..], false));
        assert!(bytes[used..].starts_with(b"HTTP"));
        assert_eq!(answer(&bytes[..44]), Parsed::Partial);
    }

    #[test]
    fn chunked_and_bodiless_answers_end_too() {
        let chunked =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assert!(
            matches!(answer(chunked), Parsed::Whole { used, last: true, .. } if used == chunked.len())
        );
        let none = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert!(
            matches!(answer(none), Parsed::Whole { status: 204, used, .. } if used == none.len())
        );
    }

    #[test]
    fn something_else_is_broken() {
        assert_eq!(answer(b"SSH-2.0-x\r\n\r\n"), Parsed::Broken);
    }

    #[test]
    fn a_request_carries_token_and_length() {
        let text = String::from_utf8(request("POST", "/v1/x", "h:1", "T", "{}")).unwrap();
        assert!(
            text.contains("Authorization: Bearer T\r\n") && text.contains("Content-Length: 2\r\n")
        );
        assert!(text.ends_with("\r\n\r\n{}"));
    }
}
