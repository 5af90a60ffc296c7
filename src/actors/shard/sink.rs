//! Where the bytes of a connection leave: through a descriptor of its own, or as the body of an HTTP answer.

use std::cell::{Cell, RefCell};
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Waker};

use actix_rt::net::TcpStream;
use bytes::Bytes;
use nix::sys::socket::{Shutdown, shutdown};
use tokio::sync::Notify;

use super::outbox::Remainder;
use crate::protocol::framing::Framing;

/// The end of the way out.
#[derive(Debug)]
pub(super) enum Sink {
    /// A socket: the shard offers bytes to the kernel.
    Descriptor(TcpStream),
    /// The body of an answer: the HTTP connection that carries it takes bytes when it has room. Apart, since most sockets
    /// have a descriptor and there are many of them.
    Answer(Box<Answer>),
}

/// The body of an answer, seen from the shard.
#[derive(Debug)]
pub(super) struct Answer {
    framing: Framing,
    /// What the body begins with, until it has begun.
    preface: RefCell<Bytes>,
    /// The task of the HTTP connection.
    carrier: RefCell<Option<Waker>>,
    /// Told when nothing waits any more: a replay waits for that.
    drained: RefCell<Option<Rc<Notify>>>,
    /// What waits is not sent any more, and the HTTP connection ends.
    is_cut: Cell<bool>,
}

impl Answer {
    pub(super) fn new(framing: Framing, preface: Bytes) -> Self {
        Self {
            framing,
            preface: RefCell::new(preface),
            carrier: RefCell::new(None),
            drained: RefCell::new(None),
            is_cut: Cell::new(false),
        }
    }

    /// There is something for the HTTP connection to do.
    pub(super) fn wake(&self) {
        // The waker stays for the next time: the HTTP connection does not ask the body while it has no room.
        if let Some(carrier) = &*self.carrier.borrow() {
            carrier.wake_by_ref();
        }
    }

    /// The HTTP connection waits for bytes.
    pub(super) fn is_awaited_by(&self, cx: &Context<'_>) {
        let mut carrier = self.carrier.borrow_mut();
        let known = carrier.as_ref();
        if !known.is_some_and(|known| known.will_wake(cx.waker())) {
            *carrier = Some(cx.waker().clone());
        }
    }

    /// Nothing waits any more.
    pub(super) fn note_drained(&self) {
        if let Some(drained) = &*self.drained.borrow() {
            drained.notify_one();
        }
    }

    /// Has this told when nothing waits any more.
    pub(super) fn tell_drained(&self, drained: Rc<Notify>) {
        self.drained.replace(Some(drained));
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.get()
    }

    /// Whole websocket frames, as the body has them.
    fn reframe(&self, frames: &Bytes) -> Bytes {
        let framed = self.framing.reframe(frames);
        let preface = self.preface.take();
        match preface.is_empty() {
            true => framed,
            false => [preface, framed].concat().into(),
        }
    }
}

impl Sink {
    /// The descriptor, if it is a socket of its own.
    pub(super) fn descriptor(&self) -> Option<RawFd> {
        match self {
            Self::Descriptor(io) => Some(io.as_raw_fd()),
            Self::Answer(_) => None,
        }
    }

    /// What waits for the peer, as it leaves.
    pub(super) fn framed(&self, rest: Remainder) -> Remainder {
        match self {
            Self::Descriptor(_) => rest,
            Self::Answer(answer) => rest.mapped(|frames| answer.reframe(frames)),
        }
    }

    /// A whole frame, as it leaves.
    pub(super) fn reframed(&self, frame: Bytes) -> Bytes {
        match self {
            Self::Descriptor(_) => frame,
            Self::Answer(answer) => answer.reframe(&frame),
        }
    }

    /// Something waits that did not wait before, or nothing that was missed does.
    pub(super) fn note_queued(&self) {
        match self {
            Self::Descriptor(_) => {}
            Self::Answer(answer) => answer.wake(),
        }
    }

    /// Nothing more is written, and nothing waits or the rest is on its way.
    pub(super) fn finish(&self, is_empty: bool) {
        match self {
            Self::Descriptor(io) if is_empty => {
                // A socket that the peer has closed already needs no shutdown.
                shutdown(io.as_raw_fd(), Shutdown::Write).unwrap_or_default();
            }
            Self::Descriptor(_) => {}
            Self::Answer(answer) => answer.wake(),
        }
    }

    /// What waits is not sent any more.
    pub(super) fn cut(&self) {
        match self {
            // A socket that the peer has closed already needs no shutdown.
            Self::Descriptor(io) => shutdown(io.as_raw_fd(), Shutdown::Both).unwrap_or_default(),
            Self::Answer(answer) => {
                answer.is_cut.set(true);
                answer.wake();
            }
        }
    }
}
