//! Bounded sends. A full mailbox is an answer, never a queue that grows behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::dev::ToEnvelope;
use actix::prelude::*;

use crate::store::Failure;
use crate::telemetry::{Counter, Metrics};

/// The address of an actor with a bound on how many may wait for its answer.
///
/// `Addr::send` parks senders without limit once a mailbox is full; here the sender beyond the bound is told
/// so at once.
#[derive(Debug)]
pub struct Mailbox<A: Actor> {
    addr: Addr<A>,
    waiting: Arc<AtomicUsize>,
    bound: usize,
    metrics: Arc<Metrics>,
}

impl<A: Actor> Clone for Mailbox<A> {
    fn clone(&self) -> Self {
        Self {
            addr: self.addr.clone(),
            waiting: self.waiting.clone(),
            bound: self.bound,
            metrics: self.metrics.clone(),
        }
    }
}

/// Gives the place back however the waiting ends.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<A: Actor<Context = Context<A>>> Mailbox<A> {
    /// An address that `bound` mails may wait at.
    pub fn new(addr: Addr<A>, bound: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            addr,
            waiting: Arc::default(),
            bound,
            metrics,
        }
    }

    /// Sends and waits for the answer.
    ///
    /// # Errors
    /// [`Failure::Busy`] when the bound is reached, [`Failure::Stopping`] when the actor is gone.
    pub async fn ask<M>(&self, mail: M) -> Result<M::Result, Failure>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        let place = Place(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.bound {
            self.metrics.add(Counter::MailRefused, 1);
            return Err(Failure::Busy);
        }
        let answer = self.addr.send(mail).await;
        drop(place);
        answer.map_err(|error| match error {
            MailboxError::Closed => Failure::Stopping,
            MailboxError::Timeout => Failure::Busy,
        })
    }

    /// Sends and waits however many wait already: for the one sender per process whose mail must not be refused.
    ///
    /// # Errors
    /// [`Failure::Stopping`] when the actor is gone.
    pub async fn insist<M>(&self, mail: M) -> Result<M::Result, Failure>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.addr.send(mail).await.map_err(|error| match error {
            // Without a time limit on the mail, nobody being there is the one way to fail.
            MailboxError::Closed | MailboxError::Timeout => Failure::Stopping,
        })
    }

    /// Whether it leads to the same actor.
    pub fn is(&self, addr: &Addr<A>) -> bool {
        self.addr == *addr
    }

    /// Whether the actor still lives.
    pub fn is_alive(&self) -> bool {
        self.addr.connected()
    }
}
