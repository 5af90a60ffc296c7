//! A TCP stream that writes a few response headers in the letter case that old clients compare byte by byte.
//!
//! actix writes header names in lower case. One client library reads `X-RateLimit-Remaining` and its
//! relatives with exactly these capitals, so the stream rewrites the names in outgoing bytes. The length stays the
//! same, and nothing but the case of letters changes, so that even a body that held such a line would still
//! say the same.
//!
//! The HTTP dispatcher hands over all bytes of a response head at once. A name can only be cut when the
//! socket takes a part of what it was offered; the rest of a name that was already begun is remembered.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_rt::net::TcpStream;
use smallvec::SmallVec;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The names as rewritten, with the line end before and the colon after them.
const NAMES: [&[u8]; 4] = [
    b"\r\nX-RateLimit-Limit:",
    b"\r\nX-RateLimit-Remaining:",
    b"\r\nX-RateLimit-Reset:",
    b"\r\nX-OAuth-Scopes:",
];
/// Most bytes that are copied at once; a longer body leaves in several writes.
const CHUNK: usize = 64 * 1024;

thread_local! {
    /// Shared by all sockets of a thread: a write never waits while it holds it.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// See the module.
#[derive(Debug)]
pub struct CasedStream {
    inner: TcpStream,
    /// Rest of a name of which the socket took only the beginning.
    rest: &'static [u8],
}

impl CasedStream {
    /// Wraps a new connection.
    pub fn new(inner: TcpStream) -> Self {
        Self { inner, rest: b"" }
    }

    /// The wrapped connection, once it speaks another protocol than HTTP.
    pub fn into_inner(self) -> TcpStream {
        self.inner
    }

    /// The wrapped connection.
    pub fn get_ref(&self) -> &TcpStream {
        &self.inner
    }
}

/// Offsets of the names in `bytes`, in order.
fn find(bytes: &[u8]) -> impl Iterator<Item = (usize, &'static [u8])> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let ahead = bytes.get(from..)?;
            let at = from + ahead.iter().position(|byte| *byte == b'\r')?;
            let here = bytes.get(at..)?;
            from = at + 1;
            // `\r\nx` alone sorts out nearly every line.
            if !matches!(here.get(2), Some(b'x' | b'X')) {
                continue;
            }
            let name = NAMES.iter().find(|name| {
                here.get(..name.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(name))
            });
            if let Some(name) = name {
                return Some((at, *name));
            }
        }
    })
}

impl AsyncWrite for CasedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let resumes = bytes
            .get(..this.rest.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(this.rest));
        let rest = if resumes { this.rest } else { b"" };
        // A name that begins within the chunk belongs to it as a whole.
        let window = bytes.get(..CHUNK + 32).unwrap_or(bytes);
        let names: SmallVec<[(usize, &'static [u8]); 8]> =
            find(window).take_while(|(at, _)| *at < CHUNK).collect();
        let end = names.last().map_or(0, |(at, name)| at + name.len());
        let chunk = bytes.get(..CHUNK.max(end)).unwrap_or(bytes);
        if rest.is_empty() && names.is_empty() {
            this.rest = b"";
            return Pin::new(&mut this.inner).poll_write(cx, chunk);
        }
        let written = SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            scratch.extend_from_slice(chunk);
            for (at, name) in std::iter::once((0, rest)).chain(names.iter().copied()) {
                if let Some(place) = scratch.get_mut(at..at + name.len()) {
                    place.copy_from_slice(name);
                }
            }
            Pin::new(&mut this.inner).poll_write(cx, scratch)
        });
        if let Poll::Ready(Ok(end)) = written {
            let cut = std::iter::once((0, rest))
                .chain(names)
                .find(|(at, name)| (*at..at + name.len()).contains(&end) && end > *at);
            this.rest = cut
                .and_then(|(at, name)| name.get(end - at..))
                .unwrap_or_default();
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

impl AsyncRead for CasedStream {
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
