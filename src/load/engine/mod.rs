//! One thread, one epoll, one read buffer: all sockets of a run.
//!
//! Not a task per socket: a tester must cost less per frame than what it tests, and a frame that arrives in
//! a shared buffer, is measured there and forgotten touches one small struct. `listening`,
//! `receiving` and `closing` handle the listening sockets, `circle` and `known` judge what they receive, `requests` has the REST connections that write and subscribe; the plans in `super::play` decide what
//! happens when.

mod circle;
mod closing;
mod known;
mod listener;
mod listening;
mod nodes;
mod poller;
mod receiving;
mod requests;

pub(super) use circle::{Circle, Reach, Room};
pub(super) use closing::Dropped;
pub(super) use listening::Opening;

use super::held::Held;
use super::measure::Tally;
use super::plan::Plan;
use super::socket::Dial;
use crate::clock::Clock;
use listener::Listener;
use nix::sys::epoll::EpollEvent;
use nodes::Nodes;
use poller::{Poller, Token};
use requests::RestConnections;
use std::io;
use std::time::{Duration, Instant};

/// Most bytes of one read; joined frames of a saturated server arrive in reads of this size.
const READ_BYTES: usize = 256 * 1024;
const EVENTS_PER_TURN: usize = 1024;
/// Time between two polls: the most by which polling delays the timestamp of an arrival.
const GATHER: Duration = Duration::from_micros(20);

/// An event of a socket, for the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SocketEvent {
    /// It has its hello and, if requested, its subscription.
    Ready(usize),
    /// It failed before that.
    Failed(usize),
    /// It was ready once and is closed now.
    Closed(usize),
}

/// All sockets of a run.
#[derive(Debug)]
pub(super) struct Engine {
    poller: Poller,
    origin: Instant,
    pub(super) nodes: Nodes,
    text_bytes: usize,
    buffer: Vec<u8>,
    events: Vec<EpollEvent>,
    listeners: Vec<Listener>,
    vacant: Vec<usize>,
    rest_connections: RestConnections,
    pub(super) circles: Vec<Circle>,
    pub(super) tally: Tally,
    /// Frames that are read whole after the run.
    pub(super) held: Held,
    pub(super) occurrences: Vec<SocketEvent>,
    /// Messages without a response or not received by all listeners yet.
    pub(super) outstanding: u64,
    /// Handshakes that are not yet ready or failed.
    pub(super) opening: u64,
    /// Sockets that are ready.
    pub(super) live: u64,
    /// Ctrl-C was pressed.
    pub(super) interrupted: bool,
    idle: Idle,
    /// End of the last turn, if that found nothing.
    idle_since: Option<Instant>,
    /// Start of the last poll.
    looked: Instant,
    /// The wall clock, if frames are compared with the server's timestamps.
    wall: Option<Clock>,
}

/// Time without work.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Idle {
    /// Spent polling.
    pub(super) polling: Duration,
    /// Spent asleep.
    pub(super) asleep: Duration,
}

impl Engine {
    /// An engine without sockets. It notices Ctrl-C and SIGTERM if `signals::hold` was called.
    pub(super) fn new(nodes: Vec<(Dial, String)>, plan: &Plan) -> io::Result<Self> {
        let count = nodes.len();
        Ok(Self {
            poller: Poller::new()?,
            origin: Instant::now(),
            nodes: Nodes::new(nodes),
            text_bytes: plan.text_bytes as usize,
            buffer: vec![0; READ_BYTES],
            events: vec![EpollEvent::empty(); EVENTS_PER_TURN],
            listeners: Vec::new(),
            vacant: Vec::new(),
            rest_connections: RestConnections::new(count, plan.rest_connections()),
            circles: Vec::new(),
            tally: Tally::over(count),
            held: Held::new(),
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

    /// Takes the circles of the run, before their sockets are opened.
    pub(super) fn seat(&mut self, circles: Vec<Circle>) {
        let count = circles.len();
        let seated = circles.into_iter();
        let seated = seated.map(|circle| circle.seated(count, self.text_bytes));
        self.circles = seated.collect();
    }

    /// Nanoseconds since the run began.
    pub(super) fn now_ns(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Handles what is ready, waiting for it at most `patience`; none means polling.
    pub(super) fn turn(&mut self, patience: Option<Duration>) -> io::Result<()> {
        let mut before = Instant::now();
        if let Some(since) = self.idle_since.take() {
            // Reading the clock and checking deadlines does not delay a frame.
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
            // Until here there was no work.
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
            let has_ended = poller::has_ended(event);
            match Token::of(event.data()) {
                Token::Listener(slot) => self.listener_ready(slot, has_ended),
                Token::RestConnection(slot) => self.caller_ready(slot, has_ended),
                Token::Signal => self.interrupted |= self.poller.interrupted(),
            }
        }
        self.events = events;
        Ok(())
    }

    /// Waits a little between polls, so that one poll finds several sockets: a poll costs as much
    /// as reading one. Sleeping instead would delay the wake-up.
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

    fn settle(&mut self, completed: u64) {
        self.outstanding = self.outstanding.saturating_sub(completed);
    }
}
