//! Bounded sends. A full mailbox is an answer, never a queue that grows behind it.

use std::sync::Arc;

use actix::dev::ToEnvelope;
use actix::prelude::*;

use crate::store::Failure;
use crate::telemetry::{ActorNumbers, Counter, Metrics};

/// The address of an actor with a bound on how many may wait for its answer.
///
/// `Addr::send` parks senders without limit once a mailbox is full; here the sender beyond the bound is told
/// so at once.
#[derive(Debug)]
pub struct Mailbox<A: Actor> {
    addr: Addr<A>,
    numbers: Arc<ActorNumbers>,
    bound: usize,
    metrics: Arc<Metrics>,
}

impl<A: Actor> Clone for Mailbox<A> {
    fn clone(&self) -> Self {
        Self {
            addr: self.addr.clone(),
            numbers: self.numbers.clone(),
            bound: self.bound,
            metrics: self.metrics.clone(),
        }
    }
}

/// The numbers of an actor, with what it takes to find it.
#[derive(Clone, Debug)]
pub struct Measured<K> {
    /// Which.
    pub id: K,
    /// Most mails that may wait.
    pub bound: usize,
    /// What it did.
    pub numbers: Arc<ActorNumbers>,
}

/// Gives the place back however the waiting ends.
struct MailGuard<'a>(&'a ActorNumbers);

impl Drop for MailGuard<'_> {
    fn drop(&mut self) {
        self.0.mail_leaves();
    }
}

impl<A: Actor<Context = Context<A>>> Mailbox<A> {
    /// An address that `bound` mails may wait at.
    pub fn new(
        addr: Addr<A>,
        bound: usize,
        numbers: Arc<ActorNumbers>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            addr,
            numbers,
            bound,
            metrics,
        }
    }

    /// For a list of actors.
    pub fn measured<K>(&self, id: K) -> Measured<K> {
        Measured {
            id,
            bound: self.bound,
            numbers: self.numbers.clone(),
        }
    }

    /// What the actor has done so far.
    pub fn numbers(&self) -> &Arc<ActorNumbers> {
        &self.numbers
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
        if !self.numbers.mail_arrives(self.bound) {
            self.metrics.add(Counter::MailRefused, 1);
            return Err(Failure::Busy);
        }
        let guard = MailGuard(&self.numbers);
        let answer = self.addr.send(mail).await;
        drop(guard);
        answer.map_err(|error| match error {
            MailboxError::Closed => Failure::Stopping,
            MailboxError::Timeout => Failure::Busy,
        })
    }

    /// Sends and waits however many wait already: for the one sender per process whose mail must not be refused.
    ///
    /// # Errors
    /// [`Failure::Stopping`] when the actor is gone.
    pub async fn send_past_bound<M>(&self, mail: M) -> Result<M::Result, Failure>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.numbers.mail_arrives(usize::MAX);
        let guard = MailGuard(&self.numbers);
        let answer = self.addr.send(mail).await;
        drop(guard);
        answer.map_err(|error| match error {
            // Without a time limit on the mail, nobody being there is the one way to fail.
            MailboxError::Closed | MailboxError::Timeout => Failure::Stopping,
        })
    }

    /// Whether it leads to the same actor.
    pub fn is(&self, addr: &Addr<A>) -> bool {
        self.addr == *addr
    }

    /// Whether both lead to the same actor.
    pub fn is_same(&self, other: &Self) -> bool {
        self.addr == other.addr
    }

    /// Whether the actor still lives.
    pub fn is_alive(&self) -> bool {
        self.addr.connected()
    }
}
