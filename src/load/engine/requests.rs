//! REST connections kept open: each has at most one request in flight.

use super::poller::Token;
use super::{Engine, Room};
use crate::load::convert::count;
use crate::load::frame;
use crate::load::rest::{self, Parsed};
use crate::load::stamp::Stamp;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Attempts to send one request, for a server that closes idle connections as we write.
const ATTEMPTS: u8 = 3;
/// Timeout of a response.
const ANSWER: Duration = Duration::from_secs(30);

/// A request to send.
#[derive(Debug)]
pub(super) enum Job {
    /// Writes one message.
    Publish {
        node: usize,
        circle: usize,
        seq: u32,
        intended_ns: u64,
        request: Vec<u8>,
    },
    /// Subscribes a socket.
    Subscribe {
        node: usize,
        slot: usize,
        generation: u32,
        request: Vec<u8>,
    },
}

impl Job {
    fn request(&self) -> &[u8] {
        match self {
            Self::Publish { request, .. } | Self::Subscribe { request, .. } => request,
        }
    }

    /// The server to call.
    fn node(&self) -> usize {
        match self {
            Self::Publish { node, .. } | Self::Subscribe { node, .. } => *node,
        }
    }
}

#[derive(Debug, Default)]
struct RestConnection {
    node: usize,
    stream: Option<TcpStream>,
    job: Option<Job>,
    sent: usize,
    attempts: u8,
    since_ns: u64,
    answer: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct RestConnections {
    all: Vec<RestConnection>,
    /// By server.
    calls: Vec<Calls>,
}

/// Connections of one server without a request, and requests without a connection.
#[derive(Debug, Default)]
struct Calls {
    idle: Vec<usize>,
    queue: VecDeque<Job>,
}

impl RestConnections {
    /// So many to each of the servers.
    pub(super) fn new(nodes: usize, each: u32) -> Self {
        let mut connections = Self {
            all: Vec::new(),
            calls: Vec::new(),
        };
        for node in 0..nodes {
            let mut calls = Calls::default();
            for _ in 0..each {
                calls.idle.push(connections.all.len());
                connections.all.push(RestConnection {
                    node,
                    ..RestConnection::default()
                });
            }
            connections.calls.push(calls);
        }
        connections
    }
}

impl Engine {
    /// Writes the next message of a circle, timed from `intended_ns`.
    pub(in crate::load) fn publish(&mut self, circle: usize, intended_ns: u64) {
        let Some(place) = self.circles.get_mut(circle) else {
            return;
        };
        // Each room is written on each server in turn.
        let node = self
            .nodes
            .turn(circle.wrapping_add(count(place.ledger.sent())));
        let seq = place.ledger.number(intended_ns, node);
        let Some(Room { id, token, .. }) = place.rooms.get(place.room_of(seq)) else {
            return;
        };
        let mut body = b"{\"text\":\"".to_vec();
        Stamp { seq, intended_ns }.write(&mut body, self.text_bytes);
        body.extend_from_slice(b"\"}");
        let body = String::from_utf8_lossy(&body);
        let path = format!("/v1/channels/{id}/messages");
        let request = rest::request("POST", &path, self.nodes.host(node), token, &body);
        self.outstanding += 1;
        self.call(Job::Publish {
            node,
            circle,
            seq,
            intended_ns,
            request,
        });
    }

    /// Requests waiting for a free connection.
    pub(in crate::load) fn waiting_calls(&self) -> usize {
        let each = self.rest_connections.calls.iter();
        each.map(|calls| calls.queue.len()).sum()
    }

    pub(super) fn call(&mut self, job: Job) {
        let node = self.nodes.turn(job.node());
        let Some(calls) = self.rest_connections.calls.get_mut(node) else {
            return;
        };
        match calls.idle.pop() {
            Some(slot) => self.begin_call(slot, job),
            None => calls.queue.push_back(job),
        }
    }

    /// The server has ended: what waits for it goes to the others.
    pub(super) fn call_elsewhere(&mut self, node: usize) {
        let calls = self.rest_connections.calls.get_mut(node);
        let jobs = calls.map(|calls| std::mem::take(&mut calls.queue));
        for job in jobs.into_iter().flatten() {
            self.call(job);
        }
    }

    fn begin_call(&mut self, slot: usize, job: Job) {
        let since_ns = self.now_ns();
        let Some(caller) = self.rest_connections.all.get_mut(slot) else {
            return;
        };
        caller.job = Some(job);
        caller.sent = 0;
        caller.attempts = ATTEMPTS;
        caller.since_ns = since_ns;
        self.push_call(slot);
    }

    /// Writes what is left of the request, over a new connection if there is none.
    fn push_call(&mut self, slot: usize) {
        let connected = self
            .rest_connections
            .all
            .get(slot)
            .is_some_and(|caller| caller.stream.is_some());
        if !connected {
            let node = self.caller_node(slot);
            let dialled = self.nodes.dial(node);
            let watched = dialled.and_then(|stream| {
                self.poller.watch(&stream, Token::RestConnection(slot))?;
                Ok(stream)
            });
            match watched {
                Ok(stream) => {
                    if let Some(caller) = self.rest_connections.all.get_mut(slot) {
                        caller.stream = Some(stream);
                        caller.answer.clear();
                    }
                }
                Err(error) => return self.end_call(slot, 0, error.to_string().as_bytes()),
            }
        }
        let Some(caller) = self.rest_connections.all.get_mut(slot) else {
            return;
        };
        let (Some(stream), Some(job)) = (&mut caller.stream, &caller.job) else {
            return;
        };
        let Some(rest) = job.request().get(caller.sent..) else {
            return;
        };
        if rest.is_empty() {
            return;
        }
        match stream.write(rest) {
            Ok(sent) => caller.sent += sent,
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::NotConnected
                ) => {}
            Err(_) => self.hung_up(slot),
        }
    }

    pub(super) fn caller_ready(&mut self, slot: usize, has_ended: bool) {
        self.push_call(slot);
        loop {
            let Some(caller) = self.rest_connections.all.get_mut(slot) else {
                return;
            };
            let Some(stream) = &mut caller.stream else {
                return;
            };
            match stream.read(&mut self.buffer) {
                Ok(0) => return self.hung_up(slot),
                Ok(read) => {
                    caller
                        .answer
                        .extend_from_slice(self.buffer.get(..read).unwrap_or_default());
                    let drained = read < self.buffer.len() && !has_ended;
                    self.read_answer(slot);
                    if drained {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => return self.hung_up(slot),
            }
        }
    }

    fn read_answer(&mut self, slot: usize) {
        let Some(caller) = self.rest_connections.all.get_mut(slot) else {
            return;
        };
        match rest::answer(&caller.answer) {
            Parsed::Partial | Parsed::Whole { status: 100, .. } => {}
            Parsed::Broken => {
                caller.stream = None;
                self.end_call(slot, 0, b"the answer is not HTTP");
            }
            Parsed::Whole {
                status, body, last, ..
            } => {
                let answer = std::mem::take(&mut caller.answer);
                if last {
                    caller.stream = None;
                }
                self.end_call(slot, status, answer.get(body).unwrap_or_default());
                // The next request reuses the allocation; nothing is pipelined, so nothing else was in it.
                if let Some(caller) = self.rest_connections.all.get_mut(slot) {
                    caller.answer = answer;
                    caller.answer.clear();
                }
            }
        }
    }

    /// The server closed a REST connection.
    fn hung_up(&mut self, slot: usize) {
        let Some(caller) = self.rest_connections.all.get_mut(slot) else {
            return;
        };
        caller.stream = None;
        if caller.job.is_none() {
            return;
        }
        caller.attempts = caller.attempts.saturating_sub(1);
        // Nothing of the answer was read: most likely a kept connection that timed out as we wrote.
        if caller.attempts == 0 || !caller.answer.is_empty() {
            return self.end_call(slot, 0, b"the server hung up");
        }
        caller.sent = 0;
        self.push_call(slot);
    }

    fn end_call(&mut self, slot: usize, status: u16, body: &[u8]) {
        let job = self
            .rest_connections
            .all
            .get_mut(slot)
            .and_then(|caller| caller.job.take());
        let accepted = (200..300).contains(&status);
        let node = self.caller_node(slot);
        match job {
            Some(Job::Publish {
                circle,
                seq,
                intended_ns,
                ..
            }) => {
                self.published((node, circle), seq, intended_ns, accepted);
            }
            Some(Job::Subscribe {
                slot, generation, ..
            }) => {
                let id = frame::quoted(body, b"\"subscription_id\":\"");
                if accepted && id.is_none() {
                    let words = b"the answer has no subscription_id";
                    self.tally.refuse_at(node, status, words);
                }
                self.followed(slot, generation, id.filter(|_| accepted));
            }
            None => return,
        }
        // What a server took with it was not refused: its outcome is unknown.
        let ended_with_it = status == 0 && self.nodes.keeps_cut;
        if ended_with_it {
            self.leave_server(node);
        } else if !accepted {
            self.tally.refuse_at(node, status, body);
        }
        let Some(calls) = self.rest_connections.calls.get_mut(node) else {
            return;
        };
        match calls.queue.pop_front() {
            Some(job) => self.begin_call(slot, job),
            None => calls.idle.push(slot),
        }
    }

    fn caller_node(&self, slot: usize) -> usize {
        let caller = self.rest_connections.all.get(slot);
        caller.map_or(0, |caller| caller.node)
    }

    fn published(
        &mut self,
        (node, circle): (usize, usize),
        seq: u32,
        intended_ns: u64,
        accepted: bool,
    ) {
        let now_ns = self.now_ns();
        if accepted {
            self.tally.acked += 1;
        }
        // Refused answers are counted by status: fast or slow, they are no service.
        if self.tally.recording && accepted {
            self.tally.answer.record(intended_ns, now_ns);
            if let Some(at) = self.tally.across.as_mut().and_then(|all| all.at(node)) {
                at.acked += 1;
            }
        }
        if let Some(circle) = self.circles.get_mut(circle)
            && circle.ledger.answered(seq, accepted)
        {
            self.settle(1);
        }
    }

    /// Drops requests without a response, so that a stuck request does not hold a run for ever.
    pub(in crate::load) fn give_up_old_calls(&mut self) {
        let now_ns = self.now_ns();
        let limit = u64::try_from(ANSWER.as_nanos()).unwrap_or(u64::MAX);
        for slot in 0..self.rest_connections.all.len() {
            let old = self.rest_connections.all.get_mut(slot).filter(|caller| {
                caller.job.is_some() && now_ns.saturating_sub(caller.since_ns) > limit
            });
            if let Some(caller) = old {
                caller.stream = None;
                self.end_call(slot, 0, b"no answer within 30 s");
            }
        }
    }
}
