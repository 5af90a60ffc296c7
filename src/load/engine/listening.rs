//! Listening sockets: connect, upgrade, hello, subscription, then frames.

use super::listener::{Listener, Stage};
use super::poller::Token;
use super::receiving::{Next, Scene};
use super::requests::Job;
use super::{Engine, SocketEvent};
use crate::load::frame;
use crate::load::ledger::{Newest, Reception};
use crate::load::rest;
use std::io::{ErrorKind, Read, Write};

/// How a new socket begins.
#[derive(Debug)]
pub(in crate::load) struct Opening {
    /// The cohort whose messages it receives.
    pub(in crate::load) circle: usize,
    /// The server to connect to.
    pub(in crate::load) node: usize,
    /// Path and query of the stream.
    pub(in crate::load) stream: String,
    /// Token of the subscribing request; `None` if the hello is enough.
    pub(in crate::load) follow_as: Option<String>,
    /// The messages received so far.
    pub(in crate::load) reception: Reception,
    /// The highest `meta.id` received so far.
    pub(in crate::load) newest: Newest,
    /// The subscription id that it has if it is resumed.
    pub(in crate::load) subscription: Option<Box<[u8]>>,
    /// Whether its circle still counts it, since it was disconnected by `cut_and_await`.
    pub(in crate::load) awaited: bool,
    /// Start time of the handshake.
    pub(in crate::load) intended_ns: u64,
}

impl Engine {
    /// Starts one socket; its slot, or none if not even a descriptor was to be had.
    pub(in crate::load) fn open(&mut self, opening: Opening) -> Option<usize> {
        let node = opening.node;
        let Ok(stream) = self.nodes.dial(node) else {
            self.tally.failed_connects += 1;
            self.tally.refuse_at(node, 0, b"no socket could be opened");
            return None;
        };
        let slot = self.vacant.pop().unwrap_or(self.listeners.len());
        let generation = self
            .listeners
            .get(slot)
            .map_or(0, |old| old.generation.wrapping_add(1));
        if self.poller.watch(&stream, Token::Listener(slot)).is_err() {
            self.tally.failed_connects += 1;
            self.tally.refuse_at(node, 0, b"no socket could be watched");
            self.vacant.push(slot);
            return None;
        }
        let listener = Listener {
            stream: Some(stream),
            stage: Stage::Connecting,
            circle: opening.circle,
            node,
            generation,
            reception: opening.reception,
            rest: Vec::new(),
            begun_ns: opening.intended_ns,
            wants_cursor: opening.stream.contains("include_cursor=1"),
            comes_back: opening.stream.contains("&connection_id="),
            resumed: false,
            awaited: opening.awaited,
            stream_path: opening.stream,
            follow_as: opening.follow_as,
            connection_id: String::new(),
            cursor: String::new(),
            subscription: opening.subscription,
            newest: opening.newest,
        };
        match self.listeners.get_mut(slot) {
            Some(place) => *place = listener,
            None => self.listeners.push(listener),
        }
        self.opening += 1;
        Some(slot)
    }

    pub(super) fn listener_ready(&mut self, slot: usize, has_ended: bool) {
        match self.stage(slot) {
            Stage::Gone => return,
            // The answer is another edge, so there is nothing to read yet.
            Stage::Connecting => return self.ask_for_upgrade(slot),
            Stage::Upgrading
            | Stage::Greeting
            | Stage::Subscribing
            | Stage::Live
            | Stage::Leaving => {}
        }
        loop {
            match self.read_once(slot, has_ended) {
                Next::Read => {}
                Next::Wait => break,
                Next::Over(code) => {
                    self.end(slot, code);
                    break;
                }
                Next::Refused(status, text) => {
                    let node = self.node_of(slot);
                    self.tally.refuse_at(node, status, text.as_bytes());
                    self.end_refused(slot);
                    break;
                }
                Next::Greeted => self.greeted(slot),
            }
        }
    }

    /// Sends the request once the connection is established.
    fn ask_for_upgrade(&mut self, slot: usize) {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        let Some(stream) = &mut listener.stream else {
            return;
        };
        let request = rest::upgrade(&listener.stream_path, self.nodes.host(listener.node));
        match stream.write(&request) {
            Ok(sent) if sent == request.len() => listener.stage = Stage::Upgrading,
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::NotConnected
                ) => {}
            // A fresh socket takes a few hundred bytes at once; if not, something is wrong with it.
            Ok(_) | Err(_) => self.end(slot, None),
        }
    }

    /// One read and everything in it.
    fn read_once(&mut self, slot: usize, has_ended: bool) -> Next {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return Next::Wait;
        };
        let Some(stream) = &mut listener.stream else {
            return Next::Wait;
        };
        let held = listener.rest.len();
        if held * 2 > self.buffer.len() {
            // A frame larger than the buffer is rare, so the shared buffer may grow.
            self.buffer.resize(held * 4, 0);
        }
        let Some((start, room)) = self.buffer.split_at_mut_checked(held) else {
            return Next::Wait;
        };
        start.copy_from_slice(&listener.rest);
        let read = match stream.read(room) {
            Ok(0) => return Next::Over(None),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Next::Wait,
            Err(_) => return Next::Over(None),
        };
        let drained = read < room.len() && !has_ended;
        let now_ns = u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let now_us = self.wall.as_ref().map(|wall| wall.now().0.unsigned_abs());
        self.tally.reads += 1;
        let mut bytes = self.buffer.get(..held + read).unwrap_or_default();
        if listener.stage == Stage::Upgrading {
            let Some(end) = rest::head_end(bytes) else {
                listener.rest = bytes.to_vec();
                return if drained { Next::Wait } else { Next::Read };
            };
            let (head, after) = bytes.split_at_checked(end).unwrap_or_default();
            let head = String::from_utf8_lossy(head);
            match head.lines().next().and_then(rest::status) {
                Some(101) => listener.stage = Stage::Greeting,
                status => {
                    let text = String::from_utf8_lossy(after).into_owned();
                    return Next::Refused(status.unwrap_or(0), text);
                }
            }
            bytes = after;
        }
        let mut scene = Scene {
            tally: &mut self.tally,
            held: &mut self.held,
            circle: self.circles.get_mut(listener.circle),
            slot,
            now_ns,
            now_us,
            completed: 0,
        };
        let next = scene.frames(listener, &mut bytes);
        let completed = scene.completed;
        // Keeps the buffer of a listener only while it holds something: most never need one.
        listener.rest.clear();
        listener.rest.extend_from_slice(bytes);
        self.settle(completed);
        if drained && matches!(next, Next::Read) {
            Next::Wait
        } else {
            next
        }
    }

    /// The hello arrived: subscribe, or be ready.
    fn greeted(&mut self, slot: usize) {
        let now_ns = self.now_ns();
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        self.tally.opened += 1;
        self.tally.hello.record(listener.begun_ns, now_ns);
        let follow = self
            .circles
            .get(listener.circle)
            .and_then(|circle| circle.follow.clone());
        if listener.comes_back && listener.resumed {
            self.tally.resumed += 1;
            let node = listener.node;
            if let Some(at) = self.tally.across.as_mut().and_then(|all| all.at(node)) {
                at.resumed += 1;
            }
            return self.ready(slot);
        }
        self.tally.not_resumed += u64::from(listener.comes_back);
        match (follow, &listener.follow_as) {
            (Some(path), Some(token)) => {
                listener.stage = Stage::Subscribing;
                listener.subscription = None;
                let path = format!("{path}?connection_id={}&count=1", listener.connection_id);
                let (node, generation) = (listener.node, listener.generation);
                let request = rest::request("GET", &path, self.nodes.host(node), token, "");
                self.call(Job::Subscribe {
                    node,
                    slot,
                    generation,
                    request,
                });
            }
            _ => self.ready(slot),
        }
    }

    /// The response to a subscribing request.
    pub(super) fn followed(&mut self, slot: usize, generation: u32, subscription: Option<String>) {
        let now_ns = self.now_ns();
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        if listener.generation != generation || listener.stage != Stage::Subscribing {
            return;
        }
        if let Some(id) = subscription {
            listener.subscription = Some(format!("\"{id}\"").into_bytes().into());
            self.tally.followed += 1;
            self.tally.follow.record(listener.begun_ns, now_ns);
            self.ready(slot);
        } else {
            self.end_refused(slot);
        }
    }

    pub(super) fn ready(&mut self, slot: usize) {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        listener.stage = Stage::Live;
        let is_counted = std::mem::take(&mut listener.awaited);
        if let Some(circle) = self.circles.get_mut(listener.circle)
            && !is_counted
        {
            circle.ledger.join();
        }
        let node = listener.node;
        if let Some(at) = self.tally.across.as_mut().and_then(|all| all.at(node)) {
            at.opened += 1;
        }
        self.opening = self.opening.saturating_sub(1);
        self.live += 1;
        self.occurrences.push(SocketEvent::Ready(slot));
    }

    /// Sends the heartbeat that real clients send. A socket that does not take six bytes is not helped by more.
    pub(in crate::load) fn heartbeat(&mut self, slot: usize) {
        if self.stage(slot) == Stage::Live {
            self.say(slot, frame::TEXT, b".");
        }
    }

    pub(super) fn say(&mut self, slot: usize, opcode: u8, payload: &[u8]) -> bool {
        let stream = self
            .listeners
            .get_mut(slot)
            .and_then(|listener| listener.stream.as_mut());
        stream.is_some_and(|stream| stream.write(&frame::masked(opcode, payload)).is_ok())
    }

    pub(super) fn stage(&self, slot: usize) -> Stage {
        self.listeners
            .get(slot)
            .map_or(Stage::Gone, |listener| listener.stage)
    }

    /// The server of a socket.
    pub(super) fn node_of(&self, slot: usize) -> usize {
        self.listeners.get(slot).map_or(0, |listener| listener.node)
    }

    /// Slots that were ever used.
    pub(in crate::load) fn slots(&self) -> usize {
        self.listeners.len()
    }
}
