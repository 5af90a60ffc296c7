//! Authorization codes: short-lived, used once, and bound to all that they were asked for with.

use std::time::Duration;

use diesel::prelude::*;

use super::db::to_json;
use super::schema::codes;
use super::secret::hash_token;
use super::tokens::scopes_of;
use super::{Db, Failure, Tx};
use crate::model::{Challenge, ChallengeMethod, ClientId, Scopes, Stamp, TokenId, UserId};

/// How long a used code is known: a second use within this time revokes the token of the first one.
const KEPT: Duration = Duration::from_secs(86_400);

/// A code to be stored.
#[derive(Clone, Debug)]
pub struct NewCode<'a> {
    /// What the app will send; only its hash is stored.
    pub secret: &'a str,
    /// The app.
    pub client: &'a ClientId,
    /// The user that allowed it.
    pub user: UserId,
    /// What was allowed.
    pub scopes: &'a Scopes,
    /// The address that it was sent to.
    pub redirect_uri: &'a str,
    /// What the app has to prove.
    pub challenge: Option<&'a Challenge>,
    /// How long it may wait.
    pub lifetime: Duration,
}

/// Whether a code can be exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// Yes.
    Fresh,
    /// Its time is over.
    Expired,
    /// It was exchanged, for this token.
    Used(Option<TokenId>),
}

/// A stored code.
#[derive(Clone, Debug)]
pub struct Code {
    id: i64,
    /// The app that it was made for.
    pub client: ClientId,
    /// The user that allowed it.
    pub user: UserId,
    /// What was allowed.
    pub scopes: Scopes,
    /// The address that it was sent to.
    pub redirect_uri: String,
    /// What the app has to prove.
    pub challenge: Option<Challenge>,
    /// Whether it can be exchanged.
    pub state: CodeState,
}

type Row = (
    i64,
    String,
    i64,
    String,
    String,
    Option<String>,
    Option<String>,
    i64,
    Option<i64>,
    Option<i64>,
);

fn into_model(row: Row, now: Stamp) -> Result<Code, Failure> {
    let (id, client, user, scopes, redirect_uri, challenge, method, expires_at, used_at, token) =
        row;
    let challenge = match challenge.zip(method) {
        None => None,
        Some((value, method)) => {
            let method = ChallengeMethod::parse(&method);
            let method =
                method.ok_or_else(|| Failure::trouble("a stored code has an unknown method"))?;
            Some(Challenge { value, method })
        }
    };
    let state = match used_at {
        Some(_) => CodeState::Used(token.map(TokenId)),
        None if expires_at <= now.0 => CodeState::Expired,
        None => CodeState::Fresh,
    };
    Ok(Code {
        id,
        client: client.into(),
        user: UserId(user),
        scopes: scopes_of(&scopes)?,
        redirect_uri,
        challenge,
        state,
    })
}

impl Db<'_> {
    /// The code with this secret, whatever its state.
    pub fn code(&mut self, secret: &str, now: Stamp) -> Result<Option<Code>, Failure> {
        codes::table
            .filter(codes::hash.eq(hash_token(secret).to_vec()))
            .select((
                codes::id,
                codes::client_id,
                codes::user_id,
                codes::scopes,
                codes::redirect_uri,
                codes::challenge,
                codes::challenge_method,
                codes::expires_at,
                codes::used_at,
                codes::token_id,
            ))
            .get_result::<Row>(self.sql)
            .optional()?
            .map(|row| into_model(row, now))
            .transpose()
    }
}

impl Tx<'_> {
    /// The codes of a user that no app has exchanged yet are no longer valid; those of one app, or all. Used ones stay, so
    /// that a second use is noticed.
    pub fn void_codes(&mut self, user: UserId, client: Option<&ClientId>) -> Result<(), Failure> {
        let waiting = codes::table
            .filter(codes::user_id.eq(user.0))
            .filter(codes::used_at.is_null());
        match client {
            Some(client) => diesel::delete(waiting.filter(codes::client_id.eq(client.as_str())))
                .execute(self.sql)?,
            None => diesel::delete(waiting).execute(self.sql)?,
        };
        Ok(())
    }

    /// Stores a code. Codes that nothing can come of any more go.
    pub fn create_code(&mut self, new: &NewCode<'_>) -> Result<(), Failure> {
        let now = self.now();
        self.demand_enabled(new.user)?;
        diesel::delete(codes::table.filter(codes::created_at.lt(now.minus(KEPT).0)))
            .execute(self.sql)?;
        diesel::insert_into(codes::table)
            .values((
                codes::hash.eq(hash_token(new.secret).to_vec()),
                codes::client_id.eq(new.client.as_str()),
                codes::user_id.eq(new.user.0),
                codes::scopes.eq(to_json(new.scopes)?),
                codes::redirect_uri.eq(new.redirect_uri),
                codes::challenge.eq(new.challenge.map(|challenge| &challenge.value)),
                codes::challenge_method.eq(new.challenge.map(|challenge| challenge.method.name())),
                codes::created_at.eq(now.0),
                codes::expires_at.eq(now.plus(new.lifetime).0),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// The code was exchanged for this token.
    pub fn use_code(&mut self, code: &Code, token: TokenId) -> Result<(), Failure> {
        let now = self.now();
        diesel::update(codes::table.find(code.id))
            .set((codes::used_at.eq(now.0), codes::token_id.eq(token.0)))
            .execute(self.sql)?;
        Ok(())
    }
}
