//! One connection's bytes: straight to the kernel while it keeps up, a bounded queue while it does not. What leaves as the
//! body of an HTTP answer waits in that queue until the answer takes it.

use std::cell::{Cell, RefCell};
use std::io::IoSlice;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use actix_rt::net::TcpStream;
use bytes::Bytes;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, send};
use smallvec::SmallVec;
use tokio::sync::Notify;

use super::outbox::{Outbox, Remainder};
use super::sink::{Answer, Sink};
use crate::protocol::framing::Framing;

/// What became of bytes given to [`send_now`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The kernel took all of them.
    All,
    /// The kernel took this many.
    Part(usize),
    /// The connection is broken; its reader notices too.
    Broken,
}

/// Writes without waiting. Takes the bare descriptor so that a fan-out to many receivers reads nothing but
/// their dense list; the caller's list holds only descriptors of sockets that are still open.
pub fn send_now(fd: RawFd, bytes: &[u8]) -> Sent {
    loop {
        return match send(fd, bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL) {
            Ok(n) if n == bytes.len() => Sent::All,
            Ok(n) => Sent::Part(n),
            Err(Errno::EAGAIN) => Sent::Part(0),
            Err(Errno::EINTR) => continue,
            Err(_) => Sent::Broken,
        };
    }
}

/// Pieces written in one call. A socket that is behind takes what fits into its buffer, seldom more than this.
const PIECES_AT_ONCE: usize = 64;

/// A socket, shared by its reader and by the shard that writes to it; both live on one thread.
#[derive(Debug)]
pub struct Socket {
    sink: Sink,
    outbox: RefCell<Option<Box<Outbox>>>,
    /// The connection is over: the reader ends at once.
    ended: Cell<bool>,
    /// Nothing more will be written: our side is closed behind what waits.
    finished: Cell<bool>,
    /// The answer has taken all that there was.
    is_taken: Cell<bool>,
    reader: RefCell<Option<Waker>>,
}

impl Socket {
    /// Takes the socket over.
    pub fn new(io: TcpStream) -> Self {
        Self::with(Sink::Descriptor(io))
    }

    /// What leaves as the body of an HTTP answer, which begins with these bytes.
    pub fn of_answer(framing: Framing, preface: Bytes) -> Self {
        Self::with(Sink::Answer(Box::new(Answer::new(framing, preface))))
    }

    fn with(sink: Sink) -> Self {
        Self {
            sink,
            outbox: RefCell::new(None),
            ended: Cell::new(false),
            finished: Cell::new(false),
            is_taken: Cell::new(false),
            reader: RefCell::new(None),
        }
    }

    /// Its descriptor, open as long as this value lives; `None` if it leaves as the body of an answer.
    pub fn descriptor(&self) -> Option<RawFd> {
        self.sink.descriptor()
    }

    /// For the reader; there is nothing to read behind an answer.
    pub fn io(&self) -> Option<&TcpStream> {
        match &self.sink {
            Sink::Descriptor(io) => Some(io),
            Sink::Answer(_) => None,
        }
    }

    /// Ends the connection: the reader stops, the actor with it.
    pub fn end(&self) {
        self.ended.set(true);
        if let Some(reader) = self.reader.borrow_mut().take() {
            reader.wake();
        }
    }

    /// Ends the connection even where a drain still holds it: what waits is not written any more.
    pub fn cut(&self) {
        self.sink.cut();
    }

    /// Whether the HTTP connection that carries it has to end too.
    pub fn is_cut(&self) -> bool {
        match &self.sink {
            Sink::Descriptor(_) => false,
            // One that ended in order has given all it had to the connection.
            Sink::Answer(answer) => answer.is_cut() && !self.is_taken.get(),
        }
    }

    /// Closes our side once what waits is written. The peer's bytes are read on, since a reset could take away what it
    /// has not read yet.
    pub fn finish(&self) {
        self.finished.set(true);
        self.sink.finish(self.outbox.borrow().is_none());
    }

    /// Whether it is over; if not, the reader is woken when it will be.
    pub fn poll_ended(&self, waker: &Waker) -> bool {
        if self.ended.get() {
            return true;
        }
        let mut reader = self.reader.borrow_mut();
        if !reader.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *reader = Some(waker.clone());
        }
        false
    }

    /// Bytes that wait, with what it costs to keep them.
    pub fn queued_bytes(&self) -> usize {
        self.outbox
            .borrow()
            .as_ref()
            .map_or(0, |outbox| outbox.cost())
    }

    /// When the kernel last took something, if anything waits.
    pub fn behind_since(&self) -> Option<Instant> {
        self.outbox
            .borrow()
            .as_ref()
            .map(|outbox| outbox.progress())
    }

    /// Offers what waits to the kernel without waiting for its word: that comes late, when a good part of its buffer is
    /// free, and a busy thread hears it later still.
    pub fn offer(&self, now: Instant) {
        let Some(fd) = self.descriptor() else { return };
        let mut slot = self.outbox.borrow_mut();
        let Some(outbox) = slot.as_mut() else { return };
        while let Some(front) = outbox.front() {
            let length = front.len();
            let taken = match send_now(fd, front) {
                Sent::All => length,
                Sent::Part(taken) => taken,
                // The drain notices too.
                Sent::Broken => 0,
            };
            if taken > 0 {
                outbox.took(taken, now);
            }
            if taken < length {
                return;
            }
        }
    }

    /// Puts bytes behind what waits already. Returns true if nothing waited before: then a drain has to be started.
    pub fn queue(&self, rest: Remainder, now: Instant) -> bool {
        let rest = self.sink.framed(rest);
        let mut slot = self.outbox.borrow_mut();
        if let Some(outbox) = slot.as_mut() {
            outbox.push(rest, now);
            return false;
        }
        *slot = Some(Box::new(Outbox::new(rest, now)));
        self.sink.note_queued();
        true
    }

    /// The next bytes of the body of an answer, so many at most. `None` once there will be no more.
    pub fn poll_take(&self, cx: &Context<'_>, most: usize) -> Poll<Option<Bytes>> {
        let Sink::Answer(answer) = &self.sink else {
            return Poll::Ready(None);
        };
        let mut slot = self.outbox.borrow_mut();
        let waiting = slot.as_mut().filter(|_| !answer.is_cut());
        let bytes = waiting.and_then(|outbox| outbox.take(most, Instant::now()));
        if slot.as_ref().is_some_and(|outbox| outbox.is_empty()) {
            *slot = None;
            answer.note_drained();
        }
        if bytes.is_some() {
            return Poll::Ready(bytes);
        }
        if answer.is_cut() || self.finished.get() {
            drop(slot);
            self.is_taken.set(true);
            self.end();
            return Poll::Ready(None);
        }
        answer.is_awaited_by(cx);
        Poll::Pending
    }

    /// Has this told whenever nothing waits any more; of an answer, whose bytes the shard does not send itself.
    pub fn tell_drained(&self, drained: Rc<Notify>) {
        match &self.sink {
            Sink::Answer(answer) => answer.tell_drained(drained),
            Sink::Descriptor(_) => {}
        }
    }

    /// What was missed has been sent. A request that waits for events wants to know.
    pub fn note_live(&self) {
        self.sink.note_queued();
    }

    /// Puts a whole frame before those that wait. Where nothing waits, it is not for a queue.
    pub fn queue_first(&self, frame: Bytes, now: Instant) {
        if let Some(outbox) = self.outbox.borrow_mut().as_mut() {
            outbox.push_first(self.sink.reframed(frame), now);
        }
    }

    /// How long the first of what waits has waited.
    pub fn lag_ms(&self, now: Instant) -> u32 {
        self.outbox
            .borrow()
            .as_ref()
            .map_or(0, |outbox| outbox.lag_ms(now))
    }

    /// Drops queued frames, except a partly sent one: without its end the next frame (the close
    /// frame) would be read as part of it.
    pub fn drop_queue(&self) {
        if let Some(outbox) = self.outbox.borrow_mut().as_mut() {
            outbox.keep_begun_frame();
        }
    }

    /// Writes queued bytes as the kernel takes them. Returns when the queue is empty or the peer disconnected.
    pub async fn drain(&self, now: impl Fn() -> Instant) {
        let Some(io) = self.io() else { return };
        loop {
            if io.writable().await.is_err() {
                return self.give_up();
            }
            let mut slot = self.outbox.borrow_mut();
            let Some(outbox) = slot.as_mut() else { return };
            loop {
                if outbox.is_empty() {
                    *slot = None;
                    drop(slot);
                    if self.finished.get() {
                        self.finish();
                    }
                    return;
                }
                let pieces = outbox.pieces().take(PIECES_AT_ONCE);
                let slices: SmallVec<[IoSlice<'_>; PIECES_AT_ONCE]> = pieces.collect();
                match io.try_write_vectored(&slices) {
                    Ok(taken) => {
                        drop(slices);
                        outbox.took(taken, now());
                    }
                    Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => break,
                    Err(_) => {
                        drop(slices);
                        drop(slot);
                        return self.give_up();
                    }
                }
            }
        }
    }

    fn give_up(&self) {
        self.outbox.borrow_mut().take();
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[actix::test]
    async fn what_a_reader_made_room_for_is_taken_although_no_drain_had_its_turn() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut reader = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let near = listener.accept().unwrap().0;
        near.set_nonblocking(true).unwrap();
        let socket = Socket::new(TcpStream::from_std(near).unwrap());
        let frame = Bytes::from(vec![7; 64 * 1024]);
        // Until the kernel takes no more.
        let mut sent = 0;
        let taken = loop {
            match send_now(socket.descriptor().unwrap(), &frame) {
                Sent::All => sent += frame.len(),
                Sent::Part(taken) => break taken,
                Sent::Broken => panic!("the peer reads"),
            }
        };
        let begin = Instant::now();
        assert!(socket.queue(Remainder::of(&frame, taken), begin));
        socket.queue(Remainder::of(&frame, 0), begin);
        let waiting = socket.queued_bytes();
        socket.offer(Instant::now());
        assert_eq!(socket.queued_bytes(), waiting, "there is no room");
        assert_eq!(socket.behind_since(), Some(begin));
        let whole = sent + 2 * frame.len();
        let mut read = vec![0; sent + taken];
        reader.read_exact(&mut read).unwrap();
        // The kernel may learn of the room a moment later.
        let mut read = sent + taken;
        let mut piece = vec![0; frame.len()];
        while read < whole {
            socket.offer(Instant::now());
            reader.set_nonblocking(true).unwrap();
            read += reader.read(&mut piece).unwrap_or(0);
        }
        assert!(socket.behind_since().is_some_and(|since| since > begin));
    }
}
