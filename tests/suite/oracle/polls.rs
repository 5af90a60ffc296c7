//! A listener that asks again and again: the answers of long polls, each with the position up to which it says everything.

use std::collections::VecDeque;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::door::{Began, Next, connected};
use super::listener::position;
use crate::support::database::Sql;
use crate::support::random::Random;
use crate::support::{DEADLINE, http, text};

/// Seconds that a request waits. One that does not wait is asked again soon.
const WAITS: [u64; 3] = [0, 1, 20];

/// Requests one behind the other, on one connection.
pub(super) struct Polls {
    pub(super) socket: TcpStream,
    /// Without a cursor.
    path: String,
    /// Behind it the next request goes on.
    cursor: Option<String>,
    /// Where the log ends is asked before each request.
    log: Sql,
    random: Random,
    /// The request under way.
    asked: Option<Asked>,
    /// How the one began whose answer is told.
    pub(super) began: Began,
    answered: VecDeque<Next>,
}

struct Asked {
    began: Began,
    waits: bool,
    path: String,
}

impl Polls {
    /// With a connection, and no request yet.
    pub(super) fn begin(
        address: SocketAddr,
        (path, cursor): (&str, Option<&str>),
        (database, seed): (&str, u64),
    ) -> Result<Self, String> {
        Ok(Self {
            socket: connected(address, DEADLINE)?,
            path: path.to_owned(),
            cursor: cursor.map(str::to_owned),
            log: Sql::connects(database),
            random: Random::silent(seed),
            asked: None,
            began: Began::Now,
            answered: VecDeque::new(),
        })
    }

    /// In place of a hello: behind which cursor everything is heard. Without one of its own the first answer says it.
    pub(super) fn hello(&mut self) -> Result<Value, String> {
        if self.cursor.is_none() && !self.is_answered(0) {
            return Err(String::from("no first answer"));
        }
        let cursor = match self.answered.front() {
            // Nothing is said of what is before the first event.
            Some(Next::Frame(event)) => {
                let cursor = text(&event["meta"]["cursor"]);
                let (epoch, pos) = (cursor.split('.').next(), position(&cursor));
                Some(format!("{}.{}", epoch.unwrap_or_default(), pos - 1))
            }
            Some(Next::Answer(_) | Next::Ended(_)) | None => self.cursor.clone(),
        };
        Ok(json!({"meta": {"cursor": cursor}}))
    }

    /// Sends the next request, if all of the last answer is told. Gives how it began.
    pub(super) fn asks(&mut self) -> Began {
        if self.answered.is_empty() && self.asked.is_none() {
            let wait = *self.random.pick(&WAITS);
            self.sends(wait);
        }
        self.asked.as_ref().map_or(self.began, |asked| asked.began)
    }

    fn sends(&mut self, wait: u64) {
        let (began, behind) = match &self.cursor {
            Some(cursor) => {
                let head = self.log.count("SELECT pos FROM log_head");
                (Began::Behind(head), format!("&cursor={cursor}"))
            }
            None => (Began::Now, String::new()),
        };
        let path = format!("{}&wait={wait}{behind}", self.path);
        let request = http::request("GET", &path, &[("Connection", "keep-alive")], b"");
        // A connection that is gone has no answer.
        drop(self.socket.write_all(&request));
        let waits = wait > 0;
        self.asked = Some(Asked { began, waits, path });
    }

    /// What is told next.
    pub(super) fn next(&mut self) -> Next {
        while self.answered.is_empty() {
            let wait = *self.random.pick(&WAITS);
            if !self.is_answered(wait) {
                return Next::Ended(None);
            }
        }
        self.answered.pop_front().unwrap_or(Next::Ended(None))
    }

    /// Reads the answer to the request under way, or else to one that waits so long. Says no if there is none, or a part of one:
    /// it was cut, or the server stops or has too much to do.
    fn is_answered(&mut self, wait: u64) -> bool {
        if self.asked.is_none() {
            self.sends(wait);
        }
        let Some(asked) = self.asked.take() else {
            return false;
        };
        let answer = http::read_answer(&mut self.socket, &asked.path);
        let bytes = answer.header("content-length").unwrap_or_default();
        let is_whole = bytes == answer.body.len().to_string();
        if matches!(answer.status, 0 | 503) || !is_whole {
            return false;
        }
        assert_eq!(answer.status, 200, "a long poll is refused: {answer}");
        let data = answer.data();
        let events = data.as_array().expect("a list").iter().cloned();
        self.answered.extend(events.map(Next::Frame));
        if self.answered.is_empty() && !asked.waits {
            std::thread::park_timeout(Duration::from_millis(self.random.below(20)));
        }
        let meta = answer.meta();
        self.cursor = Some(text(&meta["cursor"]));
        self.answered.push_back(Next::Answer(json!({"meta": meta})));
        self.began = asked.began;
        true
    }
}
