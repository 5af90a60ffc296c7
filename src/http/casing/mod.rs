//! A TCP stream that writes a few response headers in the letter case that old clients compare byte by byte.
//!
//! actix writes header names in lower case. One client library reads `X-RateLimit-Remaining` and its
//! relatives with exactly these capitals, so the stream rewrites the names in outgoing bytes. `heads` knows
//! which bytes are the head of a response; bodies are neither changed nor searched (docs/decisions/0012).

mod heads;

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::{Method, Request};
use actix_web::dev::Extensions;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use heads::{Heads, Respelled};

thread_local! {
    /// Shared by all sockets of a thread: a write never waits while it holds it.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// See the module.
#[derive(Debug)]
pub struct CasedStream<S> {
    inner: S,
    heads: Heads,
    bodies: BodiesKnown,
}

/// Whether the length of each body is known from its head. An answer to `HEAD` names the length of a body
/// that does not follow; from the first such request on the connection's bytes are left as they are.
#[derive(Clone, Debug)]
struct BodiesKnown(Rc<Cell<bool>>);

/// A request arrived; its response is not written yet.
pub fn note_request(request: &Request) {
    if request.method() == Method::HEAD
        && let Some(BodiesKnown(known)) = request.conn_data()
    {
        known.set(false);
    }
}

impl<S> CasedStream<S> {
    /// Around a fresh connection.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            heads: Heads::default(),
            bodies: BodiesKnown(Rc::new(Cell::new(true))),
        }
    }

    /// The connection itself, once it speaks something other than HTTP.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// The connection itself.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Notes with a connection what [`note_request`] needs.
    pub fn on_connect(&self, data: &mut Extensions) {
        data.insert(self.bodies.clone());
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CasedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if !this.bodies.0.get() {
            return Pin::new(&mut this.inner).poll_write(cx, bytes);
        }
        let mut after = this.heads.clone();
        let names = after.advance(bytes);
        let written = match names.last() {
            None => Pin::new(&mut this.inner).poll_write(cx, bytes),
            Some(last) => SCRATCH.with_borrow_mut(|scratch| {
                let (head, rest) = bytes.split_at_checked(last.end()).unwrap_or((bytes, &[]));
                scratch.clear();
                scratch.extend_from_slice(head);
                names
                    .iter()
                    .for_each(|name: &Respelled| name.write_to(scratch));
                let slices = [IoSlice::new(scratch), IoSlice::new(rest)];
                Pin::new(&mut this.inner).poll_write_vectored(cx, &slices)
            }),
        };
        if let Poll::Ready(Ok(taken)) = written {
            if taken == bytes.len() {
                this.heads = after;
            } else {
                this.heads.advance(bytes.get(..taken).unwrap_or(bytes));
            }
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CasedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests;
