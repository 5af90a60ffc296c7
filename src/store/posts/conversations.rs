//! Threads in which people talk to one another, for those who look around.
//!
//! The root of a thread names the first reply by another person. It is written with that reply, so that a list of the
//! threads that begin to get replies is a walk through one index.

use diesel::prelude::*;

use super::super::schema::posts;
use super::super::statements::{BeginConversation, RenewConversation, execute};
use super::super::{Db, Failure, Tx};
use crate::model::{PageRequest, PostId, UserId};

/// Most following posts of a thread among which another reply is looked for when the first one is deleted.
const LOOKED_AT: i64 = 1000;

impl Db<'_> {
    /// Roots of conversations within a range of first replies, each with its first reply, in the order of the request.
    pub(super) fn conversations(
        &mut self,
        request: &PageRequest,
    ) -> Result<Vec<(i64, PostId)>, Failure> {
        let first = posts::conversation.assume_not_null();
        let mut query = posts::table
            .filter(posts::conversation.is_not_null())
            .filter(first.between(request.low(), request.high()))
            .limit(i64::from(request.count))
            .select((first, posts::id))
            .into_boxed();
        query = match request.oldest {
            true => query.order(posts::conversation.asc()),
            false => query.order(posts::conversation.desc()),
        };
        let rows = query.load::<(i64, i64)>(self.sql)?;
        Ok(rows
            .into_iter()
            .map(|(key, id)| (key, PostId(id)))
            .collect())
    }
}

impl Tx<'_> {
    /// A person replied within a thread. Replies to oneself make no conversation.
    pub(super) fn note_conversation(
        &mut self,
        root: PostId,
        reply: PostId,
        author: UserId,
    ) -> Result<(), Failure> {
        let binds = [reply.0.into(), root.0.into(), author.0.into()];
        execute::<BeginConversation>(self.sql, &binds)?;
        Ok(())
    }

    /// A reply is deleted.
    pub(super) fn renew_conversation(
        &mut self,
        root: PostId,
        reply: PostId,
    ) -> Result<(), Failure> {
        let binds = [
            reply.0.into(),
            LOOKED_AT.into(),
            root.0.into(),
            reply.0.into(),
        ];
        execute::<RenewConversation>(self.sql, &binds)?;
        Ok(())
    }
}
