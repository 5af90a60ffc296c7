//! One thread, one epoll, one read buffer: all sockets of a run.
//!
//! Not a task per socket: a tester must cost less per frame than what it tests, and a frame that arrives in
//! a shared buffer, is measured there and forgotten touches one small struct. `listening`,
//! `hearing` and `leaving` are the sockets that hear, `calling` the REST connections that write and follow; the plans in `super::play` say what
//! happens when.

mod calling;
mod hearing;
mod leaving;
mod listener;
mod listening;
mod poller;

pub(super) use listening::Opening;

use super::audience::Audience;
use super::latency::{Latency, Precision};
use super::measure::Tally;
use super::plan::Plan;
use super::socket::Dial;
use crate::clock::Clock;
use calling::Callers;
use listener::Listener;
use nix::sys::epoll::EpollEvent;
use poller::{Poller, Token};
use std::io;
use std::time::{Duration, Instant};

/// One read takes at most this much; joined frames of a saturated server come in pieces of this size.
const READ_BYTES: usize = 256 * 1024;
const EVENTS_PER_TURN: usize = 1024;
/// Time between two looks at what is ready, while polling: the most by which it makes an arrival seem late.
const GATHER: Duration = Duration::from_micros(20);

/// Listeners that should hear the same, what they follow, and where it is written.
#[derive(Debug)]
pub(super) struct Circle {
    pub(super) audience: Audience,
    /// Endpoint that a listener follows after its hello; none where the hello is enough.
    pub(super) follow: Option<String>,
    /// Rooms that are written to, in turn: id and head of the request.
    pub(super) rooms: Vec<Room>,
    /// What arrived from each of them, while the clock ran.
    pub(super) arrivals: Vec<Arrivals>,
    stamp_hint: usize,
    moments_hint: usize,
}

/// A room that is written to.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) id: String,
    pub(super) token: String,
}

/// Frames of one room and their delays, from the intended moment.
#[derive(Debug)]
pub(super) struct Arrivals {
    pub(super) frames: u64,
    pub(super) delay: Latency,
}

impl Arrivals {
    fn new() -> Self {
        Self {
            frames: 0,
            delay: Latency::new(Precision::Rough),
        }
    }
}

impl Circle {
    /// Which room a number is written to: they take turns.
    pub(super) fn room_of(&self, seq: u32) -> usize {
        (seq as usize).checked_rem(self.rooms.len()).unwrap_or(0)
    }

    pub(super) fn new(follow: Option<String>, rooms: Vec<Room>) -> Self {
        Self {
            audience: Audience::default(),
            follow,
            arrivals: rooms.iter().map(|_| Arrivals::new()).collect(),
            rooms,
            stamp_hint: 0,
            moments_hint: 0,
        }
    }
}

/// What a plan wants to hear about a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occurrence {
    /// It has its hello and, if asked for, its subscription.
    Ready(usize),
    /// It did not get that far.
    Failed(usize),
    /// It was ready once and is closed now.
    Closed(usize),
}

/// All sockets of a run.
#[derive(Debug)]
pub(super) struct Engine {
    poller: Poller,
    origin: Instant,
    dial: Dial,
    dialled: u64,
    host: String,
    text_bytes: usize,
    buffer: Vec<u8>,
    events: Vec<EpollEvent>,
    listeners: Vec<Listener>,
    vacant: Vec<usize>,
    callers: Callers,
    pub(super) circles: Vec<Circle>,
    pub(super) tally: Tally,
    pub(super) occurrences: Vec<Occurrence>,
    /// Messages that are not yet answered and heard by everybody.
    pub(super) outstanding: u64,
    /// Handshakes that are not yet ready or failed.
    pub(super) opening: u64,
    /// Sockets that are ready.
    pub(super) live: u64,
    /// Somebody pressed Ctrl-C.
    pub(super) interrupted: bool,
    idle: Idle,
    /// End of the last turn, if that found nothing.
    idle_since: Option<Instant>,
    /// Beginning of the last look at what is ready.
    looked: Instant,
    /// Reads the wall, if frames are compared with the server's own moments.
    wall: Option<Clock>,
}

/// Time in which nothing was there to be done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Idle {
    /// Spent looking again and again.
    pub(super) polling: Duration,
    /// Spent asleep.
    pub(super) asleep: Duration,
}

impl Engine {
    /// An engine without sockets. It notices Ctrl-C and SIGTERM if `signals::hold` was called.
    pub(super) fn new(dial: Dial, host: String, plan: &Plan) -> io::Result<Self> {
        Ok(Self {
            poller: Poller::new()?,
            origin: Instant::now(),
            dial,
            dialled: 0,
            host,
            text_bytes: plan.text_bytes as usize,
            buffer: vec![0; READ_BYTES],
            events: vec![EpollEvent::empty(); EVENTS_PER_TURN],
            listeners: Vec::new(),
            vacant: Vec::new(),
            callers: Callers::new(plan.callers()),
            circles: Vec::new(),
            tally: Tally::new(),
            occurrences: Vec::new(),
            outstanding: 0,
            opening: 0,
            live: 0,
            interrupted: false,
            idle: Idle::default(),
            idle_since: None,
            looked: Instant::now(),
            wall: plan.timing.then(Clock::default),
        })
    }

    /// Nanoseconds since the run began.
    pub(super) fn now_ns(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Handles what is ready, waiting for it at most `patience`; none means polling.
    pub(super) fn turn(&mut self, patience: Option<Duration>) -> io::Result<()> {
        let mut before = Instant::now();
        if let Some(since) = self.idle_since.take() {
            // Looking at the clock and at what is due is not work that a frame waits for.
            self.idle.polling += before.duration_since(since);
        }
        if patience.is_none() {
            before = self.gather(before);
        }
        // Taken out for the turn, so that handlers may use the rest of the engine.
        let mut events = std::mem::take(&mut self.events);
        let mut count = self.poller.wait(&mut events, Duration::ZERO)?;
        if count == 0 {
            if let Some(patience) = patience {
                count = self.poller.wait(&mut events, patience)?;
            }
            // Whatever woke us up, until here there was nothing to do.
            let now = Instant::now();
            let waited = now.duration_since(before);
            match patience {
                Some(_) => self.idle.asleep += waited,
                None => self.idle.polling += waited,
            }
            self.idle_since = (count == 0).then_some(now);
        }
        self.tally.turns += u64::from(count > 0);
        self.tally.ready += count as u64;
        for event in events.iter().take(count) {
            match Token::of(event.data()) {
                Token::Listener(slot) => self.listener_ready(slot),
                Token::Caller(slot) => self.caller_ready(slot),
                Token::Signal => self.interrupted |= self.poller.interrupted(),
            }
        }
        self.events = events;
        Ok(())
    }

    /// Lets a moment pass since the last look, so that one look finds several sockets: looking costs as much
    /// as reading one. Asleep we would save power, but be woken late.
    fn gather(&mut self, from: Instant) -> Instant {
        let mut now = from;
        while now.duration_since(self.looked) < GATHER {
            std::hint::spin_loop();
            now = Instant::now();
        }
        self.idle.polling += now.duration_since(from);
        self.looked = now;
        now
    }

    /// Time of the run that was spent waiting.
    pub(super) fn idle(&self) -> Idle {
        self.idle
    }

    fn dial(&mut self) -> io::Result<std::net::TcpStream> {
        self.dialled += 1;
        self.dial.begin(self.dialled)
    }

    fn settle(&mut self, completed: u64) {
        self.outstanding = self.outstanding.saturating_sub(completed);
    }
}
