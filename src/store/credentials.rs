//! Which accounts may sign in, and by what: name, password, and whether the account is disabled.

use std::collections::HashMap;

use diesel::prelude::*;

use super::among::among;
use super::schema::users;
use super::sql_error::is_taken;
use super::{Db, Failure, Tx};
use crate::model::{Refusal, UserId};

/// The form in which the names of a sign-in are compared: two that differ only in letter case, blanks around them or an
/// `@` mean one account.
pub fn login_key(name: &str) -> String {
    name.trim().trim_start_matches('@').to_lowercase()
}

impl Db<'_> {
    /// The enabled account with this name or email address (any case), and the hash of its password.
    pub fn login(&mut self, name: &str) -> Result<Option<(UserId, String)>, Failure> {
        let key = login_key(name);
        let row = users::table
            .filter(users::username_key.eq(&key).or(users::email_key.eq(&key)))
            .filter(users::password_hash.is_not_null())
            .filter(users::disabled_at.is_null())
            .select((users::id, users::password_hash.assume_not_null()))
            .get_result::<(i64, String)>(self.sql)
            .optional()?;
        Ok(row.map(|(id, hash)| (UserId(id), hash)))
    }

    /// The hash of the password of an account that has one.
    pub fn password_hash(&mut self, user: UserId) -> Result<Option<String>, Failure> {
        let hash = users::table
            .find(user.0)
            .select(users::password_hash)
            .get_result::<Option<String>>(self.sql)
            .optional()?;
        Ok(hash.flatten())
    }

    /// The address of each of these users that has one.
    pub fn emails(&mut self, ids: &[UserId]) -> Result<HashMap<UserId, String>, Failure> {
        let rows = users::table
            .filter(among("users.id", ids.iter().map(|id| id.0)))
            .filter(users::email.is_not_null())
            .select((users::id, users::email.assume_not_null()))
            .load::<(i64, String)>(self.sql)?;
        Ok(rows
            .into_iter()
            .map(|(id, email)| (UserId(id), email))
            .collect())
    }

    /// Refuses an account that does not exist, or is disabled.
    pub(super) fn demand_enabled(&mut self, user: UserId) -> Result<(), Failure> {
        let disabled_at = users::table
            .find(user.0)
            .select(users::disabled_at)
            .get_result::<Option<i64>>(self.sql)
            .optional()?;
        match disabled_at {
            Some(None) => Ok(()),
            Some(Some(_)) => Err(Refusal::NoAccess.into()),
            None => Err(Refusal::UserNotFound.into()),
        }
    }
}

impl Tx<'_> {
    /// Replaces the password of an account, and ends its sessions: the old password opened them.
    pub fn set_password(&mut self, user: UserId, hash: &str) -> Result<(), Failure> {
        let changed = diesel::update(users::table.find(user.0))
            .set(users::password_hash.eq(hash))
            .execute(self.sql)?;
        if changed == 0 {
            return Err(Refusal::UserNotFound.into());
        }
        self.void_codes(user, None)?;
        self.end_sessions_of(user)
    }

    /// Replaces the e-mail address of an account; `None` removes it. Addresses are unique regardless of case.
    pub fn set_email(&mut self, user: UserId, email: Option<&str>) -> Result<(), Failure> {
        let changed = diesel::update(users::table.find(user.0))
            .set((
                users::email.eq(email),
                users::email_key.eq(email.map(str::to_lowercase)),
            ))
            .execute(self.sql)
            .map_err(|error| {
                if is_taken(&error) {
                    Refusal::Invalid.at("email").into()
                } else {
                    Failure::from(error)
                }
            })?;
        if changed == 0 {
            return Err(Refusal::UserNotFound.into());
        }
        Ok(())
    }

    /// Disables or enables an account; says whether it was the other before. Its sessions end, and enabling it brings none back.
    pub fn set_disabled(&mut self, user: UserId, disabled: bool) -> Result<bool, Failure> {
        let now = self.now();
        let account = users::table.find(user.0);
        if disabled {
            self.note_end_of_tokens()?;
            self.void_codes(user, None)?;
            self.end_sessions_of(user)?;
        }
        let changed = match disabled {
            true => diesel::update(account.filter(users::disabled_at.is_null()))
                .set(users::disabled_at.eq(now.0))
                .execute(self.sql)?,
            false => diesel::update(account.filter(users::disabled_at.is_not_null()))
                .set(users::disabled_at.eq(None::<i64>))
                .execute(self.sql)?,
        };
        Ok(changed > 0)
    }
}
