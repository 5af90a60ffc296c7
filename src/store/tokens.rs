//! Access tokens and what they allow.

use std::collections::{HashMap, HashSet};

use diesel::dsl;
use diesel::prelude::*;

use super::connect::Sql;
use super::db::{from_json, to_json};
use super::schema::{clients, tokens, users};
use super::secret::hash_token;
use super::statements::{EndTokens, execute};
use super::{Db, Failure, Tx};
use crate::model::{ClientBrief, ClientId, Refusal, Scopes, Stamp, Token, TokenId, UserId};

/// A token to be created.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// What the client will send; only its hash is stored.
    pub secret: &'a str,
    /// The app that gets it.
    pub client: ClientId,
    /// The user that it acts for; `None` makes an app token.
    pub user: Option<UserId>,
    /// What it allows.
    pub scopes: Scopes,
}

type Row = (i64, Option<i64>, String, String, String, String);
type Columns = (
    tokens::id,
    tokens::user_id,
    tokens::scopes,
    clients::id,
    clients::name,
    clients::url,
);
const COLUMNS: Columns = (
    tokens::id,
    tokens::user_id,
    tokens::scopes,
    clients::id,
    clients::name,
    clients::url,
);

/// A token, and when it was used last.
pub(super) type TokenInUse = (Token, Option<Stamp>);

/// What is found for the hash of a secret.
pub(super) type TokenFound = Result<Option<TokenInUse>, Failure>;

fn in_use((row, used_at): (Row, Option<i64>)) -> Result<TokenInUse, Failure> {
    Ok((into_model(row)?, used_at.map(Stamp)))
}

fn into_model((id, user, scopes, client, name, url): Row) -> Result<Token, Failure> {
    Ok(Token {
        id: TokenId(id),
        client: ClientBrief {
            id: client.into(),
            name,
            url,
        },
        user: user.map(UserId),
        scopes: scopes_of(&scopes)?,
    })
}

/// The tokens that are live: their user is not disabled, and their app is not deleted.
#[dsl::auto_type]
fn live() -> _ {
    tokens::table
        .inner_join(clients::table)
        .left_join(users::table)
        .filter(clients::deleted_at.is_null())
        .filter(users::disabled_at.is_null())
}

/// The scopes of a row.
pub(super) fn scopes_of(stored: &str) -> Result<Scopes, Failure> {
    from_json("scopes", stored)
}

/// For each of these hashes the live token, with the time of its last use. A row that is not readable concerns its own alone.
pub(super) fn tokens_in_use(
    db: &mut Db<'_>,
    hashes: &[[u8; 32]],
) -> Result<Vec<TokenFound>, Failure> {
    if let Sql::Sqlite(_) = db.sql {
        // A list of another length would be another statement.
        return Ok(hashes.iter().map(|hash| db.token_in_use(hash)).collect());
    }
    let rows = live()
        .filter(tokens::hash.eq_any(hashes.iter().map(<[u8; 32]>::as_slice)))
        .select((tokens::hash, (COLUMNS, tokens::used_at)))
        .load::<(Vec<u8>, (Row, Option<i64>))>(db.sql)?;
    let found: HashMap<_, _> = rows.into_iter().collect();
    let one = |hash: &[u8; 32]| found.get(hash.as_slice()).cloned().map(in_use).transpose();
    Ok(hashes.iter().map(one).collect())
}

impl Db<'_> {
    /// The live token whose secret has this hash.
    pub fn token_by_hash(&mut self, hash: &[u8]) -> Result<Option<Token>, Failure> {
        live()
            .filter(tokens::hash.eq(hash))
            .select(COLUMNS)
            .get_result::<Row>(self.sql)
            .optional()?
            .map(into_model)
            .transpose()
    }

    /// The same, with the time of its last use.
    pub(super) fn token_in_use(&mut self, hash: &[u8]) -> Result<Option<TokenInUse>, Failure> {
        let found = live()
            .filter(tokens::hash.eq(hash))
            .select((COLUMNS, tokens::used_at))
            .get_result::<(Row, Option<i64>)>(self.sql)
            .optional()?;
        found.map(in_use).transpose()
    }

    /// Whether the token with this number is live.
    pub fn is_live(&mut self, id: TokenId) -> Result<bool, Failure> {
        let found = live().filter(tokens::id.eq(id.0)).count();
        Ok(found.get_result::<i64>(self.sql)? > 0)
    }

    /// The live token with this number.
    pub fn live_token(&mut self, id: TokenId) -> Result<Option<Token>, Failure> {
        Ok(self.live_tokens(&[id])?.pop())
    }

    /// The live tokens of a user, oldest first.
    pub fn tokens_of(&mut self, user: UserId) -> Result<Vec<Token>, Failure> {
        live()
            .filter(tokens::user_id.eq(user.0))
            .order(tokens::id.asc())
            .select(COLUMNS)
            .load::<Row>(self.sql)?
            .into_iter()
            .map(into_model)
            .collect()
    }

    /// The live tokens of each of these users. A row that is not readable concerns its user alone.
    pub(super) fn tokens_of_each(
        &mut self,
        users: &[UserId],
    ) -> Result<HashMap<UserId, Result<Vec<Token>, Failure>>, Failure> {
        if let Sql::Sqlite(_) = self.sql {
            let each = users.iter().map(|user| (*user, self.tokens_of(*user)));
            return Ok(each.collect());
        }
        let rows = live()
            .filter(tokens::user_id.eq_any(users.iter().map(|user| user.0)))
            .select(COLUMNS)
            .load::<Row>(self.sql)?;
        let mut all: HashMap<UserId, Result<Vec<Token>, Failure>> = HashMap::new();
        for row in rows {
            let Some(user) = row.1 else {
                continue;
            };
            let of_user = all.entry(UserId(user)).or_insert(Ok(Vec::new()));
            match (into_model(row), &mut *of_user) {
                (Ok(token), Ok(tokens)) => tokens.push(token),
                (Err(failure), Ok(_)) => *of_user = Err(failure),
                (_, Err(_)) => {}
            }
        }
        Ok(all)
    }

    /// Those of these tokens that are live.
    pub(super) fn live_tokens(&mut self, ids: &[TokenId]) -> Result<Vec<Token>, Failure> {
        live()
            .filter(tokens::id.eq_any(ids.iter().map(|id| id.0)))
            .select(COLUMNS)
            .load::<Row>(self.sql)?
            .into_iter()
            .map(into_model)
            .collect()
    }

    /// Those of these tokens that are live.
    pub(super) fn live_among(&mut self, ids: &HashSet<TokenId>) -> Result<Vec<TokenId>, Failure> {
        let found = live()
            .filter(tokens::id.eq_any(ids.iter().map(|id| id.0)))
            .select(tokens::id)
            .load::<i64>(self.sql)?;
        Ok(found.into_iter().map(TokenId).collect())
    }

    /// The live user tokens of an app, oldest first.
    pub fn tokens_of_client(&mut self, client: &ClientId) -> Result<Vec<Token>, Failure> {
        live()
            .filter(tokens::client_id.eq(client.as_str()))
            .filter(tokens::user_id.is_not_null())
            .order(tokens::id.asc())
            .select(COLUMNS)
            .load::<Row>(self.sql)?
            .into_iter()
            .map(into_model)
            .collect()
    }

    /// The user tokens of an app, oldest first, those of disabled accounts included.
    pub fn all_user_tokens_of_client(&mut self, client: &ClientId) -> Result<Vec<Token>, Failure> {
        tokens::table
            .inner_join(clients::table)
            .filter(tokens::client_id.eq(client.as_str()))
            .filter(tokens::user_id.is_not_null())
            .order(tokens::id.asc())
            .select(COLUMNS)
            .load::<Row>(self.sql)?
            .into_iter()
            .map(into_model)
            .collect()
    }

    /// The disabled accounts with a token of this app.
    pub fn disabled_users_of_client(
        &mut self,
        client: &ClientId,
    ) -> Result<HashSet<UserId>, Failure> {
        let ids = tokens::table
            .inner_join(users::table)
            .filter(tokens::client_id.eq(client.as_str()))
            .filter(users::disabled_at.is_not_null())
            .select(users::id)
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(UserId).collect())
    }

    /// The users that authorized an app, and their scopes: one entry per live user token.
    pub fn authorizations(&mut self, client: &ClientId) -> Result<Vec<(UserId, Scopes)>, Failure> {
        live()
            .filter(tokens::client_id.eq(client.as_str()))
            .filter(tokens::user_id.is_not_null())
            .order(tokens::id.asc())
            .select((tokens::user_id.assume_not_null(), tokens::scopes))
            .load::<(i64, String)>(self.sql)?
            .into_iter()
            .map(|(user, scopes)| Ok((UserId(user), scopes_of(&scopes)?)))
            .collect()
    }

    /// The users with a live token of this app, rising ids.
    pub fn users_of_client(&mut self, client: &ClientId) -> Result<Vec<UserId>, Failure> {
        let ids = live()
            .filter(tokens::client_id.eq(client.as_str()))
            .filter(tokens::user_id.is_not_null())
            .select(tokens::user_id.assume_not_null())
            .distinct()
            .order(tokens::user_id.asc())
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(UserId).collect())
    }

    fn count_tokens(&mut self, client: &str, user: UserId) -> Result<i64, Failure> {
        Ok(tokens::table
            .filter(tokens::client_id.eq(client))
            .filter(tokens::user_id.eq(user.0))
            .count()
            .get_result(self.sql)?)
    }
}

impl Tx<'_> {
    /// Refuses a call whose token has ended.
    pub(super) fn demand_live(&mut self, token: TokenId) -> Result<(), Failure> {
        let (sql, group) = self.parts();
        let ask = |asked: &HashSet<TokenId>| Db { sql }.live_among(asked);
        let ended = group.live.ended_of(std::iter::once(token), ask)?;
        match ended.is_empty() {
            true => Ok(()),
            false => Err(Refusal::TokenInvalid.into()),
        }
    }

    /// Some token is not live any more: writers that found it live ask again.
    pub(super) fn note_end_of_tokens(&mut self) -> Result<(), Failure> {
        let (sql, group) = self.parts();
        group.live.forget();
        execute::<EndTokens>(sql, &[])?;
        Ok(())
    }

    /// Creates a token. A disabled account gets none, and of a private app only its owner gets one.
    pub fn create_token(&mut self, new: &NewToken<'_>) -> Result<Token, Failure> {
        let now = self.now();
        let client = self.client(&new.client)?.ok_or(Refusal::ClientInvalid)?;
        if let Some(user) = new.user {
            self.demand_enabled(user)?;
            if !client.is_open_to(user) {
                return Err(Refusal::ClientPrivate.into());
            }
            self.remember_grant(user, &new.client, &new.scopes)?;
        }
        let id = diesel::insert_into(tokens::table)
            .values((
                tokens::hash.eq(hash_token(new.secret).to_vec()),
                tokens::client_id.eq(new.client.as_str()),
                tokens::user_id.eq(new.user.map(|user| user.0)),
                tokens::scopes.eq(to_json(&new.scopes)?),
                tokens::created_at.eq(now.0),
                tokens::used_at.eq(now.0),
            ))
            .returning(tokens::id)
            .get_result::<i64>(self.sql)?;
        Ok(Token {
            id: TokenId(id),
            client: client.brief,
            user: new.user,
            scopes: new.scopes.clone(),
        })
    }

    /// Deletes a token, and says whether it was the user's last one of this app. `None`: there is no such token.
    pub fn delete_token(&mut self, id: TokenId) -> Result<Option<(Token, bool)>, Failure> {
        let found = tokens::table
            .inner_join(clients::table)
            .filter(tokens::id.eq(id.0))
            .select(COLUMNS)
            .get_result::<Row>(self.sql)
            .optional()?;
        let Some(row) = found else {
            return Ok(None);
        };
        let token = into_model(row)?;
        diesel::delete(tokens::table.find(id.0)).execute(self.sql)?;
        self.note_end_of_tokens()?;
        let was_last = match token.user {
            Some(user) => self.count_tokens(token.client.id.as_str(), user)? == 0,
            None => false,
        };
        if let Some(user) = token.user.filter(|_| was_last) {
            self.forget_grant(user, &token.client.id)?;
        }
        Ok(Some((token, was_last)))
    }

    /// Notes that a token is used now.
    pub fn touch_token(&mut self, id: TokenId) -> Result<(), Failure> {
        let now = self.now();
        diesel::update(tokens::table.find(id.0))
            .set(tokens::used_at.eq(now.0))
            .execute(self.sql)?;
        Ok(())
    }
}
