//! A user's files.

use std::collections::HashSet;

use diesel::prelude::*;

use super::super::pages::gather;
use super::super::schema::clients;
use super::super::{Db, Failure};
use super::schema::files;
use super::{Found, found};
use crate::model::{File, FileKind, Page, PageRequest, UserId};

/// What a list of files holds.
#[derive(Clone, Debug, Default)]
pub struct FileFilter {
    /// Files without contents too.
    pub include_incomplete: bool,
    /// Private files too.
    pub include_private: bool,
    /// Only of these types.
    pub types: Option<HashSet<String>>,
    /// None of these types.
    pub without_types: HashSet<String>,
    /// Only with these contents.
    pub mime_types: Option<HashSet<String>>,
    /// What the scopes of the caller open: types, and kinds. `None`: all.
    pub opened: Option<(HashSet<String>, Vec<FileKind>)>,
}

impl FileFilter {
    fn keeps(&self, file: &File) -> bool {
        let mime_type = file.contents.as_ref().map(|own| own.mime_type.as_str());
        let is_opened = self.opened.as_ref().is_none_or(|(types, kinds)| {
            types.contains(&file.file_type) || kinds.contains(&file.kind)
        });
        is_opened
            && (self.include_incomplete || file.contents.is_some())
            && (self.include_private || file.is_public)
            && !self.without_types.contains(&file.file_type)
            && self
                .types
                .as_ref()
                .is_none_or(|types| types.contains(&file.file_type))
            && self
                .mime_types
                .as_ref()
                .is_none_or(|types| mime_type.is_some_and(|mime| types.contains(mime)))
    }
}

impl Db<'_> {
    /// A page of a user's files, newest first. Its cost grows with the page, and with what the filter leaves out of it.
    pub fn files_of(
        &mut self,
        user: UserId,
        filter: &FileFilter,
        request: &PageRequest,
    ) -> Result<Page<File>, Failure> {
        gather(
            request,
            |step| {
                let mut query = files::table
                    .inner_join(clients::table)
                    .filter(files::user_id.eq(user.0))
                    .filter(files::deleted_at.is_null())
                    .filter(files::id.between(step.low(), step.high()))
                    .limit(i64::from(step.count))
                    .select(found!())
                    .into_boxed();
                query = match step.oldest {
                    true => query.order(files::id.asc()),
                    false => query.order(files::id.desc()),
                };
                let rows = query.load::<Found>(self.sql)?;
                let found = self.with_derived(rows)?;
                Ok(found.into_iter().map(|file| (file.id.0, file)).collect())
            },
            |file| Ok(filter.keeps(file)),
        )
    }
}
