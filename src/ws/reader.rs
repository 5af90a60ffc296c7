//! Frames of one client, through the one read buffer of the thread: an idle connection owns none. A client that receives
//! an answer sends none.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_codec::Decoder;
use actix_http::ws::{Codec, Item};
use actix_web::web::{Bytes, BytesMut};
use actix_web_actors::ws::{Frame, ProtocolError};
use futures_util::Stream;

use crate::actors::shard::socket::Socket;
use crate::protocol::goodbye::Goodbye;

/// Bytes read at once.
const READ: usize = 16 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8; READ]>> = RefCell::new(Box::new([0; READ]));
}

/// A decoded client frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A complete text or binary message. Its content is ignored.
    Message,
    /// A fragment of a message: a heartbeat without a reply.
    Part,
    /// A ping; the pong carries the same bytes.
    Ping(Bytes),
    /// A pong: a heartbeat.
    Pong,
    /// The client closes.
    Close,
    /// The client violated the protocol: nothing more is read, and the close code says why.
    Fault(Goodbye),
}

/// The stream of one client's frames. Ends when the peer or the shard ends the connection.
pub(super) struct Reader {
    socket: Rc<Socket>,
    rest: BytesMut,
    codec: Codec,
    limit: usize,
    /// Text of a fragmented message, checked when it is complete.
    parts: Option<Vec<u8>>,
    /// Fragments of a binary message count against the limit; their bytes are discarded.
    is_text: bool,
    /// After a violation all input is discarded, so that the client can read the close frame before the connection ends.
    deaf: bool,
}

impl Reader {
    /// `rest`: bytes that arrived with the request.
    pub(super) fn new(socket: Rc<Socket>, rest: BytesMut, limit: usize) -> Self {
        let codec = Codec::new().max_size(limit);
        Self {
            socket,
            rest,
            codec,
            limit,
            parts: None,
            is_text: false,
            deaf: false,
        }
    }

    fn next_frame(&mut self) -> Option<Heard> {
        if self.deaf {
            self.rest.clear();
            return None;
        }
        if let Some(fault) = fault_in_header(&self.rest, self.limit) {
            return Some(self.fault(fault));
        }
        let heard = match self.codec.decode(&mut self.rest) {
            Ok(Some(frame)) => self.frame(frame),
            Ok(None) => return None,
            Err(ProtocolError::Overflow) => self.fault(Goodbye::TooBig),
            Err(_) => self.fault(Goodbye::ProtocolFault),
        };
        if self.rest.is_empty() {
            // An idle connection keeps no buffer.
            self.rest = BytesMut::new();
        }
        Some(heard)
    }

    fn fault(&mut self, goodbye: Goodbye) -> Heard {
        self.deaf = true;
        self.rest = BytesMut::new();
        self.parts = None;
        Heard::Fault(goodbye)
    }

    fn frame(&mut self, frame: Frame) -> Heard {
        match frame {
            Frame::Text(text) if std::str::from_utf8(&text).is_err() => {
                self.fault(Goodbye::NotUtf8)
            }
            Frame::Text(_) | Frame::Binary(_) => Heard::Message,
            Frame::Ping(bytes) => Heard::Ping(bytes),
            Frame::Pong(_) => Heard::Pong,
            Frame::Close(_) => Heard::Close,
            Frame::Continuation(item) => self.part(item),
        }
    }

    fn part(&mut self, item: Item) -> Heard {
        let (bytes, last) = match item {
            Item::FirstText(bytes) => {
                self.is_text = true;
                self.parts = Some(Vec::new());
                (bytes, false)
            }
            Item::FirstBinary(bytes) => {
                self.is_text = false;
                self.parts = Some(Vec::new());
                (bytes, false)
            }
            Item::Continue(bytes) => (bytes, false),
            Item::Last(bytes) => (bytes, true),
        };
        let Some(parts) = self.parts.as_mut() else {
            return self.fault(Goodbye::ProtocolFault);
        };
        if parts.len() + bytes.len() > self.limit {
            return self.fault(Goodbye::TooBig);
        }
        parts.extend_from_slice(&bytes);
        if !last {
            return Heard::Part;
        }
        let whole = self.parts.take().unwrap_or_default();
        if self.is_text && std::str::from_utf8(&whole).is_err() {
            return self.fault(Goodbye::NotUtf8);
        }
        Heard::Message
    }
}

/// The violation in a frame header, checked before the payload arrives: the codec checks the length only
/// once the payload is complete.
fn fault_in_header(bytes: &[u8], limit: usize) -> Option<Goodbye> {
    let [first, second, rest @ ..] = bytes else {
        return None;
    };
    // Reserved bits need a negotiated extension, and there is none; clients must mask (RFC 6455 §5.1, §5.2).
    if first & 0x70 != 0 || second & 0x80 == 0 {
        return Some(Goodbye::ProtocolFault);
    }
    let length = match (second & 0x7f, rest) {
        (126, [a, b, ..]) => u64::from(u16::from_be_bytes([*a, *b])),
        (127, [a, b, c, d, e, f, g, h, ..]) => u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
        (126 | 127, _) => return None,
        (short, _) => u64::from(short),
    };
    // The highest bit must be zero.
    if length > i64::MAX as u64 {
        return Some(Goodbye::ProtocolFault);
    }
    (length > limit as u64).then_some(Goodbye::TooBig)
}

impl Stream for Reader {
    type Item = Heard;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        let this = &mut *self;
        loop {
            if this.socket.poll_ended(cx.waker()) {
                return Poll::Ready(None);
            }
            if let Some(heard) = this.next_frame() {
                return Poll::Ready(Some(heard));
            }
            // Behind an answer no frames arrive: it ends, and that is all.
            let Some(io) = this.socket.io() else {
                return Poll::Pending;
            };
            match io.poll_read_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(None),
                Poll::Ready(Ok(())) => {}
            }
            let read = BUFFER.with_borrow_mut(|buffer| {
                let read = io.try_read(buffer.as_mut_slice());
                if let Ok(n) = read {
                    this.rest
                        .extend_from_slice(buffer.get(..n).unwrap_or_default());
                }
                read
            });
            match read {
                Ok(0) => return Poll::Ready(None),
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_judged_before_its_payload_arrives() {
        let judge = |bytes: &[u8]| fault_in_header(bytes, 4096);
        assert_eq!(judge(&[]), None);
        assert_eq!(judge(&[0x81]), None);
        assert_eq!(judge(&[0x81, 0x80]), None);
        assert_eq!(
            judge(&[0x81, 0x05]),
            Some(Goodbye::ProtocolFault),
            "unmasked"
        );
        assert_eq!(
            judge(&[0xc1, 0x85]),
            Some(Goodbye::ProtocolFault),
            "reserved bit"
        );
        assert_eq!(judge(&[0x81, 0xfe, 0x10, 0x00]), None, "exactly the limit");
        assert_eq!(judge(&[0x81, 0xfe, 0x10, 0x01]), Some(Goodbye::TooBig));
        assert_eq!(judge(&[0x81, 0xff, 0, 0, 0]), None, "length not there yet");
        assert_eq!(
            judge(&[0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            Some(Goodbye::ProtocolFault)
        );
        assert_eq!(
            judge(&[0x81, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0]),
            Some(Goodbye::TooBig)
        );
    }
}
