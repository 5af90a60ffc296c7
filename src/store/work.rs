//! What waits for the write lane: jobs, plain messages, and the way back to those who asked.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::messages::Posting;
use super::queue::Queue;
use super::{Failure, Tx};
use crate::model::Stamp;

/// One write that waits.
pub(super) enum Work {
    /// Anything, as a closure.
    Job(Box<dyn Job>),
    /// A message that needs nothing but its row, as data: a group of them is written as one set.
    Message(Box<Posting>),
}

impl Work {
    /// When it was let into the queue.
    pub(super) fn accepted(&self) -> Stamp {
        match self {
            Self::Job(job) => job.accepted(),
            Self::Message(posting) => posting.accepted,
        }
    }

    /// Tells how it ended: by its own outcome, unless the commit failed.
    pub(super) fn answer(self, committed: Result<(), Failure>) {
        match self {
            Self::Job(job) => job.answer(committed),
            Self::Message(posting) => posting.answer(committed),
        }
    }

    pub(super) fn is_message(&self) -> bool {
        matches!(self, Self::Message(_))
    }

    /// The message, if it is one.
    pub(super) fn posting(&mut self) -> Option<&mut Posting> {
        match self {
            Self::Job(_) => None,
            Self::Message(posting) => Some(posting),
        }
    }
}

/// A closure with its outcome.
pub(super) trait Job: Send {
    /// Does it. `Err`: the caller takes back what it did.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure>;
    fn accepted(&self) -> Stamp;
    fn answer(self: Box<Self>, committed: Result<(), Failure>);
}

struct Closure<F, T> {
    job: Option<F>,
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
        let outcome = catch_unwind(AssertUnwindSafe(|| job(tx)))
            .unwrap_or_else(|_| Err(Failure::trouble("a write job panicked")));
        let verdict = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        self.outcome = Some(outcome);
        verdict
    }

    fn accepted(&self) -> Stamp {
        self.accepted
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        self.answer.after(self.outcome, committed);
    }
}

/// The way back to the caller of a write. It may travel with a mail and from there into the lane, so that the outcome
/// needs no other thread on its way. Dropped, it tells the caller [`Failure::Stopping`].
#[derive(Debug)]
pub struct Answer<T>(oneshot::Sender<Result<T, Failure>>);

/// A write on its way to its commit. Dropping it does not take the write back.
#[derive(Debug)]
pub struct Pending<T>(oneshot::Receiver<Result<T, Failure>>);

impl<T> Answer<T> {
    /// An answer and where it arrives.
    pub fn new() -> (Self, Pending<T>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), Pending(receiver))
    }

    /// Answers. A caller that has gone away misses it; what was committed stays.
    pub fn give(self, outcome: Result<T, Failure>) {
        drop(self.0.send(outcome));
    }

    /// Answers with a write's own outcome, unless its commit failed.
    pub(super) fn after(self, own: Option<Result<T, Failure>>, committed: Result<(), Failure>) {
        self.give(match (own, committed) {
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(_)) | None, Err(failure)) => Err(failure),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(Failure::Stopping),
        });
    }
}

impl<T> Pending<T> {
    /// Until it is committed.
    ///
    /// # Errors
    /// What the job refused, or why the commit failed.
    pub async fn wait(self) -> Result<T, Failure> {
        self.0.await.unwrap_or(Err(Failure::Stopping))
    }
}

/// A closure as work.
pub(super) fn job<T: Send + 'static>(
    accepted: Stamp,
    answer: Answer<T>,
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
) -> Work {
    Work::Job(Box::new(Closure {
        job: Some(job),
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
