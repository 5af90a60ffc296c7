//! What all threads of a run know: the scene, where the servers are, whether it goes on; and how they ask a server that may be
//! away.

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::door::connected;
use super::ground::Scene;
use super::nodes::{Addresses, COUNT};
use crate::support::http::{self, Answer};
use crate::support::random::Random;

/// How long a client waits for an answer before it goes to another server.
pub(super) const PATIENCE: Duration = Duration::from_millis(1200);

pub(super) struct World<'w> {
    pub(super) scene: &'w Scene,
    pub(super) addresses: &'w Addresses,
    /// Of the database.
    pub(super) url: &'w str,
    is_over: AtomicBool,
    done: &'w Mutex<Vec<String>>,
    /// Answers that no trouble excuses.
    wrong: Mutex<Vec<String>>,
    began: Instant,
}

/// A request of a user or an app.
pub(super) struct Request<'r> {
    pub(super) method: &'r str,
    pub(super) path: &'r str,
    pub(super) body: Option<Value>,
}

impl<'w> World<'w> {
    pub(super) fn new(
        scene: &'w Scene,
        (addresses, url): (&'w Addresses, &'w str),
        done: &'w Mutex<Vec<String>>,
    ) -> Self {
        Self {
            scene,
            addresses,
            url,
            is_over: AtomicBool::new(false),
            done,
            wrong: Mutex::default(),
            began: Instant::now(),
        }
    }

    pub(super) fn ends(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// The ids of the rooms.
    pub(super) fn rooms(&self) -> Vec<i64> {
        let rooms = self.scene.rooms.iter();
        rooms.map(|room| room.parse().expect("an id")).collect()
    }

    /// For the report.
    pub(super) fn says(&self, what: &str) {
        let at = self.began.elapsed().as_millis();
        self.done
            .lock()
            .expect("a list")
            .push(format!("{at} {what}"));
    }

    pub(super) fn complains(&self, what: String) {
        self.wrong.lock().expect("a list").push(what);
    }

    pub(super) fn complaint(&self) -> Option<String> {
        self.wrong.lock().expect("a list").first().cloned()
    }

    /// Asks a server with this token. `None`: there is no telling what became of it.
    pub(super) fn asks(&self, node: usize, token: &str, request: &Request<'_>) -> Option<Answer> {
        let answer = self.sends(node, token, request)?;
        self.looks_at(&answer);
        Some(answer)
    }

    /// The token is right, and what a server cannot do now is 503.
    pub(super) fn looks_at(&self, answer: &Answer) {
        if answer.status == 401 || (answer.status >= 500 && answer.status != 503) {
            self.complains(answer.to_string());
        }
    }

    /// The same, whatever the answer is.
    pub(super) fn sends(&self, node: usize, token: &str, request: &Request<'_>) -> Option<Answer> {
        self.sends_as((node, token), request, None)
    }

    /// The same, with the key of a call.
    pub(super) fn sends_as(
        &self,
        (node, token): (usize, &str),
        request: &Request<'_>,
        key: Option<&str>,
    ) -> Option<Answer> {
        let mut socket = connected(self.addresses.of(node), PATIENCE).ok()?;
        let bearer = format!("Bearer {token}");
        let body = request.body.as_ref().map(Value::to_string);
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(body.iter().map(|_| ("Content-Type", "application/json")));
        headers.extend(key.map(|key| ("Idempotency-Key", key)));
        let path = format!("/v1{}", request.path);
        let body = body.unwrap_or_default();
        let bytes = http::request(request.method, &path, &headers, body.as_bytes());
        socket.write_all(&bytes).ok()?;
        let asked = format!("{} {path} at {node}", request.method);
        let answer = http::read_answer_in_time(&mut socket, &asked).ok()?;
        (answer.status != 0).then_some(answer)
    }

    /// The newest event that a server has delivered.
    pub(super) fn position(&self, node: usize) -> Option<i64> {
        self.metric(node, "log_position")
    }

    /// A number of its metrics page.
    pub(super) fn metric(&self, node: usize, name: &str) -> Option<i64> {
        let mut socket = connected(self.addresses.of(node), PATIENCE).ok()?;
        let bytes = http::request("GET", "/metrics", &[], b"");
        socket.write_all(&bytes).ok()?;
        let answer = http::read_answer_in_time(&mut socket, "GET /metrics").ok()?;
        let page = String::from_utf8(answer.body).ok()?;
        let mut lines = page.lines();
        let line = format!("groundnut_{name} ");
        let value = lines.find_map(|known| known.strip_prefix(&line))?;
        value.trim().parse().ok()
    }
}

/// One of the servers.
pub(super) fn any_node(random: &mut Random) -> usize {
    usize::try_from(random.below(COUNT as u64)).unwrap_or(0)
}

/// Ends the world with its scope, also by a panic.
pub(super) struct EndOf<'e, 'w>(pub(super) &'e World<'w>);

impl Drop for EndOf<'_, '_> {
    fn drop(&mut self) {
        self.0.ends();
    }
}
