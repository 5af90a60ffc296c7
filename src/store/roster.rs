//! What the operator's lists show of accounts, apps and tokens: also what no request shows, such as disabled accounts.
//! They are read a page at a time, so that a list of any length needs little memory.

use diesel::prelude::*;

use super::schema::{clients, tokens, users};
use super::tokens::scopes_of;
use super::{Db, Failure};
use crate::model::{ClientId, Scopes, Stamp, TokenId, UserId};

/// An account in the operator's list.
#[derive(Clone, Debug)]
pub struct RosterUser {
    /// Its id.
    pub id: UserId,
    /// In the owner's letter case.
    pub username: String,
    /// When it was created.
    pub created_at: Stamp,
    /// When it was disabled; `None`: enabled.
    pub disabled_at: Option<Stamp>,
    /// It has a password to sign in with.
    pub has_password: bool,
    /// Its tokens.
    pub tokens: i64,
}

/// An app in the operator's list.
#[derive(Clone, Debug)]
pub struct RosterClient {
    /// Its id.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// URL of its page.
    pub url: String,
    /// When it was registered.
    pub created_at: Stamp,
    /// It has no secret.
    pub is_public: bool,
    /// Its tokens, of users and of the app.
    pub tokens: i64,
}

/// A token in the operator's list.
#[derive(Clone, Debug)]
pub struct RosterToken {
    /// Its id.
    pub id: TokenId,
    /// Its user; `None`: an app token.
    pub user: Option<UserId>,
    /// The user's name.
    pub username: Option<String>,
    /// Its app.
    pub client: ClientId,
    /// The app's name.
    pub client_name: String,
    /// What it allows.
    pub scopes: Scopes,
    /// When it was granted.
    pub created_at: Stamp,
    /// When it was last used, to the hour; `None`: not known.
    pub used_at: Option<Stamp>,
}

/// Which tokens are meant: those that fit all that is given.
#[derive(Clone, Debug, Default)]
pub struct TokenFilter {
    /// Of this user.
    pub user: Option<UserId>,
    /// Of this app, its app tokens included.
    pub client: Option<ClientId>,
    /// App tokens only.
    pub of_apps: bool,
}

type TokenRow = (
    i64,
    Option<i64>,
    Option<String>,
    String,
    String,
    String,
    i64,
    Option<i64>,
);

impl Db<'_> {
    /// Accounts behind `after`, by rising id.
    pub fn roster_users(&mut self, after: UserId, count: i64) -> Result<Vec<RosterUser>, Failure> {
        let owned = tokens::table
            .filter(tokens::user_id.eq(users::id.nullable()))
            .count()
            .single_value()
            .assume_not_null();
        let rows = users::table
            .filter(users::id.gt(after.0))
            .order(users::id.asc())
            .limit(count)
            .select((
                users::id,
                users::username,
                users::created_at,
                users::disabled_at,
                users::password_hash.is_not_null(),
                owned,
            ))
            .load::<(i64, String, i64, Option<i64>, bool, i64)>(self.sql)?;
        let listed = rows.into_iter().map(
            |(id, username, created_at, disabled_at, has_password, tokens)| RosterUser {
                id: UserId(id),
                username,
                created_at: Stamp(created_at),
                disabled_at: disabled_at.map(Stamp),
                has_password,
                tokens,
            },
        );
        Ok(listed.collect())
    }

    /// Registered apps behind the id `after`, by rising id.
    pub fn roster_clients(
        &mut self,
        after: &ClientId,
        count: i64,
    ) -> Result<Vec<RosterClient>, Failure> {
        let owned = tokens::table
            .filter(tokens::client_id.eq(clients::id))
            .count()
            .single_value()
            .assume_not_null();
        let rows = clients::table
            .filter(clients::id.gt(after.as_str()))
            .filter(clients::deleted_at.is_null())
            .order(clients::id.asc())
            .limit(count)
            .select((
                clients::id,
                clients::name,
                clients::url,
                clients::created_at,
                clients::is_public,
                owned,
            ))
            .load::<(String, String, String, i64, bool, i64)>(self.sql)?;
        let listed =
            rows.into_iter().map(
                |(id, name, url, created_at, is_public, tokens)| RosterClient {
                    id: id.into(),
                    name,
                    url,
                    created_at: Stamp(created_at),
                    is_public,
                    tokens,
                },
            );
        Ok(listed.collect())
    }

    /// How many tokens the filter means; live or not.
    pub fn count_roster_tokens(&mut self, filter: &TokenFilter) -> Result<usize, Failure> {
        let mut query = tokens::table.count().into_boxed();
        if filter.of_apps {
            query = query.filter(tokens::user_id.is_null());
        }
        if let Some(user) = filter.user {
            query = query.filter(tokens::user_id.eq(user.0));
        }
        if let Some(client) = &filter.client {
            query = query.filter(tokens::client_id.eq(client.as_str()));
        }
        let count = query.get_result::<i64>(self.sql)?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Whether there is such a token; live or not.
    pub fn has_token(&mut self, id: TokenId) -> Result<bool, Failure> {
        let found = diesel::select(diesel::dsl::exists(tokens::table.find(id.0)));
        Ok(found.get_result(self.sql)?)
    }

    /// The token whose secret has this hash; live or not.
    pub fn token_id_by_hash(&mut self, hash: &[u8]) -> Result<Option<TokenId>, Failure> {
        let found = tokens::table
            .filter(tokens::hash.eq(hash))
            .select(tokens::id)
            .get_result::<i64>(self.sql)
            .optional()?;
        Ok(found.map(TokenId))
    }

    /// One token; live or not.
    pub fn roster_token(&mut self, id: TokenId) -> Result<Option<RosterToken>, Failure> {
        let before = TokenId(id.0 - 1);
        let found = self.roster_tokens(&TokenFilter::default(), before, 1)?;
        Ok(found.into_iter().find(|token| token.id == id))
    }

    /// Tokens behind `after` that the filter means, by rising id; live or not.
    pub fn roster_tokens(
        &mut self,
        filter: &TokenFilter,
        after: TokenId,
        count: i64,
    ) -> Result<Vec<RosterToken>, Failure> {
        let mut query = tokens::table
            .inner_join(clients::table)
            .left_join(users::table)
            .filter(tokens::id.gt(after.0))
            .order(tokens::id.asc())
            .limit(count)
            .select((
                tokens::id,
                tokens::user_id,
                users::username.nullable(),
                clients::id,
                clients::name,
                tokens::scopes,
                tokens::created_at,
                tokens::used_at,
            ))
            .into_boxed();
        if filter.of_apps {
            query = query.filter(tokens::user_id.is_null());
        }
        if let Some(user) = filter.user {
            query = query.filter(tokens::user_id.eq(user.0));
        }
        if let Some(client) = &filter.client {
            query = query.filter(tokens::client_id.eq(client.as_str()));
        }
        let rows = query.load::<TokenRow>(self.sql)?;
        rows.into_iter().map(roster_token).collect()
    }
}

fn roster_token(
    (id, user, username, client, client_name, scopes, created_at, used_at): TokenRow,
) -> Result<RosterToken, Failure> {
    Ok(RosterToken {
        id: TokenId(id),
        user: user.map(UserId),
        username,
        client: client.into(),
        client_name,
        scopes: scopes_of(&scopes)?,
        created_at: Stamp(created_at),
        used_at: used_at.map(Stamp),
    })
}
