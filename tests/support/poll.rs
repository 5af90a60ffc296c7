//! An app stream as a client hears it that asks again and again.

use std::collections::VecDeque;
use std::net::SocketAddr;

use serde_json::Value;

use super::{http, text};

/// Shorter than a test waits for an answer.
const WAIT: u32 = 20;

/// What was answered and is not heard yet, and where the next poll goes on.
pub(crate) struct Polls {
    address: SocketAddr,
    path: String,
    cursor: String,
    heard: VecDeque<Value>,
}

impl Polls {
    /// From now on. In place of a hello there is the answer to a poll that does not wait.
    pub(crate) fn begin(address: SocketAddr, path: &str) -> (Self, Value) {
        let mut polls = Self {
            address,
            path: path.to_owned(),
            cursor: String::new(),
            heard: VecDeque::new(),
        };
        let hello = polls.asks("wait=0");
        (polls, hello)
    }

    fn asks(&mut self, with: &str) -> Value {
        let request = http::request("GET", &format!("{}&{with}", self.path), &[], b"");
        let answer = http::exchange(self.address, &request);
        let data = answer.data();
        self.heard
            .extend(data.as_array().expect("a list").iter().cloned());
        self.cursor = text(&answer.meta()["cursor"]);
        answer.json()
    }

    /// The next event, which has to come within one wait.
    pub(crate) fn frame(&mut self) -> Value {
        if self.heard.is_empty() {
            self.asks(&format!("wait={WAIT}&cursor={}", self.cursor));
        }
        let frame = self.heard.pop_front();
        frame.expect("an event within the wait")
    }
}
