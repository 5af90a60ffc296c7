//! A small HTTP/1.1 client of our own: header names keep their letter case, bodies may be anything,
//! and one connection carries one request.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::DEADLINE;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 0 if the connection ended without an answer.
    pub(crate) status: u16,
    /// As sent, letter case kept.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// What was asked, for failures.
    pub(crate) asked: String,
}

impl Answer {
    /// The header with exactly this letter case.
    pub(crate) fn exact_header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name)?;
        Some(&found.1)
    }

    /// The header, whatever its letter case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let same = |(n, _): &&(String, String)| n.eq_ignore_ascii_case(name);
        Some(&self.headers.iter().find(same)?.1)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// `data` of a success.
    pub(crate) fn data(&self) -> Value {
        let json = self.json();
        assert!(matches!(self.status, 200 | 201), "not a success: {self}");
        assert_eq!(json["meta"]["code"], self.status, "code and status: {self}");
        assert!(json.get("data").is_some(), "data is missing: {self}");
        json["data"].clone()
    }

    /// `meta`, of a success or not.
    pub(crate) fn meta(&self) -> Value {
        self.json()["meta"].clone()
    }

    /// Succeeded with exactly this status.
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// The whole shape of a refusal; gives its slug.
    pub(crate) fn refused(&self, code: u16) -> String {
        assert_eq!(self.status, code, "{self}");
        let json = self.json();
        assert_eq!(json["meta"]["code"], code, "{self}");
        assert!(json.get("data").is_none(), "a refusal has no data: {self}");
        let message = json["meta"]["error_message"].as_str().unwrap_or_default();
        assert!(!message.is_empty(), "error_message is missing: {self}");
        json["meta"]["error_slug"]
            .as_str()
            .unwrap_or_else(|| panic!("error_slug is missing: {self}"))
            .to_owned()
    }

    /// Refused for this reason.
    pub(crate) fn refused_as(&self, code: u16, slug: &str) {
        assert_eq!(self.refused(code), slug, "{self}");
    }

    /// Refused, and the message names the field.
    pub(crate) fn refused_at(&self, code: u16, field: &str) {
        self.refused(code);
        let message = super::text(&self.meta()["error_message"]);
        assert!(message.contains(field), "{field} is not named: {self}");
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} answered {} {body:.2000}", self.asked, self.status)
    }
}

/// Writes a request as bytes and reads one answer. A connection that the server ends without an
/// answer gives status 0.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut socket = TcpStream::connect(address).expect("the server accepts connections");
    socket.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    socket
        .set_write_timeout(Some(DEADLINE))
        .expect("a deadline");
    // A server may answer and hang up before it has read everything; its answer still counts.
    drop(socket.write_all(request));
    let first_line = request.split(|byte| *byte == b'\r').next().unwrap_or(b"");
    read_answer(&mut socket, &String::from_utf8_lossy(first_line))
}

/// A request with a body, ready to be sent.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    let names = |name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    if !names("connection") {
        head.push_str("Connection: close\r\n");
    }
    if !names("content-length")
        && !names("transfer-encoding")
        && (!body.is_empty() || method != "GET")
    {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Reads one answer off an open connection.
pub(crate) fn read_answer(socket: &mut TcpStream, asked: &str) -> Answer {
    let answer = read_answer_in_time(socket, asked);
    answer.unwrap_or_else(|seen| panic!("no answer in time: {asked}; so far {seen:?}"))
}

/// The same. `Err`: what came before the deadline of the socket.
pub(crate) fn read_answer_in_time(socket: &mut TcpStream, asked: &str) -> Result<Answer, String> {
    let mut seen = Vec::new();
    let mut chunk = [0_u8; 16 * 1024];
    let mut answer = Answer {
        status: 0,
        headers: Vec::new(),
        body: Vec::new(),
        asked: asked.to_owned(),
    };
    loop {
        if let Some(complete) = parse(&seen, &mut answer, false) {
            answer.body = complete;
            return Ok(answer);
        }
        match socket.read(&mut chunk) {
            Ok(count) if count > 0 => seen.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                return Err(String::from_utf8_lossy(&seen).into_owned());
            }
            Ok(_) | Err(_) => {
                answer.body = parse(&seen, &mut answer, true).unwrap_or_default();
                return Ok(answer);
            }
        }
    }
}

/// The body, once all of it is there.
fn parse(seen: &[u8], answer: &mut Answer, ended: bool) -> Option<Vec<u8>> {
    let end = seen.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&seen[..end]).into_owned();
    let rest = &seen[end + 4..];
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    answer.status = status;
    answer.headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if matches!(status, 101 | 204 | 304) || answer.asked.starts_with("HEAD ") {
        return Some(Vec::new());
    }
    if answer
        .header("transfer-encoding")
        .is_some_and(|t| t.contains("chunked"))
    {
        return unchunk(rest);
    }
    if let Some(length) = answer.header("content-length") {
        let length: usize = length.parse().ok()?;
        return (rest.len() >= length || ended).then(|| rest[..length.min(rest.len())].to_vec());
    }
    ended.then(|| rest.to_vec())
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n")?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?.trim(), 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
