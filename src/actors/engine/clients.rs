//! Apps and tokens, as their owners change them on the account pages.

use super::Engine;
use crate::actors::developer::{self, ClientChange};
use crate::actors::operator;
use crate::actors::user::write::grant;
use crate::model::{Client, ClientId, Failure, Scopes, TokenId, UserId};
use crate::store::secret::random_id;
use crate::store::{NewClient, TokenFilter, Tx};

/// Tokens revoked in one transaction: a few milliseconds of the write lane, which other writes wait for.
const REVOKED_AT_ONCE: i64 = 200;

impl Engine {
    /// Registers an app. Returns its secret, which is not stored.
    ///
    /// # Errors
    /// The owner has as many as allowed.
    pub async fn create_client(
        &self,
        owner: UserId,
        described: ClientChange,
    ) -> Result<(Client, String), Failure> {
        let secret = random_id();
        let new = NewClient {
            id: random_id().into(),
            secret: Some(secret.clone()),
            name: described.name,
            url: described.url,
            redirect_uris: described.redirect_uris,
            owner: Some(owner),
            is_public: false,
            is_private: described.is_private,
            description: described.description,
        };
        let job = move |tx: &mut Tx<'_>| developer::create(tx, &new);
        let client = self.store().write(job).await?;
        Ok((client, secret))
    }

    /// Changes an app.
    ///
    /// # Errors
    /// No such app of this owner.
    pub async fn change_client(
        &self,
        owner: UserId,
        id: ClientId,
        change: ClientChange,
    ) -> Result<Client, Failure> {
        self.store()
            .write(move |tx| developer::change(tx, owner, &id, change))
            .await
    }

    /// Replaces the secret of an app. Returns the new one, which is not stored.
    ///
    /// # Errors
    /// No such app of this owner.
    pub async fn rotate_client_secret(
        &self,
        owner: UserId,
        id: ClientId,
    ) -> Result<String, Failure> {
        let secret = random_id();
        let new = secret.clone();
        self.store()
            .write(move |tx| developer::rotate_secret(tx, owner, &id, &new))
            .await?;
        Ok(secret)
    }

    /// Deletes an app with its streams, all its tokens and its filters.
    ///
    /// # Errors
    /// No such app of this owner.
    pub async fn delete_client(&self, owner: UserId, id: ClientId) -> Result<(), Failure> {
        let name = id.clone();
        self.store()
            .write(move |tx| developer::delete(tx, owner, &name))
            .await?;
        let filter = TokenFilter {
            client: Some(id.clone()),
            ..TokenFilter::default()
        };
        self.revoke_tokens(filter).await?;
        loop {
            let id = id.clone();
            let job = move |tx: &mut Tx<'_>| tx.delete_filters_of_app(&id, REVOKED_AT_ONCE);
            if self.store().write(job).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Gives an app a token of its own. Returns the secret, which is not stored.
    ///
    /// # Errors
    /// No such app of this owner.
    pub async fn grant_app_token(&self, owner: UserId, id: ClientId) -> Result<String, Failure> {
        let secret = random_id();
        let kept = secret.clone();
        let job = move |tx: &mut Tx<'_>| {
            developer::own(tx, owner, &id)?;
            grant(tx, &id, None, &Scopes::default(), &kept)
        };
        self.store().write(job).await?;
        Ok(secret)
    }

    /// Revokes a token of the app itself.
    ///
    /// # Errors
    /// No such app of this owner, or no such token of the app.
    pub async fn revoke_app_token(
        &self,
        owner: UserId,
        id: ClientId,
        token: TokenId,
    ) -> Result<(), Failure> {
        self.store()
            .write(move |tx| developer::revoke_app_token(tx, owner, &id, token))
            .await
    }

    /// Revokes a token that was given for a user.
    ///
    /// # Errors
    /// No such token of the user.
    pub async fn revoke_own_token(&self, user: UserId, token: TokenId) -> Result<(), Failure> {
        self.store()
            .write(move |tx| developer::revoke_own_token(tx, user, token))
            .await
    }

    /// Revokes all tokens that the filter means, some at a time; gives how many.
    ///
    /// # Errors
    /// The database is in trouble, or busy; those before it are revoked.
    pub async fn revoke_tokens(&self, filter: TokenFilter) -> Result<usize, Failure> {
        let mut revoked = 0;
        loop {
            let some = filter.clone();
            let job = move |tx: &mut Tx<'_>| operator::revoke_some(tx, &some, REVOKED_AT_ONCE);
            match self.store().write(job).await?.len() {
                0 => return Ok(revoked),
                count => revoked += count,
            }
        }
    }

    /// Replaces the password of an account; its other sessions end.
    ///
    /// # Errors
    /// No such user.
    pub async fn set_password(&self, user: UserId, hash: String) -> Result<(), Failure> {
        self.store()
            .write(move |tx| operator::set_password(tx, user, &hash))
            .await
    }

    /// Replaces the e-mail address of an account; `None` removes it.
    ///
    /// # Errors
    /// Another account has it.
    pub async fn set_email(&self, user: UserId, email: Option<String>) -> Result<(), Failure> {
        self.store()
            .write(move |tx| tx.set_email(user, email.as_deref()))
            .await
    }
}
