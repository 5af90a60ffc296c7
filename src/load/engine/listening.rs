//! Sockets that hear: connect, upgrade, hello, subscription, then frames.

use super::calling::Job;
use super::poller::Token;
use super::{Circle, Engine, Occurrence};
use crate::load::audience::{Ear, Heard};
use crate::load::frame::{self, Step};
use crate::load::measure::Tally;
use crate::load::rest;
use crate::load::stamp::Stamp;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// How a new socket begins.
#[derive(Debug)]
pub(in crate::load) struct Opening {
    /// Whose messages it will hear.
    pub(in crate::load) circle: usize,
    /// Path and query of the stream.
    pub(in crate::load) stream: String,
    /// Token for the REST call that follows; none where the hello is all that is wanted.
    pub(in crate::load) follow_as: Option<String>,
    /// What counts as heard.
    pub(in crate::load) ear: Ear,
    /// Moment from which the handshake is timed.
    pub(in crate::load) intended_ns: u64,
}

/// How far a socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connecting,
    Upgrading,
    Greeting,
    Following,
    Live,
    /// We said goodbye and wait for the server's.
    Leaving,
    Gone,
}

#[derive(Debug)]
pub(super) struct Listener {
    stream: Option<TcpStream>,
    stage: Stage,
    circle: usize,
    /// Grows with each socket in this slot, so that a late answer does not reach the next one.
    pub(super) generation: u32,
    ear: Ear,
    /// Start of a frame that ends in the next read.
    rest: Vec<u8>,
    begun_ns: u64,
    stream_path: String,
    follow_as: Option<String>,
    connection_id: String,
    cursor: String,
    wants_cursor: bool,
    /// It comes back: nothing has to be followed if the server still knows it.
    comes_back: bool,
    resumed: bool,
}

impl Engine {
    /// Starts one socket; its slot, or none if not even a descriptor was to be had.
    pub(in crate::load) fn open(&mut self, opening: Opening) -> Option<usize> {
        let Ok(stream) = self.dial() else {
            self.tally.failed_connects += 1;
            return None;
        };
        let slot = self.vacant.pop().unwrap_or(self.listeners.len());
        let generation = self
            .listeners
            .get(slot)
            .map_or(0, |old| old.generation.wrapping_add(1));
        if self.poller.watch(&stream, Token::Listener(slot)).is_err() {
            self.tally.failed_connects += 1;
            self.vacant.push(slot);
            return None;
        }
        let listener = Listener {
            stream: Some(stream),
            stage: Stage::Connecting,
            circle: opening.circle,
            generation,
            ear: opening.ear,
            rest: Vec::new(),
            begun_ns: opening.intended_ns,
            wants_cursor: opening.stream.contains("include_cursor=1"),
            comes_back: opening.stream.contains("&connection_id="),
            resumed: false,
            stream_path: opening.stream,
            follow_as: opening.follow_as,
            connection_id: String::new(),
            cursor: String::new(),
        };
        match self.listeners.get_mut(slot) {
            Some(place) => *place = listener,
            None => self.listeners.push(listener),
        }
        self.opening += 1;
        Some(slot)
    }

    pub(super) fn listener_ready(&mut self, slot: usize) {
        let stage = self.stage(slot);
        if stage == Stage::Connecting && !self.ask_for_upgrade(slot) {
            return;
        }
        if stage == Stage::Gone {
            return;
        }
        loop {
            match self.read_once(slot) {
                Next::Read => {}
                Next::Wait => break,
                Next::Over(code) => {
                    self.end(slot, code);
                    break;
                }
                Next::Refused(status, text) => {
                    self.tally.refuse(status, text.as_bytes());
                    self.end(slot, None);
                    break;
                }
                Next::Greeted => self.greeted(slot),
            }
        }
    }

    /// Sends the request once the connection stands. False while it does not.
    fn ask_for_upgrade(&mut self, slot: usize) -> bool {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return false;
        };
        let Some(stream) = &mut listener.stream else {
            return false;
        };
        let request = rest::upgrade(&listener.stream_path, &self.host);
        match stream.write(&request) {
            Ok(sent) if sent == request.len() => {
                listener.stage = Stage::Upgrading;
                let token = Token::Listener(slot);
                if self.poller.only_reads(&*stream, token).is_err() {
                    self.end(slot, None);
                    return false;
                }
                true
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::NotConnected
                ) =>
            {
                false
            }
            // A fresh socket takes a few hundred bytes at once; if not, something is wrong with it.
            _ => {
                self.end(slot, None);
                false
            }
        }
    }

    /// One read and everything in it.
    fn read_once(&mut self, slot: usize) -> Next {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return Next::Wait;
        };
        let Some(stream) = &mut listener.stream else {
            return Next::Wait;
        };
        let held = listener.rest.len();
        if held * 2 > self.buffer.len() {
            // A frame larger than the buffer: rare enough to grow it for everybody.
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
        let drained = read < room.len();
        let now_ns = u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX);
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
        let circle = self.circles.get_mut(listener.circle);
        let mut scene = Scene {
            tally: &mut self.tally,
            circle,
            now_ns,
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

    /// The hello came: follow, or be ready.
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
            return self.ready(slot);
        }
        self.tally.not_resumed += u64::from(listener.comes_back);
        match (follow, &listener.follow_as) {
            (Some(path), Some(token)) => {
                listener.stage = Stage::Following;
                let path = format!("{path}?connection_id={}&count=1", listener.connection_id);
                let request = rest::request("GET", &path, &self.host, token, "");
                let generation = listener.generation;
                self.call(Job::Follow {
                    slot,
                    generation,
                    request,
                });
            }
            _ => self.ready(slot),
        }
    }

    /// The answer to a follow call.
    pub(super) fn followed(&mut self, slot: usize, generation: u32, subscribed: bool) {
        let now_ns = self.now_ns();
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        if listener.generation != generation || listener.stage != Stage::Following {
            return;
        }
        if subscribed {
            self.tally.followed += 1;
            self.tally.follow.record(listener.begun_ns, now_ns);
            self.ready(slot);
        } else {
            self.end(slot, None);
        }
    }

    fn ready(&mut self, slot: usize) {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        listener.stage = Stage::Live;
        if let Some(circle) = self.circles.get_mut(listener.circle) {
            circle.audience.join();
        }
        self.opening = self.opening.saturating_sub(1);
        self.live += 1;
        self.occurrences.push(Occurrence::Ready(slot));
    }

    /// The socket is over, whoever ended it.
    fn end(&mut self, slot: usize, code: Option<u16>) {
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        let was = std::mem::replace(&mut listener.stage, Stage::Gone);
        // Dropping the stream closes it, which also takes it out of the epoll set.
        listener.stream = None;
        listener.rest = Vec::new();
        match was {
            Stage::Gone => {}
            Stage::Connecting | Stage::Upgrading | Stage::Greeting | Stage::Following => {
                self.opening = self.opening.saturating_sub(1);
                self.tally.failed_connects += 1;
                self.occurrences.push(Occurrence::Failed(slot));
            }
            Stage::Live | Stage::Leaving => {
                if was == Stage::Live {
                    *self
                        .tally
                        .closed_by_server
                        .entry(code.unwrap_or(1006))
                        .or_default() += 1;
                    self.leave_circle(slot);
                }
                self.occurrences.push(Occurrence::Closed(slot));
            }
        }
    }

    fn leave_circle(&mut self, slot: usize) {
        let Some(listener) = self.listeners.get(slot) else {
            return;
        };
        let Some(circle) = self.circles.get_mut(listener.circle) else {
            return;
        };
        let completed = circle.audience.leave(&listener.ear);
        self.live = self.live.saturating_sub(1);
        self.settle(u64::from(completed));
    }

    /// Says goodbye and waits for the server to hang up.
    pub(in crate::load) fn leave(&mut self, slot: usize) {
        if self.stage(slot) != Stage::Live {
            return;
        }
        self.leave_circle(slot);
        let sent = self.say(slot, frame::CLOSE, &1000_u16.to_be_bytes());
        if let Some(listener) = self.listeners.get_mut(slot) {
            listener.stage = Stage::Leaving;
        }
        if !sent {
            self.end(slot, None);
        }
    }

    /// Cuts the connection without a word, as a network does; what it had heard.
    pub(in crate::load) fn cut(&mut self, slot: usize) -> Option<Dropped> {
        if self.stage(slot) != Stage::Live {
            return None;
        }
        self.leave_circle(slot);
        let listener = self.listeners.get_mut(slot)?;
        listener.stage = Stage::Gone;
        listener.stream = None;
        listener.rest = Vec::new();
        let dropped = Dropped {
            circle: listener.circle,
            ear: std::mem::take(&mut listener.ear),
            connection_id: std::mem::take(&mut listener.connection_id),
            cursor: std::mem::take(&mut listener.cursor),
        };
        self.vacant.push(slot);
        Some(dropped)
    }

    /// Stops reading; the socket stays open and fills up.
    pub(in crate::load) fn stop_reading(&mut self, slot: usize) {
        self.leave_circle(slot);
        let Some(listener) = self.listeners.get_mut(slot) else {
            return;
        };
        listener.stage = Stage::Leaving;
        if let Some(stream) = &listener.stream {
            self.poller.ignore(stream).unwrap_or_default();
        }
    }

    /// Reads what a socket that had stopped reading still holds: whether the server closed it meanwhile.
    pub(in crate::load) fn was_closed(&mut self, slot: usize) -> bool {
        let stream = self
            .listeners
            .get_mut(slot)
            .and_then(|listener| listener.stream.as_mut());
        let Some(stream) = stream else { return true };
        loop {
            match stream.read(&mut self.buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    }

    /// Gives a slot back after its socket is over.
    pub(in crate::load) fn vacate(&mut self, slot: usize) {
        if self.stage(slot) == Stage::Gone {
            self.vacant.push(slot);
        }
    }

    /// Sends the heartbeat that real clients send. A socket that does not take six bytes is not helped by more.
    pub(in crate::load) fn heartbeat(&mut self, slot: usize) {
        if self.stage(slot) == Stage::Live {
            self.say(slot, frame::TEXT, b".");
        }
    }

    fn say(&mut self, slot: usize, opcode: u8, payload: &[u8]) -> bool {
        let stream = self
            .listeners
            .get_mut(slot)
            .and_then(|listener| listener.stream.as_mut());
        stream.is_some_and(|stream| stream.write(&frame::masked(opcode, payload)).is_ok())
    }

    fn stage(&self, slot: usize) -> Stage {
        self.listeners
            .get(slot)
            .map_or(Stage::Gone, |listener| listener.stage)
    }

    /// Slots that were ever used.
    pub(in crate::load) fn slots(&self) -> usize {
        self.listeners.len()
    }

    /// Accepted messages that listeners who are still there did not hear.
    pub(in crate::load) fn lost(&self) -> u64 {
        let live = self
            .listeners
            .iter()
            .filter(|listener| listener.stage == Stage::Live);
        live.filter_map(|listener| Some((listener, self.circles.get(listener.circle)?)))
            .map(|(listener, circle)| {
                circle.audience.lost(&listener.ear) + circle.audience.unheard()
            })
            .sum()
    }
}

/// What a listener that was cut off takes along to its next connection.
#[derive(Debug)]
pub(in crate::load) struct Dropped {
    pub(in crate::load) circle: usize,
    pub(in crate::load) ear: Ear,
    pub(in crate::load) connection_id: String,
    pub(in crate::load) cursor: String,
}

/// What comes after a read.
#[derive(Debug)]
enum Next {
    Read,
    Wait,
    Greeted,
    Over(Option<u16>),
    Refused(u16, String),
}

/// The parts of the engine that a frame touches.
struct Scene<'a> {
    tally: &'a mut Tally,
    circle: Option<&'a mut Circle>,
    now_ns: u64,
    completed: u64,
}

impl Scene<'_> {
    /// Takes whole frames off `bytes`; what is left is the start of the next one.
    fn frames(&mut self, listener: &mut Listener, bytes: &mut &[u8]) -> Next {
        let mut next = Next::Read;
        loop {
            match frame::next(bytes) {
                Step::Partial => return next,
                Step::Broken => return Next::Over(Some(1002)),
                Step::Whole {
                    opcode,
                    payload,
                    used,
                } => {
                    match opcode {
                        frame::TEXT if listener.stage == Stage::Greeting => {
                            listener.connection_id =
                                quoted(payload, b"\"connection_id\":\"").unwrap_or_default();
                            let yes = b"\"resumed\":true";
                            listener.resumed = payload.windows(yes.len()).any(|part| part == yes);
                            listener.stage = Stage::Following;
                            next = Next::Greeted;
                        }
                        frame::TEXT => self.text(listener, payload, used),
                        frame::CLOSE => return Next::Over(Some(frame::close_code(payload))),
                        _ => self.tally.other_frames += 1,
                    }
                    *bytes = bytes.get(used..).unwrap_or_default();
                }
            }
        }
    }

    fn text(&mut self, listener: &mut Listener, payload: &[u8], used: usize) {
        let Some(circle) = &mut self.circle else {
            return;
        };
        let Some(stamp) = Stamp::find(payload, &mut circle.hint) else {
            self.tally.other_frames += 1;
            return;
        };
        self.tally.frames += 1;
        self.tally.frame_bytes += used as u64;
        let (heard, complete) = circle.audience.hear(&mut listener.ear, stamp.seq);
        self.completed += u64::from(complete);
        match heard {
            Heard::InOrder | Heard::Skipped(_) => {}
            Heard::Late => self.tally.reordered += 1,
            Heard::Again => self.tally.repeated += 1,
            Heard::Unknown => self.tally.unknown += 1,
        }
        if self.tally.recording {
            circle.audience.frames += 1;
            circle
                .audience
                .arrival
                .record(stamp.intended_ns, self.now_ns);
            self.tally
                .arrival_now
                .record(stamp.intended_ns, self.now_ns);
        }
        if listener.wants_cursor
            && let Some(cursor) = quoted(payload, b"\"cursor\":\"")
        {
            listener.cursor = cursor;
        }
    }
}

/// The text after `name`, up to the next quote.
fn quoted(payload: &[u8], name: &[u8]) -> Option<String> {
    let at = payload
        .windows(name.len())
        .position(|window| window == name)?
        + name.len();
    let rest = payload.get(at..)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    rest.get(..end)
        .map(|text| String::from_utf8_lossy(text).into_owned())
}
