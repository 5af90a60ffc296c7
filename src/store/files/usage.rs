//! How many bytes the files of a user hold.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::among::among;
use super::super::statements::{AddFileUsage, execute};
use super::super::{Db, Failure, Tx};
use super::schema::file_usage;
use crate::model::UserId;

impl Db<'_> {
    /// Bytes that a user's files hold, with what was made of them. Contents that several files share count for each.
    pub fn file_usage(&mut self, user: UserId) -> Result<i64, Failure> {
        let bytes = file_usage::table
            .find(user.0)
            .select(file_usage::bytes)
            .first(self.sql);
        Ok(bytes.optional()?.unwrap_or(0))
    }

    /// The same for several users; those without files are left out.
    pub fn file_usages(&mut self, users: &[UserId]) -> Result<HashMap<UserId, i64>, Failure> {
        let rows = file_usage::table
            .filter(among("file_usage.user_id", users.iter().map(|id| id.0)))
            .select((file_usage::user_id, file_usage::bytes))
            .load::<(i64, i64)>(self.sql)?;
        Ok(rows
            .into_iter()
            .map(|(user, bytes)| (UserId(user), bytes))
            .collect())
    }
}

impl Tx<'_> {
    /// The user's files hold so many bytes more, or fewer.
    pub(super) fn count_usage(&mut self, user: UserId, by: i64) -> Result<(), Failure> {
        if by == 0 {
            return Ok(());
        }
        execute::<AddFileUsage>(self.sql, &[user.0.into(), by.into()])?;
        Ok(())
    }
}
