//! How a write is answered: the sender travels with it, its caller waits at the other end.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Failure;
use super::call::Call;

/// The way back to the caller of a write. It may travel with a mail and from there into the lane, so that the outcome
/// needs no other thread on its way. Dropped, it tells the caller [`Failure::Stopping`].
#[derive(Debug)]
pub struct Answer<T> {
    sender: oneshot::Sender<Result<T, Failure>>,
    /// The call that was being answered when it was made.
    call: Option<Arc<Call>>,
}

/// A write on its way to its commit. Dropping it does not take the write back.
#[derive(Debug)]
pub struct Pending<T>(oneshot::Receiver<Result<T, Failure>>);

impl<T> Answer<T> {
    /// An answer and where it arrives. The call that is being answered has written once it says that all went well.
    pub fn new() -> (Self, Pending<T>) {
        Self::of(Call::current())
    }

    /// The same for what the server writes by itself: none of it is what a call asked for.
    pub(super) fn of_server() -> (Self, Pending<T>) {
        Self::of(None)
    }

    fn of(call: Option<Arc<Call>>) -> (Self, Pending<T>) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender, call }, Pending(receiver))
    }

    /// Answers. A caller that stopped waiting misses it; the commit stays.
    pub fn give(self, outcome: Result<T, Failure>) {
        drop(self.sender.send(outcome));
    }

    /// Answers with a write's own outcome, unless its commit failed.
    pub(super) fn after(self, own: Option<Result<T, Failure>>, committed: Result<(), Failure>) {
        if let (Some(call), Some(Ok(_)), Ok(())) = (&self.call, &own, &committed) {
            call.note_written();
        }
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
