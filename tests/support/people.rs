//! Users and apps that call a server.

use std::net::SocketAddr;

use serde_json::Value;

use super::conform;
use super::door::Door;
use super::http::{self, Answer};
use super::stream::Stream;

#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) address: SocketAddr,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token: Option<String>,
}

impl Person {
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], b"")
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &[], b"")
    }

    /// PUT without a body.
    pub(crate) fn does(&self, path: &str) -> Answer {
        self.call("PUT", path, &[], b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.json("POST", path, body)
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.json("PUT", path, body)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json("PATCH", path, body)
    }

    pub(crate) fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.call(
            method,
            path,
            &[("Content-Type", "application/json")],
            body.as_bytes(),
        )
    }

    /// Fields that are already urlencoded.
    pub(crate) fn form(&self, method: &str, path: &str, fields: &str) -> Answer {
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        self.call(method, path, &kind, fields.as_bytes())
    }

    /// A multipart form ([`build::form`](super::build::form)).
    pub(crate) fn uploads(&self, path: &str, form: &[u8]) -> Answer {
        self.call("POST", path, &[super::build::MULTIPART], form)
    }

    /// Anything at all; `/v1` is put before the path, and the token into a header.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.call_at(method, &format!("/v1{path}"), headers, body)
    }

    /// As [`Self::call`], with the whole path.
    pub(crate) fn call_at(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut all = headers.to_vec();
        if let Some(bearer) = &bearer {
            all.push(("Authorization", bearer));
        }
        let answer = http::exchange(self.address, &http::request(method, path, &all, body));
        conform::check(method, path, &answer);
        answer
    }

    /// A user stream of this person.
    pub(crate) fn stream(&self) -> Stream {
        self.stream_with("")
    }

    /// A user stream with parameters (`"&include_raw=1"`).
    pub(crate) fn stream_with(&self, parameters: &str) -> Stream {
        let token = self.token.as_deref().unwrap_or_default();
        Stream::open(
            self.address,
            &format!("/v1/user?access_token={token}{parameters}"),
        )
    }

    /// An app stream on a stored key.
    pub(crate) fn firehose(&self, key: &str) -> Stream {
        self.firehose_with(key, "")
    }

    /// An app stream with parameters.
    pub(crate) fn firehose_with(&self, key: &str, parameters: &str) -> Stream {
        let token = self.token.as_deref().unwrap_or_default();
        Stream::open(
            self.address,
            &format!("/v1/app?access_token={token}&key={key}{parameters}"),
        )
    }

    /// Asks for an upgrade that is meant to be refused, or for what the story has in place of it.
    pub(crate) fn asks_upgrade(&self, path: &str) -> Answer {
        self.call("GET", path, Door::of_this_story().asked_with(), b"")
    }

    /// `?access_token=…` of this person, for paths that carry it.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().expect("a caller with a token")
    }
}
