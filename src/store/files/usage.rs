//! How many bytes the files of a user hold.

use diesel::prelude::*;
use diesel::upsert::excluded;

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
}

impl Tx<'_> {
    /// The user's files hold so many bytes more, or fewer.
    pub(super) fn count_usage(&mut self, user: UserId, by: i64) -> Result<(), Failure> {
        if by == 0 {
            return Ok(());
        }
        diesel::insert_into(file_usage::table)
            .values((file_usage::user_id.eq(user.0), file_usage::bytes.eq(by)))
            .on_conflict(file_usage::user_id)
            .do_update()
            .set(file_usage::bytes.eq(file_usage::bytes + excluded(file_usage::bytes)))
            .execute(self.sql)?;
        Ok(())
    }
}
