//! A blocking connection for the few requests around a run: rooms before it, counters after it.

use super::rest::{self, Parsed};
use super::target::{Place, SetupError, Target};
use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
const LITTLE_PATIENCE: Duration = Duration::from_secs(5);

/// A blocking connection for the few requests around a run.
pub(super) struct Blocking<'a> {
    place: &'a Place,
    stream: TcpStream,
}

impl<'a> Blocking<'a> {
    /// To the first server that takes it: one of several may have ended.
    pub(super) fn open(target: &'a Target) -> io::Result<Self> {
        let mut refused = io::Error::other("no server to call");
        for place in &target.places {
            match Self::with_patience(place, PATIENCE) {
                Ok(caller) => return Ok(caller),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// To this server.
    pub(super) fn at(place: &'a Place) -> io::Result<Self> {
        Self::with_patience(place, PATIENCE)
    }

    /// For data that a report can omit.
    pub(super) fn briefly(place: &'a Place) -> io::Result<Self> {
        Self::with_patience(place, LITTLE_PATIENCE)
    }

    fn with_patience(place: &'a Place, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&place.address.into(), patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_nodelay(true)?;
        Ok(Self { place, stream })
    }

    /// One call and its JSON.
    pub(super) fn call(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
    ) -> Result<Value, SetupError> {
        let answer = self.exchange(method, path, token, body)?;
        Ok(serde_json::from_slice(&answer).unwrap_or(Value::Null))
    }

    /// The text of a page, requested without a token.
    pub(super) fn text(&mut self, path: &str) -> Result<String, SetupError> {
        let answer = self.exchange("GET", path, "", "")?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    fn exchange(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
    ) -> Result<Vec<u8>, SetupError> {
        let request = rest::request(method, path, &self.place.host, token, body);
        self.stream.write_all(&request)?;
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        let (status, body) = loop {
            match rest::answer(&bytes) {
                Parsed::Whole { status, body, .. } => break (status, body),
                Parsed::Broken => return Err(SetupError::Answer("not HTTP")),
                Parsed::Partial => {}
            }
            let read = self.stream.read(&mut piece)?;
            if read == 0 {
                return Err(SetupError::Answer("the server hung up"));
            }
            bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
        };
        let body = bytes.get(body).unwrap_or_default();
        if !(200..300).contains(&status) {
            let what = format!("{method} {path}");
            let body = String::from_utf8_lossy(body).chars().take(300).collect();
            return Err(SetupError::Refused { status, what, body });
        }
        Ok(body.to_vec())
    }
}
