//! Writes of the call that is being answered (`call.rs`). They are refused if its token has ended, and those of a call with
//! a key are carried out once. What the server does by itself is written by [`Store::write`].

use super::call::Call;
use super::call_keys::Outcome;
use super::work::{self, Work};
use super::{Answer, Failure, Pending, Store, Tx};
use crate::model::TokenId;

impl Store {
    /// Carries a call out, once for its key, and answers once that is committed.
    pub async fn carry_out<T: Outcome + Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.begin_call(job)?.wait().await
    }

    /// The same for an actor, which leaves the waiting to its caller.
    pub fn begin_call<T: Outcome + Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Pending<T>, Failure> {
        match Call::next_step() {
            Some(step) => {
                self.submit_of(Call::token(), Answer::new(), move |tx| tx.once(&step, job))
            }
            None => self.submit_of(Call::token(), Answer::new(), job),
        }
    }

    /// The same, where the caller waits for its answer already.
    pub fn carry_out_for<T: Outcome + Send + 'static>(
        &self,
        answer: Answer<T>,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) {
        let of_call = (self.now(), Call::token());
        let work = match Call::next_step() {
            Some(step) => work::job(of_call, answer, move |tx: &mut Tx<'_>| tx.once(&step, job)),
            None => work::job(of_call, answer, job),
        };
        work::offer(&self.shared.lane, work);
    }

    /// Carries a call out as often as it comes: what it does is the same the second time.
    pub fn begin_repeatable<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Pending<T>, Failure> {
        self.submit_of(Call::token(), Answer::new(), job)
    }

    pub(super) fn submit_of<T: Send + 'static>(
        &self,
        token: Option<TokenId>,
        (answer, pending): (Answer<T>, Pending<T>),
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Pending<T>, Failure> {
        let work: Work = work::job((self.now(), token), answer, job);
        let queued = self.shared.lane.offer(work);
        queued.map_err(|(_, failure)| failure).map(|()| pending)
    }
}
