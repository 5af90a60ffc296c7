//! What users granted to apps: remembered so that it is not asked for again.

use diesel::prelude::*;

use super::schema::grants;
use super::statements::{SetGrant, execute};
use super::tokens::scopes_of;
use super::{Db, Failure, Tx, db::to_json};
use crate::model::{ClientId, Scopes, UserId};

impl Db<'_> {
    /// The scopes that a user granted to an app since the app has tokens of the user.
    pub fn granted(&mut self, user: UserId, client: &ClientId) -> Result<Scopes, Failure> {
        match self.kept_grant(user, client)? {
            Some(kept) => Ok(kept),
            // The tokens are older than this memory.
            None => self.held(user, client),
        }
    }

    fn kept_grant(&mut self, user: UserId, client: &ClientId) -> Result<Option<Scopes>, Failure> {
        let kept = grants::table
            .find((user.0, client.as_str()))
            .select(grants::scopes)
            .get_result::<String>(self.sql)
            .optional()?;
        kept.map(|kept| scopes_of(&kept)).transpose()
    }

    /// What the tokens of the app allow together.
    fn held(&mut self, user: UserId, client: &ClientId) -> Result<Scopes, Failure> {
        let tokens = self.tokens_of(user)?;
        let of_client = tokens
            .into_iter()
            .filter(|token| token.client.id == *client);
        Ok(of_client.fold(Scopes::default(), |all, token| all.and(&token.scopes)))
    }
}

impl Tx<'_> {
    /// Adds to what is remembered.
    pub(super) fn remember_grant(
        &mut self,
        user: UserId,
        client: &ClientId,
        scopes: &Scopes,
    ) -> Result<(), Failure> {
        let all = self.granted(user, client)?.and(scopes);
        self.keep_grant(user, client, &all)
    }

    fn keep_grant(
        &mut self,
        user: UserId,
        client: &ClientId,
        scopes: &Scopes,
    ) -> Result<(), Failure> {
        let scopes = to_json(scopes)?;
        let row = [user.0.into(), client.as_str().into(), (&*scopes).into()];
        execute::<SetGrant>(self.sql, &row)?;
        Ok(())
    }

    /// Of what is remembered, only what the tokens that are left allow stays: the user took one back.
    pub fn narrow_grant(&mut self, user: UserId, client: &ClientId) -> Result<(), Failure> {
        let left = self.held(user, client)?;
        if left == Scopes::default() {
            return self.forget_grant(user, client);
        }
        let kept = self.granted(user, client)?;
        self.keep_grant(user, client, &kept.common(&left))
    }

    /// The user said no to these scopes: the app is not given them again without a question. Its tokens stay as they are.
    pub fn withdraw_from_grant(
        &mut self,
        user: UserId,
        client: &ClientId,
        scopes: &Scopes,
    ) -> Result<(), Failure> {
        let granted = self.granted(user, client)?;
        if granted == Scopes::default() {
            return Ok(());
        }
        self.keep_grant(user, client, &granted.apart_from(scopes))
    }

    /// The last token of the two is gone.
    pub(super) fn forget_grant(&mut self, user: UserId, client: &ClientId) -> Result<(), Failure> {
        diesel::delete(grants::table.find((user.0, client.as_str()))).execute(self.sql)?;
        Ok(())
    }
}
