//! Work that goes on behind its answer, and is taken up again when the server starts.

use diesel::prelude::*;
use strum::{EnumString, IntoStaticStr};

use super::super::db::{from_json, to_json};
use super::super::{Db, Failure, Tx};
use super::schema::operations;
use crate::model::{FileId, Stamp, UserId};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum OperationKind {
    /// Deletes files.
    FileDelete,
    /// Waits for files that were announced.
    FileCreate,
}

/// An operation, running or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// A UUID.
    pub id: String,
    /// The user that it works for.
    pub user_id: UserId,
    /// What it does.
    pub kind: OperationKind,
    /// What is left to do.
    pub objects: Vec<FileId>,
    /// When it was accepted.
    pub created_at: Stamp,
    /// When nothing was left to do.
    pub ended_at: Option<Stamp>,
    /// Something of it will never be done.
    pub is_dead: bool,
}

type Found = (String, i64, String, String, i64, Option<i64>, bool);

fn into_model(
    (id, user_id, kind, objects, created_at, ended_at, is_dead): Found,
) -> Result<Operation, Failure> {
    Ok(Operation {
        id,
        user_id: UserId(user_id),
        kind: kind
            .parse()
            .map_err(|_unknown| Failure::trouble("stored operation of an unknown type"))?,
        objects: from_json("list of an operation", &objects)?,
        created_at: Stamp(created_at),
        ended_at: ended_at.map(Stamp),
        is_dead,
    })
}

impl Db<'_> {
    /// An operation by its id.
    pub fn operation(&mut self, id: &str) -> Result<Option<Operation>, Failure> {
        let found = operations::table.find(id).first::<Found>(self.sql);
        found.optional()?.map(into_model).transpose()
    }

    /// Whether operations ended before this moment.
    pub fn has_old_operations(&mut self, before: Stamp) -> Result<bool, Failure> {
        let old = operations::table.filter(operations::ended_at.lt(before.0));
        Ok(diesel::select(diesel::dsl::exists(old)).get_result(self.sql)?)
    }

    /// The oldest deletion that is not at its end.
    pub fn running_operation(&mut self) -> Result<Option<Operation>, Failure> {
        let found = operations::table
            .filter(operations::ended_at.is_null())
            .filter(operations::kind.eq(<&'static str>::from(OperationKind::FileDelete)))
            .order(operations::created_at.asc())
            .first::<Found>(self.sql);
        found.optional()?.map(into_model).transpose()
    }
}

impl Tx<'_> {
    /// Notes what is to be done.
    pub fn begin_operation(
        &mut self,
        id: &str,
        user: UserId,
        kind: OperationKind,
        objects: &[FileId],
    ) -> Result<(), Failure> {
        let now = self.now();
        diesel::insert_into(operations::table)
            .values((
                operations::id.eq(id),
                operations::user_id.eq(user.0),
                operations::kind.eq(<&'static str>::from(kind)),
                operations::objects.eq(to_json(&objects)?),
                operations::created_at.eq(now.0),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// Notes what is left to do; nothing ends it.
    pub fn continue_operation(&mut self, id: &str, left: &[FileId]) -> Result<(), Failure> {
        let ended = left.is_empty().then(|| self.now().0);
        diesel::update(operations::table.find(id))
            .set((
                operations::objects.eq(to_json(&left)?),
                operations::ended_at.eq(ended),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// Forgets operations that ended before this moment.
    pub fn forget_operations(&mut self, before: Stamp) -> Result<(), Failure> {
        diesel::delete(operations::table.filter(operations::ended_at.lt(before.0)))
            .execute(self.sql)?;
        Ok(())
    }
}
