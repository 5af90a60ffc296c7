//! The end of connections that wait for a request, when a server stops.
//!
//! A balancer keeps connections open, and may send a request on one at the moment at which it is closed; it cannot know
//! then whether the request was carried out, and has to give up a write. So a connection is closed only where no byte of
//! a request has arrived, in the same step that looked.

use std::cell::Cell;
use std::future::Future as _;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Context;

use actix_http::Request;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::flag::{Flag, Raised};

/// Tells all connections to close if they are idle.
#[derive(Debug, Default)]
pub(super) struct Bell {
    /// How often it rang.
    rung: AtomicUsize,
    wakes: Arc<Notify>,
}

/// What a connection hears of it.
#[derive(Debug, Default)]
pub(super) struct Ear {
    woken: Option<Pin<Box<OwnedNotified>>>,
    /// The number of the ring behind which it listens.
    behind: usize,
}

/// Whether a request of a connection is in the hands of its handler.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    is_on: Flag,
    /// The last one has a body.
    has_body: Rc<Cell<bool>>,
}

impl Bell {
    /// Once is not enough: a connection that is not idle yet hears the next one.
    pub(super) fn ring(&self) {
        self.rung.fetch_add(1, Ordering::AcqRel);
        self.wakes.notify_waiters();
    }
}

impl Ear {
    /// Whether the bell rang. The task is woken at the next ring.
    pub(super) fn hears(&mut self, bell: &Bell, cx: &mut Context<'_>) -> bool {
        let rung = bell.rung.load(Ordering::Acquire);
        if self.woken.is_none() || self.behind != rung {
            let mut woken = Box::pin(bell.wakes.clone().notified_owned());
            if woken.as_mut().poll(cx).is_ready() {
                cx.waker().wake_by_ref();
            }
            (self.woken, self.behind) = (Some(woken), rung);
        }
        rung > 0
    }
}

impl Exchange {
    /// The handler has the request from here on.
    pub fn begin(request: &Request) -> Option<Raised> {
        let exchange = request.conn_data::<Self>()?;
        let headers = &request.head().headers;
        let length = headers.get(CONTENT_LENGTH);
        let has_length = length.is_some_and(|length| length.as_bytes() != b"0");
        exchange
            .has_body
            .set(has_length || headers.contains_key(TRANSFER_ENCODING));
        Some(exchange.is_on.raise())
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on.is_up()
    }

    /// Whether the last request that a handler had has a body.
    pub(super) fn has_body(&self) -> bool {
        self.has_body.get()
    }
}
