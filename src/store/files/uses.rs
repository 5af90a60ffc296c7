//! Which objects show a file in their raw.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::among::among;
use super::super::statements::{InsertFileUse, execute};
use super::super::{Db, Failure, Tx};
use super::schema::file_uses;
use crate::model::FileId;

/// Most ids of a kind in a sample.
const SAMPLE: usize = 10;

/// A kind of object that shows files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedBy {
    /// A post.
    Post,
    /// A message.
    Message,
    /// A poll.
    Poll,
}

impl UsedBy {
    fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Message => "message",
            Self::Poll => "poll",
        }
    }
}

/// Some of the objects that show a file, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileUses {
    /// Ids of posts.
    pub posts: Vec<i64>,
    /// Ids of messages.
    pub messages: Vec<i64>,
    /// Ids of polls.
    pub polls: Vec<i64>,
}

impl Db<'_> {
    /// Some of the objects that show each of these files; files that nothing shows are omitted.
    pub fn file_uses(&mut self, of: &[FileId]) -> Result<HashMap<FileId, FileUses>, Failure> {
        let mut all: HashMap<FileId, FileUses> = HashMap::new();
        for file in of {
            for kind in [UsedBy::Post, UsedBy::Message, UsedBy::Poll] {
                let ids = file_uses::table
                    .filter(file_uses::file_id.eq(file.0))
                    .filter(file_uses::kind.eq(kind.name()))
                    .order(file_uses::object_id.desc())
                    .limit(i64::try_from(SAMPLE).unwrap_or(i64::MAX))
                    .select(file_uses::object_id)
                    .load::<i64>(self.sql)?;
                if ids.is_empty() {
                    continue;
                }
                let uses = all.entry(*file).or_default();
                match kind {
                    UsedBy::Post => uses.posts = ids,
                    UsedBy::Message => uses.messages = ids,
                    UsedBy::Poll => uses.polls = ids,
                }
            }
        }
        Ok(all)
    }
}

impl Tx<'_> {
    /// An object shows these files from now on. Files that are gone by now are left out.
    pub fn note_uses(&mut self, of: &[FileId], by: UsedBy, object: i64) -> Result<(), Failure> {
        if of.is_empty() {
            return Ok(());
        }
        let there = self.files(of)?;
        for file in there.keys() {
            let row = [file.0.into(), by.name().into(), object.into()];
            execute::<InsertFileUse>(self.sql, &row)?;
        }
        Ok(())
    }

    /// An object shows these files no more.
    pub fn forget_uses(&mut self, of: &[FileId], by: UsedBy, object: i64) -> Result<(), Failure> {
        if of.is_empty() {
            return Ok(());
        }
        let known = file_uses::table
            .filter(among("file_uses.file_id", of.iter().map(|id| id.0)))
            .filter(file_uses::kind.eq(by.name()))
            .filter(file_uses::object_id.eq(object));
        diesel::delete(known).execute(self.sql)?;
        Ok(())
    }
}
