//! A connection that speaks HTTP: counted for its address, given up when it makes no progress, closed so that its last
//! answer arrives.
//!
//! actix bounds the time for the first head of a connection. What it leaves open is bounded here: answers that are not
//! read, later heads and bodies without end.

mod ahead;
mod bounds;
mod carrying;
mod deadline;
mod flag;
mod idle;
mod linger;
mod tail;
mod uploading;

use std::io::{self, ErrorKind, IoSlice};
use std::net::IpAddr;
use std::os::fd::AsRawFd as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_rt::net::TcpStream;
use actix_web::dev::Extensions;
use nix::sys::socket::{setsockopt, sockopt::TcpUserTimeout};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ApiError;
use crate::actors::shard::socket::{Sent, send_now};
use crate::model::Refusal;
pub use ahead::Ahead;
pub use bounds::{Bounds, Open, Place};
pub use carrying::{Carried, Carrying};
use deadline::{Deadline, Overdue};
pub use flag::Raised;
use idle::Ear;
pub use idle::Exchange;
pub(crate) use linger::linger;
use tail::Tail;
pub use uploading::Uploading;

/// Seconds after which a connection too many may be tried again.
const RETRY: u64 = 5;

/// See the module.
#[derive(Debug)]
pub struct HttpSocket {
    /// Until another protocol takes it over.
    stream: Option<TcpStream>,
    bounds: Arc<Bounds>,
    open: Option<Open>,
    /// What it counts for; `None` from a trusted proxy.
    address: Option<IpAddr>,
    place: Option<Place>,
    deadline: Deadline,
    /// Whether an upload runs.
    uploading: Uploading,
    /// The deadline is that of an upload.
    is_upload: bool,
    /// Whether the answer is a stream.
    carrying: Carrying,
    /// Whether a request is with its handler.
    exchange: Exchange,
    /// What was read of a body ahead of its handler.
    ahead: Ahead,
    /// The handler was waited for, and not the peer.
    has_waited: bool,
    /// For the end of idle connections.
    ear: Ear,
    /// Bytes that arrived since the last answer began.
    behind: usize,
    /// How what arrived ends.
    tail: Tail,
    /// Bytes of the answer that the peer has not taken yet.
    waiting: usize,
    /// The kernel was told for how long a peer may confirm nothing.
    is_watched: bool,
    /// The peer closed its side, or the connection is broken: there is nothing to wait for at the end.
    is_over: bool,
}

impl HttpSocket {
    /// Counts a fresh connection. `None`: its address has as many as it may, and was told so.
    pub fn admit(stream: TcpStream, bounds: &Arc<Bounds>) -> Option<Self> {
        let peer = stream.peer_addr().ok()?.ip();
        let address = bounds.counted(peer);
        let place = match address.map(|address| bounds.place(address)) {
            Some(None) => {
                refuse(stream, bounds);
                return None;
            }
            Some(place) => place,
            None => None,
        };
        Some(Self {
            stream: Some(stream),
            bounds: bounds.clone(),
            open: Some(Open::one_more(bounds)),
            address,
            place,
            deadline: Deadline::default(),
            uploading: Uploading::default(),
            is_upload: false,
            carrying: Carrying::default(),
            exchange: Exchange::default(),
            ahead: Ahead::default(),
            has_waited: false,
            ear: Ear::default(),
            behind: 0,
            tail: Tail::default(),
            waiting: 0,
            is_watched: false,
            is_over: false,
        })
    }

    /// Notes with a connection what an upload needs ([`Uploading::of`]), what a stream does ([`Carrying::begin`]), and what
    /// any request does ([`Exchange::begin`], [`Ahead::bound`]).
    pub fn on_connect(&self, data: &mut Extensions) {
        data.insert(self.uploading.clone());
        data.insert(self.carrying.clone());
        data.insert(self.exchange.clone());
        data.insert(self.ahead.clone());
    }

    /// The connection itself, once it speaks something other than HTTP, its place, and what a stop waits for until the
    /// connection is known elsewhere.
    pub fn into_parts(mut self) -> Option<(TcpStream, Option<Place>, Option<Open>)> {
        let stream = self.stream.take()?;
        Some((stream, self.place.take(), self.open.take()))
    }

    /// Whether nothing of a request has arrived that is not answered. Nothing may wait to be read when this is asked.
    fn is_idle(&self) -> bool {
        let is_asked = self.exchange.is_on() || self.deadline.has_request();
        !is_asked && !self.carrying.is_on() && self.waiting == 0
    }

    /// Whether a part of a request has arrived behind the last one.
    fn has_part_of_next(&self) -> bool {
        !self.carrying.is_on() && !self.exchange.has_body() && self.tail.is_amid_head()
    }

    fn io(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let gone = || io::Error::from(ErrorKind::NotConnected);
        self.stream.as_mut().map(Pin::new).ok_or_else(gone)
    }

    /// So many bytes wait for the peer.
    fn wait(&mut self, waiting: usize) -> io::Result<()> {
        let fits = self.bounds.wait(self.address, self.waiting, waiting);
        self.waiting = waiting;
        if fits {
            return Ok(());
        }
        self.bounds.count_unread();
        Err(self.give_up())
    }

    /// What the peer is to be told waits no longer: the kernel drops what it holds for it too.
    fn give_up(&mut self) -> io::Error {
        self.is_over = true;
        if let Some(stream) = &self.stream {
            // If it cannot be set, the kernel keeps the bytes for its own time.
            stream.set_zero_linger().unwrap_or_default();
        }
        ErrorKind::TimedOut.into()
    }

    /// Whether a stop closes the connection, as if its peer had: it is idle.
    fn poll_closed(&mut self, cx: &mut Context<'_>) -> bool {
        self.ear.hears(&self.bounds.bell, cx) && self.is_idle()
    }

    /// Whether the handler is waited for.
    fn waits(&mut self, cx: &mut Context<'_>) -> bool {
        let waits = self.ahead.waits(cx);
        let is_over = std::mem::replace(&mut self.has_waited, waits) && !waits;
        if is_over && self.is_upload {
            // However long the disk took: that was not the peer.
            self.deadline.progresses(self.bounds.stalled * 2);
        }
        waits
    }

    /// The task has to wait: until when?
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        match ready!(self.deadline.poll(cx)) {
            Overdue::Answer => self.bounds.count_unread(),
            Overdue::Request => self.bounds.count_overdue(),
        }
        Poll::Ready(self.give_up())
    }

    /// Bytes of an answer went to the kernel. Of a stream that may be a long time after the request.
    fn note_written(&mut self) {
        if !self.carrying.is_on() {
            self.behind = 0;
            return;
        }
        self.carrying.note_behind(self.behind);
        if !std::mem::replace(&mut self.is_watched, true)
            && let Some(stream) = &self.stream
        {
            // A peer that is gone without a word confirms no sign of life. One that is there and reads nothing is the
            // shard's to judge, so that is given more time than it has there. If it cannot be set, the kernel takes its
            // own time, about a quarter of an hour.
            let patience = self.bounds.stalled.as_millis().saturating_mul(2);
            let patience = u32::try_from(patience).unwrap_or(u32::MAX);
            setsockopt(stream, TcpUserTimeout, &patience).unwrap_or_default();
        }
    }

    /// Bytes arrive while the answer is a stream: no request that would have to end in time.
    fn note_behind(&mut self, bytes: usize) -> bool {
        self.behind = self.behind.saturating_add(bytes);
        self.carrying.note_behind(self.behind);
        self.carrying.is_on()
    }

    /// The stream that is carried was ended by force.
    fn end_if_cut(&mut self) -> io::Result<()> {
        match self.carrying.is_cut() {
            true => Err(self.give_up()),
            false => Ok(()),
        }
    }

    /// What became of a write of `length` bytes.
    fn written(
        &mut self,
        cx: &mut Context<'_>,
        length: usize,
        outcome: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Ready(Ok(taken)) => {
                self.deadline.writes();
                // A part of the next request is a request that arrives.
                if self.has_part_of_next() {
                    self.deadline.reads(self.bounds.request);
                }
                self.note_written();
                if taken == length && self.waiting > 0 {
                    self.wait(0)?;
                }
                Poll::Ready(Ok(taken))
            }
            Poll::Ready(Err(error)) => {
                self.is_over = true;
                Poll::Ready(Err(error))
            }
            Poll::Pending => {
                // The shard judges streams, by its own settings; this is for one that it does not see waiting.
                let times = if self.carrying.is_on() { 2 } else { 1 };
                self.deadline.stalls(self.bounds.stalled * times);
                self.wait(length)?;
                self.poll_deadline(cx).map(Err)
            }
        }
    }
}

/// Says that there are too many, without reading the request. A few are closed with care; in a flood the rest is
/// reset.
fn refuse(stream: TcpStream, bounds: &Bounds) {
    let error = ApiError::from(Refusal::TooManyConnections).retry_after(RETRY);
    // The answer fits into the empty buffer of the kernel, or the peer is gone.
    let told = send_now(stream.as_raw_fd(), &error.whole_answer());
    if let (Sent::All, Some(goodbye)) = (told, bounds.goodbye()) {
        linger(stream, goodbye);
    }
}

impl Drop for HttpSocket {
    fn drop(&mut self) {
        self.bounds.wait(self.address, self.waiting, 0);
        if let Some(stream) = self.stream.take()
            && !self.is_over
        {
            linger(stream, self.place.take());
        }
    }
}

impl AsyncWrite for HttpSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.end_if_cut()?;
        let outcome = self.io()?.poll_write(cx, bytes);
        self.written(cx, bytes.len(), outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.end_if_cut()?;
        let outcome = self.io()?.poll_write_vectored(cx, slices);
        let length = slices.iter().map(|slice| slice.len()).sum();
        self.written(cx, length, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io()?.poll_shutdown(cx)
    }
}

impl AsyncRead for HttpSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.end_if_cut()?;
        if self.waits(cx) {
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        match self.io()?.poll_read(cx, buffer) {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                let read = buffer.filled().get(before..).unwrap_or_default();
                self.ahead.reads(read.len());
                self.tail.note(read);
                if self.note_behind(buffer.filled().len() - before) {
                    return Poll::Ready(Ok(()));
                }
                let (request, stalled) = (self.bounds.request, self.bounds.stalled);
                self.is_upload = self.uploading.is_on();
                if self.is_upload {
                    // Its handler bounds it as a whole, and answers before this one goes off.
                    self.deadline.progresses(stalled * 2);
                    return Poll::Ready(Ok(()));
                }
                if self.deadline.reads(request) {
                    return Poll::Ready(Ok(()));
                }
                self.bounds.count_overdue();
                Poll::Ready(Err(self.give_up()))
            }
            Poll::Ready(outcome) => {
                self.is_over = true;
                self.carrying.is_left();
                Poll::Ready(outcome)
            }
            Poll::Pending => {
                self.ahead.pauses();
                // Its answer is an event, which may be a long time in coming: what serves it says how long.
                if self.carrying.is_on() {
                    self.deadline.arrived();
                }
                // It became one after its first bytes had arrived.
                if self.uploading.is_on() && !self.is_upload {
                    self.is_upload = true;
                    let patience = self.bounds.stalled * 2;
                    self.deadline.progresses(patience);
                }
                if self.poll_closed(cx) {
                    return Poll::Ready(Ok(()));
                }
                self.poll_deadline(cx).map(Err)
            }
        }
    }
}
