//! Browsers that sign in and out.

use std::time::Duration;

use super::Engine;
use crate::model::{Failure, UserId};
use crate::store::secret::random_id;
use crate::store::{Session, SessionId};

impl Engine {
    /// Begins a session and returns its secret, which is not stored. The session that the browser had before ends.
    ///
    /// # Errors
    /// No such account, or a disabled one.
    pub async fn begin_session(
        &self,
        user: UserId,
        lifetime: Duration,
        before: Option<&Session>,
    ) -> Result<String, Failure> {
        let secret = random_id();
        let (kept, before) = (secret.clone(), before.map(|session| session.id));
        let begun = self.store().write(move |tx| {
            if let Some(before) = before {
                tx.end_session(before)?;
            }
            tx.begin_session(user, &kept, lifetime)
        });
        begun.await?;
        Ok(secret)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn end_session(&self, id: SessionId) -> Result<(), Failure> {
        self.store().write(move |tx| tx.end_session(id)).await
    }

    /// Ends a session of this account.
    ///
    /// # Errors
    /// No such session of the account.
    pub async fn end_own_session(&self, user: UserId, id: SessionId) -> Result<(), Failure> {
        self.store()
            .write(move |tx| tx.end_own_session(user, id))
            .await
    }

    /// Ends all sessions of an account but one.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn end_other_sessions(&self, user: UserId, kept: SessionId) -> Result<(), Failure> {
        self.store()
            .write(move |tx| tx.end_other_sessions(user, kept))
            .await
    }
}
