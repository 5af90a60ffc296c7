//! Rows of one write as columns, on PostgreSQL: one way there and back for all of them. A column is an array of the
//! database, which costs it a quarter of what the same rows cost it as JSON.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};

use super::Statement;

statements! {
    /// New messages, each if its channel still is the version that it was allowed on. First what becomes of the channels: their
    /// ids, versions, numbers of new messages, newest ids, moments; then the rows of the messages, with the versions. Gives
    /// back the channels that were that version, each with it. (A set may hold messages for two versions of a channel, so the
    /// newest wins whatever comes last.)
    PostMessages -> (BigInt, BigInt) = "", postgres "WITH moved AS (
            UPDATE channels SET messages = channels.messages + new.messages,
                recent_message_id = GREATEST(COALESCE(recent_message_id, 0), new.newest),
                recent_deleted_message_id = NULL, activity = GREATEST(activity, new.at)
            FROM unnest(?, ?, ?, ?, ?) AS new (id, revision, messages, newest, at)
            WHERE channels.id = new.id AND channels.revision = new.revision
            RETURNING channels.id, channels.revision
        ), written AS (
            INSERT INTO messages (id, channel_id, user_id, client_id, thread_id, reply_to, created_at, is_nsfw, text, html,
                entities, raw)
            SELECT sent.id, channel_id, user_id, client_id, thread_id, reply_to, created_at, is_nsfw, text, html, entities, raw
            FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS sent (revision, id, channel_id, user_id, client_id, thread_id,
                reply_to, created_at, is_nsfw, text, html, entities, raw)
            WHERE EXISTS (SELECT 1 FROM moved WHERE moved.id = channel_id AND moved.revision = sent.revision)
        )
        SELECT id, revision FROM moved";
    /// The end of a group: the name of its lane and its last timestamp; its events; their number and bytes,
    /// the last timestamp, the newest message, the timestamp again. Gives back the last position.
    EndGroup -> BigInt = "", postgres "WITH lane AS (
            INSERT INTO write_lanes (name, stamp) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET stamp = excluded.stamp
        ), written AS (
            INSERT INTO log_events (pos, at, owner, bytes, v, kind, sum, body)
            SELECT pos, at, owner, bytes, v, kind, sum, body
            FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) AS new (pos, at, owner, bytes, v, kind, sum, body)
        )
        UPDATE log_head SET pos = pos + ?, bytes = bytes + ?, stamp = ?, newest_message = ?, newest_message_at = ?
        RETURNING pos";
    /// Words that users are found by: the users, the words.
    InsertAllUserWords -> () = "", postgres "INSERT INTO user_words (user_id, word) SELECT id, word
        FROM unnest(?, ?) AS new (id, word)";
}

/// A value for a `?`.
pub(in crate::store) enum Values<'a> {
    Int(i64),
    Text(&'a str),
    Ints(Vec<i64>),
    Numbers(Vec<i32>),
    Flags(Vec<bool>),
    Texts(Vec<&'a str>),
    MaybeInts(Vec<Option<i64>>),
    MaybeTexts(Vec<Option<&'a str>>),
}

/// A statement with its values, for PostgreSQL.
pub(in crate::store) struct Set<'a, S>(&'a [Values<'a>], PhantomData<S>);

/// A statement to be loaded from.
pub(in crate::store) fn set<'a, S: Statement>(columns: &'a [Values<'a>]) -> Set<'a, S> {
    Set(columns, PhantomData)
}

impl<S: Statement> QueryId for Set<'_, S> {
    type QueryId = S;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Statement> Query for Set<'_, S> {
    type SqlType = S::Row;
}

impl<S: Statement> QueryFragment<Pg> for Set<'_, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut parts = S::POSTGRES.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (part, column) in parts.zip(self.0) {
            match column {
                Values::Int(value) => out.push_bind_param::<BigInt, _>(value)?,
                Values::Text(value) => out.push_bind_param::<Text, str>(value)?,
                Values::Ints(values) => out.push_bind_param::<Array<BigInt>, _>(values)?,
                Values::Numbers(values) => out.push_bind_param::<Array<Integer>, _>(values)?,
                Values::Flags(values) => out.push_bind_param::<Array<Bool>, _>(values)?,
                Values::Texts(values) => out.push_bind_param::<Array<Text>, _>(values)?,
                Values::MaybeInts(values) => {
                    out.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?;
                }
                Values::MaybeTexts(values) => {
                    out.push_bind_param::<Array<Nullable<Text>>, _>(values)?;
                }
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

impl<S, C> RunQueryDsl<C> for Set<'_, S> {}
