//! Files that were announced and are not there yet.

use diesel::prelude::*;

use super::super::{Db, Failure, Tx};
use super::schema::{operations, provisions};
use crate::model::{FileId, Stamp, UserId};

/// A file that was announced, and is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// It has no contents yet.
    pub file_id: FileId,
    /// The name of its part in the form that brings it.
    pub key: String,
    /// Bytes that were announced.
    pub size: i64,
}

/// Files that were announced together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Under which operation they come.
    pub operation: String,
    /// Until when.
    pub until: Stamp,
    /// The files.
    pub files: Vec<Provision>,
}

impl Db<'_> {
    /// What is still to come under an operation, unless its time is over.
    pub fn provisions(&mut self, operation: &str, now: Stamp) -> Result<Vec<Provision>, Failure> {
        let rows = provisions::table
            .filter(provisions::operation_id.eq(operation))
            .filter(provisions::expires_at.gt(now.0))
            .order(provisions::file_id.asc())
            .select((provisions::file_id, provisions::key, provisions::size))
            .load::<(i64, String, i64)>(self.sql)?;
        let rows = rows.into_iter().map(|(file_id, key, size)| Provision {
            file_id: FileId(file_id),
            key,
            size,
        });
        Ok(rows.collect())
    }

    /// How many files of a user are still to come.
    pub fn waiting_provisions(&mut self, user: UserId) -> Result<i64, Failure> {
        let of_user = provisions::table.filter(provisions::user_id.eq(user.0));
        Ok(of_user.count().get_result(self.sql)?)
    }

    /// Files whose time is over, the earliest first.
    pub fn expired_provisions(&mut self, now: Stamp, most: i64) -> Result<Vec<FileId>, Failure> {
        let ids = provisions::table
            .filter(provisions::expires_at.le(now.0))
            .order(provisions::expires_at.asc())
            .limit(most)
            .select(provisions::file_id)
            .load::<i64>(self.sql)?;
        Ok(ids.into_iter().map(FileId).collect())
    }
}

impl Tx<'_> {
    /// Notes that a file is to come under an operation.
    pub fn insert_provision(
        &mut self,
        operation: &str,
        user: UserId,
        provision: &Provision,
        expires_at: Stamp,
    ) -> Result<(), Failure> {
        diesel::insert_into(provisions::table)
            .values((
                provisions::file_id.eq(provision.file_id.0),
                provisions::user_id.eq(user.0),
                provisions::operation_id.eq(operation),
                provisions::key.eq(&provision.key),
                provisions::size.eq(provision.size),
                provisions::expires_at.eq(expires_at.0),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// A file is there, or will not come any more: with the last one its operation ends. Files that were not announced
    /// have none.
    pub fn settle_provision(&mut self, file: FileId, comes: bool) -> Result<(), Failure> {
        let known = provisions::table.find(file.0);
        let operation = known.select(provisions::operation_id);
        let Some(operation) = operation.first::<String>(self.sql).optional()? else {
            return Ok(());
        };
        diesel::delete(known).execute(self.sql)?;
        if !comes {
            diesel::update(operations::table.find(&operation))
                .set(operations::is_dead.eq(true))
                .execute(self.sql)?;
        }
        let rest = provisions::table.filter(provisions::operation_id.eq(&operation));
        if !diesel::select(diesel::dsl::exists(rest)).get_result::<bool>(self.sql)? {
            let now = self.now();
            diesel::update(operations::table.find(&operation))
                .set(operations::ended_at.eq(now.0))
                .execute(self.sql)?;
        }
        Ok(())
    }
}
