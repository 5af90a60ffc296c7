//! What waits for the write lane: jobs, plain messages, and sessions that go on.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::answer::Answer;
use super::messages::Posting;
use super::queue::Queue;
use super::session_set::SessionWork;
use super::{Failure, Tx};
use crate::model::{Stamp, TokenId};

/// One write that waits.
pub(super) enum Work {
    /// Anything, as a closure.
    Job(Box<dyn Job>),
    /// A message that needs nothing but its row, as data: a group of them is written as one set.
    Message(Box<Posting>),
    /// A session that goes on, as data: so is a group of them.
    Session(Box<SessionWork>),
}

impl Work {
    /// When it was let into the queue.
    pub(super) fn accepted(&self) -> Stamp {
        match self {
            Self::Job(job) => job.accepted(),
            Self::Message(posting) => posting.accepted,
            Self::Session(session) => session.accepted,
        }
    }

    /// Tells how it ended: by its own outcome, unless the commit failed.
    pub(super) fn answer(self, committed: Result<(), Failure>) {
        match self {
            Self::Job(job) => job.answer(committed),
            Self::Message(posting) => posting.answer(committed),
            Self::Session(session) => session.answer(committed),
        }
    }

    /// Whether a fault of the database or of the program failed it, and no rule.
    pub(super) fn met_trouble(&self) -> bool {
        let failure = match self {
            Self::Job(job) => job.failure(),
            Self::Message(posting) => failure_of(posting.outcome.as_ref()),
            Self::Session(session) => failure_of(session.outcome.as_ref()),
        };
        match failure {
            Some(Failure::Trouble(_) | Failure::Busy | Failure::Away | Failure::Unsure) => true,
            Some(Failure::Refused(_) | Failure::Stopping) | None => false,
        }
    }

    /// Whether it is written as one set with what follows it.
    pub(super) fn joins(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Message(_), Self::Message(_)) | (Self::Session(_), Self::Session(_)) => true,
            (Self::Job(_) | Self::Message(_) | Self::Session(_), _) => false,
        }
    }

    /// The message, if it is one.
    pub(super) fn posting(&mut self) -> Option<&mut Posting> {
        match self {
            Self::Message(posting) => Some(posting),
            Self::Job(_) | Self::Session(_) => None,
        }
    }

    /// The session, if it is one.
    pub(super) fn session(&mut self) -> Option<&mut SessionWork> {
        match self {
            Self::Session(session) => Some(session),
            Self::Job(_) | Self::Message(_) => None,
        }
    }
}

fn failure_of<T>(outcome: Option<&Result<T, Failure>>) -> Option<&Failure> {
    outcome?.as_ref().err()
}

/// A closure with its outcome.
pub(super) trait Job: Send {
    /// Does it. `Err`: the caller takes back what it did.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure>;
    fn accepted(&self) -> Stamp;
    /// Why it failed, once it has.
    fn failure(&self) -> Option<&Failure>;
    fn answer(self: Box<Self>, committed: Result<(), Failure>);
}

struct Closure<F, T> {
    job: Option<F>,
    /// Of the call that it is made for.
    token: Option<TokenId>,
    accepted: Stamp,
    outcome: Option<Result<T, Failure>>,
    answer: Answer<T>,
}

impl<F, T> Job for Closure<F, T>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        let Some(job) = self.job.take() else {
            return Ok(());
        };
        let token = self.token;
        let allowed = |tx: &mut Tx<'_>| token.map_or(Ok(()), |token| tx.demand_live(token));
        let run = AssertUnwindSafe(|| allowed(tx).and_then(|()| job(tx)));
        let outcome =
            catch_unwind(run).unwrap_or_else(|_| Err(Failure::trouble("a write job panicked")));
        let verdict = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        self.outcome = Some(outcome);
        verdict
    }

    fn accepted(&self) -> Stamp {
        self.accepted
    }

    fn failure(&self) -> Option<&Failure> {
        self.outcome.as_ref()?.as_ref().err()
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        self.answer.after(self.outcome, committed);
    }
}

/// A closure as work. `token`: of the call that it is made for; if it has ended, the call is refused.
pub(super) fn job<T: Send + 'static>(
    (accepted, token): (Stamp, Option<TokenId>),
    answer: Answer<T>,
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
) -> Work {
    Work::Job(Box::new(Closure {
        job: Some(job),
        token,
        accepted,
        outcome: None,
        answer,
    }))
}

/// Puts work into the lane's queue, or answers at once why not.
pub(super) fn offer(queue: &Queue<Work>, work: Work) {
    if let Err((work, failure)) = queue.offer(work) {
        work.answer(Err(failure));
    }
}
