//! Browsers that are signed in, and the key that their cookies are signed with.

use std::time::Duration;

use diesel::prelude::*;

use super::schema::{secrets, sessions, users};
use super::secret::hash_token;
use super::{Db, Failure, Tx};
use crate::model::{Refusal, Stamp, UserId};

/// Sessions of an account; the next one ends the oldest. A person has a few browsers; a program that signs in again and
/// again leaves no more rows than this.
pub const SESSIONS_MAX: i64 = 50;

/// The number of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId(i64);

impl SessionId {
    /// As pages write it.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl From<i64> for SessionId {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

/// A session in the list of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSession {
    /// Its number.
    pub id: SessionId,
    /// When the browser signed in.
    pub created_at: Stamp,
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// The user that signed in.
    pub user: UserId,
    /// The user's name.
    pub username: String,
    /// From its begin to its end.
    pub lifetime: Duration,
}

impl Db<'_> {
    /// The session with this secret, unless it is over or its account is disabled.
    pub fn session(&mut self, secret: &str, now: Stamp) -> Result<Option<Session>, Failure> {
        let row = sessions::table
            .inner_join(users::table)
            .filter(sessions::hash.eq(hash_token(secret).to_vec()))
            .filter(sessions::expires_at.gt(now.0))
            .filter(users::disabled_at.is_null())
            .select((
                (sessions::id, users::id, users::username),
                (sessions::created_at, sessions::expires_at),
            ))
            .get_result::<((i64, i64, String), (i64, i64))>(self.sql)
            .optional()?;
        Ok(row.map(|((id, user, username), (begun, ends))| Session {
            id: SessionId(id),
            user: UserId(user),
            username,
            lifetime: Duration::from_micros(Stamp(begun).micros_until(Stamp(ends))),
        }))
    }
}

impl Db<'_> {
    /// The sessions of an account, newest first; at most [`SESSIONS_MAX`].
    pub fn sessions_of(&mut self, user: UserId, now: Stamp) -> Result<Vec<KnownSession>, Failure> {
        let rows = sessions::table
            .filter(sessions::user_id.eq(user.0))
            .filter(sessions::expires_at.gt(now.0))
            .order(sessions::id.desc())
            .select((sessions::id, sessions::created_at))
            .load::<(i64, i64)>(self.sql)?;
        let known = rows.into_iter().map(|(id, created_at)| KnownSession {
            id: SessionId(id),
            created_at: Stamp(created_at),
        });
        Ok(known.collect())
    }
}

impl Tx<'_> {
    /// Begins a session. A disabled account gets none. Sessions that are over go, and of too many the oldest.
    pub fn begin_session(
        &mut self,
        user: UserId,
        secret: &str,
        lifetime: Duration,
    ) -> Result<(), Failure> {
        let now = self.now();
        self.demand_enabled(user)?;
        diesel::delete(sessions::table.filter(sessions::expires_at.le(now.0))).execute(self.sql)?;
        let kept = sessions::table
            .filter(sessions::user_id.eq(user.0))
            .order(sessions::id.desc())
            .select(sessions::id)
            .offset(SESSIONS_MAX - 1)
            .first::<i64>(self.sql)
            .optional()?;
        if let Some(newest_to_go) = kept {
            let of_user = sessions::table.filter(sessions::user_id.eq(user.0));
            diesel::delete(of_user.filter(sessions::id.le(newest_to_go))).execute(self.sql)?;
        }
        diesel::insert_into(sessions::table)
            .values((
                sessions::hash.eq(hash_token(secret).to_vec()),
                sessions::user_id.eq(user.0),
                sessions::created_at.eq(now.0),
                sessions::expires_at.eq(now.plus(lifetime).0),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// Ends one session.
    pub fn end_session(&mut self, id: SessionId) -> Result<(), Failure> {
        diesel::delete(sessions::table.find(id.0)).execute(self.sql)?;
        Ok(())
    }

    /// Ends a session of this account.
    pub fn end_own_session(&mut self, user: UserId, id: SessionId) -> Result<(), Failure> {
        let session = sessions::table
            .find(id.0)
            .filter(sessions::user_id.eq(user.0));
        match diesel::delete(session).execute(self.sql)? {
            0 => Err(Refusal::NotFound.into()),
            _ => Ok(()),
        }
    }

    /// Ends all sessions of an account but one.
    pub fn end_other_sessions(&mut self, user: UserId, kept: SessionId) -> Result<(), Failure> {
        let others = sessions::table
            .filter(sessions::user_id.eq(user.0))
            .filter(sessions::id.ne(kept.0));
        diesel::delete(others).execute(self.sql)?;
        Ok(())
    }

    /// Ends all sessions of an account.
    pub fn end_sessions_of(&mut self, user: UserId) -> Result<(), Failure> {
        diesel::delete(sessions::table.filter(sessions::user_id.eq(user.0))).execute(self.sql)?;
        Ok(())
    }

    /// A key of this server, made at the first call: random bytes that never leave the database. The key alone opens
    /// no session: that needs the secret in a cookie, of which the database has only a hash.
    pub fn server_key(&mut self, name: &str) -> Result<[u8; 64], Failure> {
        let there = secrets::table
            .find(name)
            .select(secrets::value)
            .get_result::<Vec<u8>>(self.sql)
            .optional()?;
        if let Some(there) = there {
            let key = <[u8; 64]>::try_from(there);
            return key
                .map_err(|_other| Failure::trouble("a stored key has another length than 64"));
        }
        let value = rand::random::<[u8; 64]>();
        diesel::insert_into(secrets::table)
            .values((secrets::name.eq(name), secrets::value.eq(value.to_vec())))
            .execute(self.sql)?;
        Ok(value)
    }
}
