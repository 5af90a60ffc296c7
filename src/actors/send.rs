//! Bounded sends. A full mailbox is an answer, never a queue that grows behind it.

use std::sync::Arc;
use std::time::Instant;

use actix::dev::ToEnvelope;
use actix::prelude::*;

use crate::model::Failure;
use crate::store::{Answer, Pending};
use crate::telemetry::{ActorNumbers, Counter, Metrics};

/// The address of an actor with a bound on the waiting mails.
///
/// `Addr::send` parks senders without limit once a mailbox is full; here a sender beyond the bound gets
/// [`Failure::Busy`] at once.
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

/// Counts a waiting mail until its reply, or until the sender stops waiting.
#[derive(Debug)]
struct MailGuard(Arc<ActorNumbers>);

impl Drop for MailGuard {
    fn drop(&mut self) {
        self.0.mail_leaves();
    }
}

/// Travels with a mail whose answer does not come from the actor itself, but from the write lane. Dropped, it tells the
/// sender that the actor is gone.
#[derive(Debug)]
pub struct Ticket<T> {
    answer: Answer<T>,
    sent: Instant,
    _guard: MailGuard,
}

impl<T> Ticket<T> {
    /// The mail is no longer waiting.
    pub fn take(self) -> Answer<T> {
        self.answer
    }

    /// When it was sent.
    pub fn sent(&self) -> Instant {
        self.sent
    }
}

impl<A: Actor<Context = Context<A>>> Mailbox<A> {
    /// A mailbox for at most `bound` waiting mails.
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
    /// [`Failure::Busy`] when the bound is reached, [`Failure::Stopping`] when the actor stopped.
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
        let guard = MailGuard(self.numbers.clone());
        let answer = self.addr.send(mail).await;
        drop(guard);
        answer.map_err(|error| match error {
            MailboxError::Closed => Failure::Stopping,
            MailboxError::Timeout => Failure::Busy,
        })
    }

    /// Sends beyond the bound too: for `LogTail` and the server's stop, whose mail must not be refused.
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
        let guard = MailGuard(self.numbers.clone());
        let answer = self.addr.send(mail).await;
        drop(guard);
        answer.map_err(|error| match error {
            // Without a time limit on the mail, nobody being there is the one way to fail.
            MailboxError::Closed | MailboxError::Timeout => Failure::Stopping,
        })
    }

    /// Sends a mail that carries the way back to the sender with it.
    ///
    /// # Errors
    /// [`Failure::Busy`] when the bound is reached. That the actor is gone is what waiting says.
    #[expect(
        clippy::disallowed_methods,
        reason = "the bound is kept here, and the actor's own would count senders that wait"
    )]
    pub fn post<M, T>(&self, mail: impl FnOnce(Ticket<T>) -> M) -> Result<Pending<T>, Failure>
    where
        M: Message<Result = ()> + Send + 'static,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        if !self.numbers.mail_arrives(self.bound) {
            self.metrics.add(Counter::MailRefused, 1);
            return Err(Failure::Busy);
        }
        let (answer, pending) = Answer::new();
        self.addr.do_send(mail(Ticket {
            answer,
            sent: Instant::now(),
            _guard: MailGuard(self.numbers.clone()),
        }));
        Ok(pending)
    }

    /// Whether it is the mailbox of this actor.
    pub fn is(&self, addr: &Addr<A>) -> bool {
        self.addr == *addr
    }

    /// Whether both lead to the same actor.
    pub fn is_same(&self, other: &Self) -> bool {
        self.addr == other.addr
    }

    /// Whether the actor is still running.
    pub fn is_alive(&self) -> bool {
        self.addr.connected()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Clerk;

    impl Actor for Clerk {
        type Context = Context<Self>;
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Letter(Ticket<u8>);

    impl Handler<Letter> for Clerk {
        type Result = ();

        fn handle(&mut self, letter: Letter, _: &mut Self::Context) {
            letter.0.take().give(Ok(7));
        }
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Leave;

    impl Handler<Leave> for Clerk {
        type Result = ();

        fn handle(&mut self, _: Leave, ctx: &mut Self::Context) {
            ctx.stop();
        }
    }

    #[actix_rt::test]
    async fn a_mail_that_carries_its_answer_takes_a_place_until_it_is_looked_at() {
        let clerk = Mailbox::new(Clerk.start(), 2, Arc::default(), Arc::default());
        // Nothing runs on this thread until the test waits.
        let first = clerk.post(Letter).unwrap();
        let second = clerk.post(Letter).unwrap();
        assert!(matches!(clerk.post(Letter), Err(Failure::Busy)));
        assert_eq!(clerk.numbers().refused(), 1);
        assert_eq!(first.wait().await.unwrap(), 7);
        assert_eq!(second.wait().await.unwrap(), 7);
        assert_eq!(clerk.numbers().depth(), 0);
        // An actor that is gone looks at nothing: the sender is told, and the place is free again.
        clerk.ask(Leave).await.unwrap();
        let late = clerk.post(Letter).unwrap();
        assert!(matches!(late.wait().await, Err(Failure::Stopping)));
        assert_eq!(clerk.numbers().depth(), 0);
    }
}
