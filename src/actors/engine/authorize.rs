//! Apps that users allow, and accounts that people make themselves.

use std::time::Duration;

use super::Engine;
use crate::actors::user::codes::{Exchanged, exchange};
use crate::model::{Challenge, ClientId, Failure, Scopes, Token, User, UserId};
use crate::store::secret::random_id;
use crate::store::{Code, NewCode, NewUser};

/// What a user allowed an app.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The app.
    pub client: ClientId,
    /// The user.
    pub user: UserId,
    /// What was allowed.
    pub scopes: Scopes,
}

impl Engine {
    /// Makes a code that the app exchanges for a token. Returns the code, which is not stored.
    ///
    /// # Errors
    /// The account is disabled.
    pub async fn create_code(
        &self,
        allowed: Allowed,
        redirect_uri: String,
        challenge: Option<Challenge>,
        lifetime: Duration,
    ) -> Result<String, Failure> {
        let secret = random_id();
        let kept = secret.clone();
        let created = self.store().write(move |tx| {
            tx.create_code(&NewCode {
                secret: &kept,
                client: &allowed.client,
                user: allowed.user,
                scopes: &allowed.scopes,
                redirect_uri: &redirect_uri,
                challenge: challenge.as_ref(),
                lifetime,
            })
        });
        created.await?;
        Ok(secret)
    }

    /// The user said no to some of what an app asked for: that is not granted without a question any more.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn withdraw_scopes(
        &self,
        user: UserId,
        client: &ClientId,
        scopes: Scopes,
    ) -> Result<(), Failure> {
        let client = client.clone();
        self.store()
            .write(move |tx| tx.withdraw_from_grant(user, &client, &scopes))
            .await
    }

    /// Exchanges a code for a token; with the token's secret. `None`: the code opens nothing (any more).
    ///
    /// # Errors
    /// The account is disabled.
    pub async fn exchange_code(
        &self,
        client: ClientId,
        code: String,
        fits: impl FnOnce(&Code) -> bool + Send + 'static,
    ) -> Result<Option<(String, Token)>, Failure> {
        let secret = random_id();
        let kept = secret.clone();
        let exchanged = self
            .store()
            .begin_repeatable(move |tx| exchange(tx, &client, &code, &kept, fits))?;
        match exchanged.wait().await? {
            Exchanged::Granted(token) => Ok(Some((secret, token))),
            Exchanged::Refused => Ok(None),
            Exchanged::Replayed => {
                tracing::warn!("an authorization code was used twice; its token is revoked");
                Ok(None)
            }
        }
    }

    /// Makes an account, with an invite where one is needed.
    ///
    /// # Errors
    /// The name or address is taken, or the invite does not hold.
    pub async fn sign_up(&self, new: NewUser, invite: Option<String>) -> Result<User, Failure> {
        self.store()
            .write(move |tx| {
                if let Some(invite) = &invite {
                    tx.use_invite(invite)?;
                }
                tx.create_user(&new)
            })
            .await
    }
}
