//! What a connection reads of a body ahead of its handler.
//!
//! actix reads on while a handler is at work, up to 128 KiB into a buffer that grows by doubling, and hands that buffer
//! over whole. An upload waits for its disk, so each would hold some hundreds of KiB. Here the socket waits instead, and
//! with it the window of the peer.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_http::error::PayloadError;
use actix_http::{Payload, Request};
use bytes::Bytes;
use futures_util::Stream;

/// Bytes after which the socket waits. The buffer of actix is at most twice as large then. (With 32 KiB sixteen uploads at
/// once hold half as much memory again, and take as much time of the processor.)
const AHEAD: usize = 8 * 1024;

/// Between the socket of a connection and the body of its request.
#[derive(Clone, Debug, Default)]
pub struct Ahead(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Read from the kernel, and not taken by the handler.
    bytes: Cell<usize>,
    handler: Cell<Handler>,
    /// The task of a socket that waits.
    waiting: RefCell<Option<Waker>>,
}

/// What the handler does about the body.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Handler {
    /// There is no body, or the handler wants no more of it.
    #[default]
    Away,
    /// It waits for more.
    Asks,
    /// It works on what it has.
    Works,
}

/// The body of a request, for its handler.
struct Body {
    payload: Payload,
    ahead: Ahead,
}

impl Ahead {
    /// From here on the connection of the request reads only so far ahead of its handler.
    pub fn bound(request: &mut Request) {
        let Some(ahead) = request.conn_data::<Self>().cloned() else {
            return;
        };
        let payload = request.take_payload();
        if matches!(payload, Payload::None) {
            return;
        }
        let payload = Box::pin(ahead.body(payload));
        *request.payload() = Payload::Stream { payload };
    }

    fn body(self, payload: Payload) -> Body {
        self.0.handler.set(Handler::Works);
        Body {
            payload,
            ahead: self,
        }
    }

    /// So many bytes were read.
    pub(super) fn reads(&self, bytes: usize) {
        self.0.bytes.set(self.0.bytes.get().saturating_add(bytes));
    }

    /// The kernel has no more at the moment.
    pub(super) fn pauses(&self) {
        if self.0.handler.get() != Handler::Works {
            self.0.bytes.set(0);
        }
    }

    /// Whether the socket has to wait. Its task is woken.
    pub(super) fn waits(&self, cx: &mut Context<'_>) -> bool {
        if self.0.bytes.get() < AHEAD {
            return false;
        }
        match self.0.handler.get() {
            Handler::Works => *self.0.waiting.borrow_mut() = Some(cx.waker().clone()),
            // What was read is decoded first: it may be the head of a request whose body follows, or what its handler
            // waits for.
            Handler::Away | Handler::Asks => {
                self.0.bytes.set(0);
                cx.waker().wake_by_ref();
            }
        }
        true
    }

    fn becomes(&self, handler: Handler, bytes: usize) {
        self.0.handler.set(handler);
        self.0.bytes.set(bytes);
        if bytes < AHEAD
            && let Some(waiting) = self.0.waiting.borrow_mut().take()
        {
            waiting.wake();
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(cx);
        match &polled {
            Poll::Pending => self.ahead.becomes(Handler::Asks, 0),
            Poll::Ready(Some(Ok(bytes))) => {
                let left = self.ahead.0.bytes.get().saturating_sub(bytes.len());
                self.ahead.becomes(Handler::Works, left);
            }
            Poll::Ready(None | Some(Err(_))) => self.ahead.becomes(Handler::Away, 0),
        }
        polled
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.ahead.becomes(Handler::Away, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use futures_util::FutureExt as _;
    use futures_util::StreamExt as _;
    use futures_util::stream::{empty, iter, pending};

    /// How often a task was woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A socket that asks whether it has to wait: whether it has, and whether its task was woken.
    fn asked(ahead: &Ahead, woken: &Arc<Woken>) -> (bool, usize) {
        let waker = Waker::from(woken.clone());
        let waits = ahead.waits(&mut Context::from_waker(&waker));
        (waits, woken.0.swap(0, Ordering::Relaxed))
    }

    fn body(ahead: &Ahead, pieces: impl Stream<Item = Bytes> + 'static) -> Body {
        let payload = Box::pin(pieces.map(Ok));
        ahead.clone().body(Payload::Stream { payload })
    }

    #[test]
    fn a_socket_waits_for_a_handler_that_works_and_goes_on_when_it_has_taken_enough() {
        let (ahead, woken) = (Ahead::default(), Arc::default());
        let piece = Bytes::from(vec![0; AHEAD - 1]);
        let mut body = body(&ahead, iter([piece, Bytes::from_static(b"12")]));
        ahead.reads(AHEAD - 1);
        assert_eq!(asked(&ahead, &woken), (false, 0));
        ahead.reads(2);
        assert_eq!(asked(&ahead, &woken), (true, 0), "nothing was taken");
        ahead.pauses();
        assert_eq!(asked(&ahead, &woken), (true, 0), "nor is it now");
        assert!(body.next().now_or_never().is_some());
        assert_eq!(woken.0.swap(0, Ordering::Relaxed), 1);
        assert_eq!(asked(&ahead, &woken), (false, 0));
        ahead.reads(AHEAD);
        assert!(asked(&ahead, &woken).0);
        drop(body);
        assert_eq!(woken.0.swap(0, Ordering::Relaxed), 1, "it wants no more");
    }

    #[test]
    fn what_a_handler_asks_for_is_decoded_before_more_is_read() {
        let (ahead, woken) = (Ahead::default(), Arc::default());
        let mut waiting = body(&ahead, pending());
        assert!(waiting.next().now_or_never().is_none());
        ahead.reads(AHEAD);
        // Framing alone may have arrived, so the socket is asked again without a handler that takes something.
        assert_eq!(asked(&ahead, &woken), (true, 1));
        assert_eq!(asked(&ahead, &woken), (false, 0));
        let mut over = body(&ahead, empty());
        assert!(over.next().now_or_never().is_some());
        ahead.reads(AHEAD);
        assert_eq!(asked(&ahead, &woken), (true, 1), "the next request");
    }
}
