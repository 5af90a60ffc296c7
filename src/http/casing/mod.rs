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
use smallvec::SmallVec;
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
    asked: Rc<Asked>,
}

/// What was asked on a connection. Requests are noted, and answered, one after the other.
#[derive(Debug, Default)]
struct Asked {
    /// Requests so far.
    requests: Cell<u64>,
    /// The numbers of those for a head alone, until that is written.
    of_head: RefCell<SmallVec<[u64; 1]>>,
}

/// A request arrived; its response is not written yet.
pub fn note_request(request: &Request) {
    let Some(asked) = request.conn_data::<Rc<Asked>>() else {
        return;
    };
    let number = asked.requests.get();
    asked.requests.set(number + 1);
    if request.method() == Method::HEAD {
        asked.of_head.borrow_mut().push(number);
    }
}

impl<S> CasedStream<S> {
    /// Around a fresh connection.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            heads: Heads::default(),
            asked: Rc::default(),
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
        data.insert(Rc::clone(&self.asked));
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CasedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let mut of_head = this.asked.of_head.borrow_mut();
        let mut after = this.heads.clone();
        let names = after.advance(bytes, &of_head);
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
                let taken = bytes.get(..taken).unwrap_or(bytes);
                this.heads.advance(taken, &of_head);
            }
            of_head.retain(|number| *number >= this.heads.answered());
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
