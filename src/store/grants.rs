//! What users granted to apps: remembered so that it is not asked for again.

use diesel::prelude::*;

use super::schema::grants;
use super::tokens::scopes_of;
use super::{Db, Failure, Tx, db::to_json};
use crate::model::{ClientId, Scopes, UserId};

impl Db<'_> {
    /// The scopes that a user granted to an app since the app has tokens of the user.
    pub fn granted(&mut self, user: UserId, client: &ClientId) -> Result<Scopes, Failure> {
        let kept = self.kept_grant(user, client)?;
        // Tokens that are older than this memory count as well.
        let tokens = self.tokens_of(user)?;
        let of_client = tokens
            .into_iter()
            .filter(|token| token.client.id == *client);
        Ok(of_client.fold(kept, |all, token| all.and(&token.scopes)))
    }

    fn kept_grant(&mut self, user: UserId, client: &ClientId) -> Result<Scopes, Failure> {
        let kept = grants::table
            .find((user.0, client.as_str()))
            .select(grants::scopes)
            .get_result::<String>(self.sql)
            .optional()?;
        kept.map_or_else(|| Ok(Scopes::default()), |kept| scopes_of(&kept))
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
        let all = self.kept_grant(user, client)?.and(scopes);
        diesel::replace_into(grants::table)
            .values((
                grants::user_id.eq(user.0),
                grants::client_id.eq(client.as_str()),
                grants::scopes.eq(to_json(&all)?),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// Of what is remembered, only the scopes of the tokens that are left stay: the user took one back.
    pub fn narrow_grant(&mut self, user: UserId, client: &ClientId) -> Result<(), Failure> {
        self.forget_grant(user, client)?;
        let left = self.granted(user, client)?;
        if left != Scopes::default() {
            self.remember_grant(user, client, &left)?;
        }
        Ok(())
    }

    /// The last token of the two is gone.
    pub(super) fn forget_grant(&mut self, user: UserId, client: &ClientId) -> Result<(), Failure> {
        diesel::delete(grants::table.find((user.0, client.as_str()))).execute(self.sql)?;
        Ok(())
    }
}
