//! The full-text index of posts: what it is given, and what it has to forget.
//!
//! As with messages it learns of new posts after their commits, a slice at a time and from a mark on (`indexing.rs`). Of
//! deleted and revised ones it learns at the end of the group that writes them, so that a search finds no words that are
//! gone.

use std::collections::HashSet;

use diesel::prelude::*;

use super::super::connect::Sql;
use super::super::group::{IndexChange, IndexEntry};
use super::super::posts::{Found, found, into_model};
use super::super::schema::{clients, posts};
use super::super::statements::{
    self, EmptyPostWords, EndOfPostSlice, FlushPostWords, ForgetPostWords, IndexAllPostWords,
    IndexPostWords, LastPostId, MovePostMark, OwnPostMark, PostMark, PostWordsFormat, PostsUpTo,
    SetPostWordsFormat, execute,
};
use super::super::{Failure, Tx};
use super::changes::{self, FullText};
use super::marks::{self, marks_of};
use crate::model::PostId;
use crate::text::words::{self, cut};

/// Posts per transaction of the index.
pub(super) const SLICE: i64 = 256;
/// The first posts of an author, reposts counted, that the stream of newcomers shows.
const FIRST: i64 = 50;
/// By which rules the words and marks are made.
const FORMAT: i64 = words::FORMAT * 1000 + marks::FORMAT;

/// How far the index has come.
pub(super) fn mark(sql: &mut Sql) -> Result<i64, Failure> {
    Ok(statements::query::<PostMark>(&[]).get_result(sql)?)
}

/// The newest post.
pub(super) fn newest(sql: &mut Sql) -> Result<i64, Failure> {
    Ok(statements::query::<LastPostId>(&[]).get_result(sql)?)
}

/// Indexes the next posts; whether those were all.
pub(super) fn index_slice(sql: &mut Sql) -> Result<bool, Failure> {
    let Some(mark) = changes::own_mark::<OwnPostMark>(sql, FORMAT)? else {
        return Ok(true);
    };
    let Some(end) = end_of(sql, mark, SLICE)? else {
        return Ok(true);
    };
    let entries = entries(sql, mark + 1, end)?;
    changes::add_new::<PostWords>(sql, &entries)?;
    execute::<MovePostMark>(sql, &[end.into()])?;
    Ok(newest(sql)? <= end)
}

/// The last of so many posts after the mark; nothing if there is none.
pub(super) fn end_of(sql: &mut Sql, mark: i64, count: i64) -> Result<Option<i64>, Failure> {
    let binds = [mark.into(), count.into()];
    Ok(statements::query::<EndOfPostSlice>(&binds).get_result::<Option<i64>>(sql)?)
}

/// Begins the index anew if its words or marks were made by other rules.
pub(super) fn renew(sql: &mut Sql) -> Result<(), Failure> {
    let format: i64 = statements::query::<PostWordsFormat>(&[]).get_result(sql)?;
    if format != FORMAT {
        execute::<EmptyPostWords>(sql, &[])?;
        execute::<MovePostMark>(sql, &[0.into()])?;
        execute::<SetPostWordsFormat>(sql, &[FORMAT.into()])?;
        tracing::info!(format = FORMAT, "all posts are indexed anew for the search");
    }
    Ok(())
}

/// The posts of a range of ids as the index holds them: no reposts, no deleted ones.
fn entries(sql: &mut Sql, low: i64, high: i64) -> Result<Vec<IndexEntry>, Failure> {
    let humans: HashSet<i64> = posts::table
        .filter(posts::id.between(low, high))
        .filter(posts::is_human)
        .select(posts::id)
        .load::<i64>(sql)?
        .into_iter()
        .collect();
    let rows = posts::table
        .inner_join(clients::table)
        .filter(posts::id.between(low, high))
        .filter(posts::repost_of.is_null())
        .filter(posts::deleted_at.is_null())
        .select(found!())
        .load::<Found>(sql)?;
    let mut entries = Vec::with_capacity(rows.len());
    for found in rows {
        let post = into_model(found)?;
        let is_human = humans.contains(&post.id.0);
        let binds = [post.user_id.0.into(), post.id.0.into(), (FIRST + 1).into()];
        let written: i64 = statements::query::<PostsUpTo>(&binds).get_result(sql)?;
        entries.push(IndexEntry {
            id: post.id.0,
            words: cut(&post.content.text).join(" "),
            marks: marks_of(&post, is_human, written <= FIRST),
        });
    }
    Ok(entries)
}

/// The index, to be told of changes.
pub(in super::super) struct PostWords;

impl FullText for PostWords {
    const OBJECTS: &'static str = "posts";
    type Add = IndexPostWords;
    type AddAll = IndexAllPostWords;
    type Forget = ForgetPostWords;
    type Flush = FlushPostWords;
    type SetFormat = SetPostWordsFormat;
}

impl Tx<'_> {
    /// A post is about to change: at the end of the group the index forgets it as it is now, unless it has not learnt of it
    /// yet.
    pub(in super::super) fn forget_post_words(&mut self, id: PostId) -> Result<(), Failure> {
        for entry in self.indexed_post(id)? {
            self.parts().1.post_changes.push(IndexChange::Forget(entry));
        }
        Ok(())
    }

    /// It has changed: the index learns of it as it is now.
    pub(in super::super) fn add_post_words(&mut self, id: PostId) -> Result<(), Failure> {
        for entry in self.indexed_post(id)? {
            self.parts().1.post_changes.push(IndexChange::Add(entry));
        }
        Ok(())
    }

    fn indexed_post(&mut self, id: PostId) -> Result<Vec<IndexEntry>, Failure> {
        let sql = self.parts().0;
        match id.0 <= mark(sql)? {
            true => entries(sql, id.0, id.0),
            false => Ok(Vec::new()),
        }
    }
}
