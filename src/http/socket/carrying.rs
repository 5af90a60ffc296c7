//! A stream that leaves as the answer to a request: the connection that carries it says when its peer is gone, and ends
//! with it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use actix_web::HttpRequest;

use crate::actors::shard::socket::Socket;

/// Bytes that may arrive behind the last answer. A client that receives a stream has nothing to send; actix would look at
/// more than it can hold again and again.
const BEHIND: usize = 64 * 1024;

/// The stream that a connection carries, if it does.
#[derive(Clone, Debug, Default)]
pub struct Carrying(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stream: RefCell<Option<Rc<Socket>>>,
    /// The peer is gone: nothing more is read, so no later stream would hear of it.
    is_over: Cell<bool>,
}

/// A stream that is carried, until this is dropped.
#[derive(Debug)]
pub struct Carried {
    carrying: Carrying,
    socket: Rc<Socket>,
}

impl Carrying {
    /// The answer to the request is a stream from here on.
    pub fn begin(request: &HttpRequest, socket: Rc<Socket>) -> Option<Carried> {
        let carrying = request.conn_data::<Self>()?.clone();
        *carrying.0.stream.borrow_mut() = Some(socket.clone());
        if carrying.0.is_over.get() {
            socket.end();
        }
        Some(Carried { carrying, socket })
    }

    /// Whether the answer is a stream.
    pub(super) fn is_on(&self) -> bool {
        self.0.stream.borrow().is_some()
    }

    /// Whether the stream was ended without waiting for its peer.
    pub(super) fn is_cut(&self) -> bool {
        let socket = self.0.stream.borrow();
        socket.as_ref().is_some_and(|socket| socket.is_cut())
    }

    /// The peer is gone. It may be so before its request has become a stream.
    pub(super) fn is_left(&self) {
        self.0.is_over.set(true);
        self.end();
    }

    fn end(&self) {
        if let Some(socket) = &*self.0.stream.borrow() {
            socket.end();
        }
    }

    /// So many bytes have arrived behind the last answer: more than a client sends that listens?
    pub(super) fn note_behind(&self, bytes: usize) {
        if bytes > BEHIND {
            self.end();
        }
    }
}

impl Carried {
    /// What is carried.
    pub fn socket(&self) -> &Rc<Socket> {
        &self.socket
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.carrying.0.stream.borrow_mut().take();
        self.socket.end();
    }
}
