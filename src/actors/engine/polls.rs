//! Writes of polls.

use super::Engine;
use crate::actors::user::mail::{AnswerPoll, CreatePoll, DeletePoll};
use crate::actors::user::polls::sweep_answers;
use crate::model::{Failure, NewPoll, Poll, PollId, UserPrincipal};

impl Engine {
    /// Makes a poll.
    ///
    /// # Errors
    /// It would close too soon or too late.
    pub async fn create_poll(
        &self,
        principal: &UserPrincipal,
        new: NewPoll,
    ) -> Result<Poll, Failure> {
        let mail = || CreatePoll(new.clone());
        self.ask_user(principal.user, mail).await??.wait().await
    }

    /// Answers a poll, or changes the answer. `token` is the poll's, if the call has it.
    ///
    /// # Errors
    /// No such poll, one that the user may not answer, one that is closed; positions that it does not have.
    pub async fn answer_poll(
        &self,
        principal: &UserPrincipal,
        id: PollId,
        token: Option<String>,
        positions: Vec<i64>,
    ) -> Result<Poll, Failure> {
        let mail = || AnswerPoll {
            principal: principal.clone(),
            id,
            token: token.clone(),
            positions: positions.clone(),
        };
        self.ask_user(principal.user, mail).await??.wait().await
    }

    /// Deletes a poll of the user.
    ///
    /// # Errors
    /// No such poll, or another's.
    pub async fn delete_poll(
        &self,
        principal: &UserPrincipal,
        id: PollId,
    ) -> Result<Poll, Failure> {
        let mail = || DeletePoll {
            principal: principal.clone(),
            id,
        };
        let poll = self.ask_user(principal.user, mail).await??.wait().await?;
        // Behind the answer.
        let store = self.store().clone();
        actix::spawn(async move { sweep_answers(&store).await });
        Ok(poll)
    }
}
