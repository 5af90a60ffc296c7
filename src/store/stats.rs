//! Numbers about the whole server. None counts a table that grows with what people write.

use diesel::prelude::*;

use super::schema::{clients, users};
use super::search::first_since;
use super::statements::{
    self, ActiveUsers, LastFileId, LastMessageId, LastPollId, LastPostId, MessageSince,
};
use super::{Db, Failure};
use crate::model::Stamp;

/// What `/sys/stats` says of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Apps, deleted ones not counted.
    pub clients: i64,
    /// Those of them without a secret.
    pub public_clients: i64,
    /// When the first account was made.
    pub began: Option<Stamp>,
    /// Messages ever written: the ids that were given out.
    pub messages: i64,
    /// Posts and reposts ever written.
    pub posts: i64,
    /// Files ever made.
    pub files: i64,
    /// Polls that were made.
    pub polls: i64,
    /// Accounts.
    pub users: i64,
    /// Those of them that are disabled.
    pub disabled_users: i64,
}

impl Db<'_> {
    /// Counts accounts and apps; what is written is known by its newest id.
    pub fn stats(&mut self) -> Result<StoreStats, Failure> {
        let known = || clients::table.filter(clients::deleted_at.is_null());
        let began = users::table
            .order(users::id.asc())
            .select(users::created_at)
            .first::<i64>(self.sql)
            .optional()?;
        Ok(StoreStats {
            clients: known().count().get_result(self.sql)?,
            public_clients: known()
                .filter(clients::is_public)
                .count()
                .get_result(self.sql)?,
            began: began.map(Stamp),
            messages: statements::query::<LastMessageId>(&[]).get_result(self.sql)?,
            posts: statements::query::<LastPostId>(&[]).get_result(self.sql)?,
            files: statements::query::<LastFileId>(&[]).get_result(self.sql)?,
            polls: statements::query::<LastPollId>(&[]).get_result(self.sql)?,
            users: users::table.count().get_result(self.sql)?,
            disabled_users: users::table
                .filter(users::disabled_at.is_not_null())
                .count()
                .get_result(self.sql)?,
        })
    }

    /// How many users wrote a post or a message from one moment to before another: it looks at what was written then, so it
    /// is asked once per day.
    pub fn users_that_wrote(&mut self, from: Stamp, to: Stamp) -> Result<i64, Failure> {
        let posts = (self.first_post_since(from)?, self.first_post_since(to)?);
        let messages = (
            self.first_message_since(from)?,
            self.first_message_since(to)?,
        );
        let binds = [
            posts.0.into(),
            posts.1.into(),
            messages.0.into(),
            messages.1.into(),
        ];
        Ok(statements::query::<ActiveUsers>(&binds).get_result(self.sql)?)
    }

    /// The id of the first message written at a moment or later; above all ids if there is none. Ids and times rise
    /// together, so it is found by halving.
    pub(super) fn first_message_since(&mut self, at: Stamp) -> Result<i64, Failure> {
        let newest: i64 = statements::query::<LastMessageId>(&[]).get_result(self.sql)?;
        first_since(newest, at, |from| {
            let row = statements::query::<MessageSince>(&[from.into()])
                .get_result::<(i64, i64)>(self.sql);
            Ok(row.optional()?)
        })
    }
}
