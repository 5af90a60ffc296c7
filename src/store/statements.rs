//! SQL that is written by hand, for the paths where preparing a statement costs as much as running it. Conditions that
//! diesel cannot express are with their queries (`among.rs`, `channels/unread.rs`), and so are the
//! statements of the search of channels (`search/channel_index.rs`).
//!
//! Diesel prepares each `UPDATE` at every call, since its text may differ from call to call, and has no words for
//! transactions and upserts. A statement here is a type: its text is a constant, so each connection prepares it once.
//! What another database says differently is in these files, `connect.rs` and `search/words.rs`.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::connect::Sql;

/// One statement; `?` are its places.
pub(super) trait Statement: 'static {
    const TEXT: &'static str;
    /// SQL types of the columns that it returns, if it returns any.
    type Row;
}

/// Statements by their names.
macro_rules! statements {
    ($($(#[doc = $doc:literal])+ $name:ident -> $row:ty = $text:expr;)+) => {$(
        $(#[doc = $doc])+
        pub(in crate::store) struct $name;
        impl $crate::store::statements::Statement for $name {
            const TEXT: &'static str = $text;
            type Row = $row;
        }
    )+};
}
pub(super) use statements;

/// Whether an author is shown to a viewer, by their relations. Its places are bound as
/// `hidden.rs::hiding` says.
macro_rules! is_shown {
    ($author:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM relations WHERE relations.user_id = ? AND kind IN ('block', ?) AND other_id = ",
            $author,
            ") AND NOT EXISTS (SELECT 1 FROM relations WHERE relations.user_id = ",
            $author,
            " AND kind = 'block' AND other_id = ?)"
        )
    };
}

statements! {
    /// Takes the write lock at once, so that no reading transaction has to be raised to a writing one.
    Begin -> () = "BEGIN IMMEDIATE";
    /// Makes a group durable.
    Commit -> () = "COMMIT";
    /// Takes a group back.
    Rollback -> () = "ROLLBACK";
    /// Before a job that may fail alone.
    Savepoint -> () = "SAVEPOINT job";
    /// After it, however it went.
    Release -> () = "RELEASE job";
    /// When it failed.
    RollbackToSavepoint -> () = "ROLLBACK TO job";

    /// The last issued timestamp, of any process.
    LastStamp -> BigInt = "SELECT stamp FROM log_head";
    /// Changes one page, by a microsecond. (SQLite does not write a page that would stay the same.)
    TouchLogHead -> () = "UPDATE log_head SET stamp = stamp + 1";
    /// Numbers for events: by how many, by how many bytes, the last moment given out.
    MoveLogHead -> BigInt = "UPDATE log_head SET pos = pos + ?, bytes = bytes + ?, stamp = ? RETURNING pos";

    /// The newest id, when another process may have given out some.
    LastMessageId -> BigInt = "SELECT COALESCE(MAX(id), 0) FROM messages";
    /// A message; its id is known beforehand.
    InsertMessage -> () = "INSERT INTO messages (id, channel_id, user_id, client_id, thread_id, reply_to,
            created_at, is_nsfw, text, html, entities, raw)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    /// New messages of a channel, if it still is as it was when they were allowed: their number, the newest id, its
    /// moment. A set may hold messages for two revisions of a channel, so the newest wins whatever comes last.
    MoveChannelAt -> () = "UPDATE channels SET messages = messages + ?, recent_message_id = MAX(COALESCE(recent_message_id, 0), ?),
            recent_deleted_message_id = NULL, activity = MAX(activity, ?)
        WHERE id = ? AND revision = ?";
    /// The same, by a job that has looked at the channel in its own transaction.
    MoveChannel -> () = "UPDATE channels SET messages = messages + ?, recent_message_id = MAX(COALESCE(recent_message_id, 0), ?),
            recent_deleted_message_id = NULL, activity = MAX(activity, ?)
        WHERE id = ?";
    /// Which version of a channel there is.
    ChannelRevision -> BigInt = "SELECT revision FROM channels WHERE id = ?";

    /// A reader's place in a channel.
    SetChannelMarker -> () = "INSERT INTO channel_markers
            (user_id, channel_id, position, last_read_id, percentage, updated_at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, channel_id) DO UPDATE SET
            position = excluded.position, last_read_id = excluded.last_read_id,
            percentage = excluded.percentage, updated_at = excluded.updated_at";

    /// Relations between a viewer and some users (a JSON list of ids), in both directions; whether each is the viewer's own.
    /// The kinds are named so that each pair is looked up in an index: without them SQLite reads all that the viewer follows,
    /// and all that follow the viewer.
    Between -> (BigInt, Text, Bool) = "SELECT other_id, kind, TRUE FROM relations
            WHERE user_id = ? AND kind IN ('follow', 'mute', 'block') AND other_id IN (SELECT value FROM json_each(?))
        UNION ALL
        SELECT user_id, kind, FALSE FROM relations
            WHERE other_id = ? AND kind IN ('follow', 'block') AND user_id IN (SELECT value FROM json_each(?))";

    /// What a user answers to a poll, in place of what the user answered before.
    AnswerPoll -> () = "INSERT INTO poll_answers (poll_id, user_id, chosen) VALUES (?, ?, ?)
        ON CONFLICT (poll_id, user_id) DO UPDATE SET chosen = excluded.chosen";

    /// A deleted poll whose answers are still there.
    PollToClear -> BigInt = "SELECT id FROM polls WHERE deleted_at IS NOT NULL AND is_answered ORDER BY id LIMIT 1";
    /// When the next poll closes.
    NextClosing -> BigInt = "SELECT closes_at FROM polls WHERE results IS NULL AND deleted_at IS NULL
        ORDER BY closes_at LIMIT 1";

    /// Authors that a user follows, and the user, each with the newest post in a range of ids; newest first.
    LatestOfFollowed -> (BigInt, BigInt) = "WITH heads AS MATERIALIZED (
            SELECT other_id AS author, (SELECT MAX(id) FROM posts WHERE posts.user_id = relations.other_id
                AND posts.id BETWEEN ? AND ?) AS head
            FROM relations WHERE relations.user_id = ? AND kind = 'follow'
            UNION ALL
            SELECT users.id, (SELECT MAX(id) FROM posts WHERE posts.user_id = users.id AND posts.id BETWEEN ? AND ?)
            FROM users WHERE users.id = ?
        ) SELECT author, head FROM heads WHERE head IS NOT NULL ORDER BY head DESC LIMIT ?";
    /// The same with the oldest post in the range, oldest first.
    EarliestOfFollowed -> (BigInt, BigInt) = "WITH heads AS MATERIALIZED (
            SELECT other_id AS author, (SELECT MIN(id) FROM posts WHERE posts.user_id = relations.other_id
                AND posts.id BETWEEN ? AND ?) AS head
            FROM relations WHERE relations.user_id = ? AND kind = 'follow'
            UNION ALL
            SELECT users.id, (SELECT MIN(id) FROM posts WHERE posts.user_id = users.id AND posts.id BETWEEN ? AND ?)
            FROM users WHERE users.id = ?
        ) SELECT author, head FROM heads WHERE head IS NOT NULL ORDER BY head LIMIT ?";
    /// The latest users that a user follows, so many at most, each with the newest post; without one, with a number below
    /// all posts that no other user has.
    LastPostsOfFollowed -> (BigInt, BigInt) = "SELECT COALESCE((SELECT MAX(id) FROM posts WHERE posts.user_id = latest.user), -latest.user),
            latest.user
        FROM (SELECT other_id AS user FROM relations WHERE user_id = ? AND kind = 'follow'
            ORDER BY since DESC LIMIT ?) AS latest";
    /// The same of the users that follow a user.
    LastPostsOfFollowers -> (BigInt, BigInt) = "SELECT COALESCE((SELECT MAX(id) FROM posts WHERE posts.user_id = latest.user), -latest.user),
            latest.user
        FROM (SELECT user_id AS user FROM relations WHERE other_id = ? AND kind = 'follow'
            ORDER BY since DESC LIMIT ?) AS latest";
    /// The last users that reposted each of some posts (a JSON list of ids), so many of each at most, latest first: among
    /// the last 500, without those that are hidden from a viewer by a block, or by the viewer's relations of another kind.
    SampleReposters -> (BigInt, BigInt) = concat!("SELECT posts.repost_of, posts.user_id
        FROM json_each(?) AS wanted JOIN posts ON posts.id IN (
            SELECT id FROM (SELECT id, user_id FROM posts AS reposts
                WHERE reposts.repost_of = wanted.value AND reposts.deleted_at IS NULL ORDER BY id DESC LIMIT 500) AS acts
            WHERE ", is_shown!("acts.user_id"), "
            LIMIT ?)
        ORDER BY posts.id DESC");
    /// The same for the users that bookmarked them.
    SampleBookmarkers -> (BigInt, BigInt) = concat!("SELECT bookmarks.post_id, bookmarks.user_id
        FROM json_each(?) AS wanted JOIN bookmarks ON bookmarks.id IN (
            SELECT id FROM (SELECT id, user_id FROM bookmarks AS marks
                WHERE marks.post_id = wanted.value ORDER BY id DESC LIMIT 500) AS acts
            WHERE ", is_shown!("acts.user_id"), "
            LIMIT ?)
        ORDER BY bookmarks.id DESC");
    /// The users of the last 500 acts of an interaction, latest first, without those that are hidden from a viewer: by a
    /// block, or by the viewer's relations of another kind. A user that acted twice is there twice. Read as far as needed.
    UsersOfActs -> BigInt = concat!("SELECT acts.user_id
        FROM (SELECT at, user_id FROM interaction_acts WHERE interaction_id = ? ORDER BY at DESC LIMIT 500) AS acts
        WHERE ", is_shown!("acts.user_id"));
    /// Whether a post, or one of the last 500 reposts of it before a repost, not before a moment, is by a user or by one
    /// that the user follows, and not by one whose posts are hidden from a viewer: by a block, or by the viewer's relations
    /// of another kind.
    HeardRepost -> BigInt = concat!("SELECT earlier.id
        FROM (
            SELECT * FROM (SELECT id, user_id, created_at FROM posts
                WHERE repost_of = ? AND deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT 500)
            UNION ALL
            SELECT id, user_id, created_at FROM posts WHERE id = ?
        ) AS earlier
        WHERE earlier.created_at > ?
            AND ", is_shown!("earlier.user_id"), "
            AND (earlier.user_id = ? OR EXISTS (
            SELECT 1 FROM relations WHERE relations.user_id = ? AND kind = 'follow' AND other_id = earlier.user_id))
        LIMIT 1");
    /// The users of the same posts, whoever asks: of a post, and of the last 500 reposts of it before a repost, not before a
    /// moment.
    HeardFrom -> BigInt = "SELECT DISTINCT earlier.user_id
        FROM (
            SELECT * FROM (SELECT user_id, created_at FROM posts
                WHERE repost_of = ? AND deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT 500)
            UNION ALL
            SELECT user_id, created_at FROM posts WHERE id = ?
        ) AS earlier
        WHERE earlier.created_at > ?";

    /// How far the full-text index has come.
    SearchMark -> BigInt = "SELECT indexed_up_to FROM search_mark";
    /// It has come further.
    MoveSearchMark -> () = "UPDATE search_mark SET indexed_up_to = ?";
    /// The last of the next messages after an id, so many at most; nothing if there is none.
    EndOfSlice -> Nullable<BigInt> = "SELECT MAX(id) FROM (SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT ?)";
    /// The channels, authors and texts of a range of ids that are not deleted.
    SliceTexts -> (BigInt, BigInt, BigInt, Text) = "SELECT id, channel_id, user_id, text FROM messages WHERE id > ? AND id <= ? AND deleted_at IS NULL";
    /// The words and marks of a message.
    IndexWords -> () = "INSERT INTO message_words (rowid, words, marks) VALUES (?, ?, ?)";
    /// The index has to forget a message; it must be told what it was given.
    ForgetWords -> () = "INSERT INTO message_words (message_words, rowid, words, marks) VALUES ('delete', ?, ?, ?)";
    /// The index writes out what it holds in memory: an error shows here and not in the commit.
    FlushWords -> () = "INSERT INTO message_words (message_words) VALUES ('flush')";
    /// By which rules the words in the index were cut.
    WordsFormat -> BigInt = "SELECT format FROM search_mark";
    /// They were cut by these, or have to be cut again.
    SetWordsFormat -> () = "UPDATE search_mark SET format = ?";
    /// The index has no words any more.
    EmptyWords -> () = "INSERT INTO message_words (message_words) VALUES ('delete-all')";

    /// A reply by another person makes a thread a conversation: the reply, the root, the author.
    BeginConversation -> () = "UPDATE posts SET conversation = ?
        WHERE id = ? AND conversation IS NULL AND user_id <> ? AND is_human AND deleted_at IS NULL AND repost_of IS NULL";
    /// That reply is deleted: the next one among the following posts of the thread takes its place. The reply, a bound, the
    /// root, the reply.
    RenewConversation -> () = "UPDATE posts SET conversation = (
            SELECT MIN(reply.id) FROM (SELECT id, user_id, is_human, deleted_at FROM posts AS later
                WHERE later.thread_id = posts.id AND later.id > ? ORDER BY later.id LIMIT ?) AS reply
            WHERE reply.user_id <> posts.user_id AND reply.is_human AND reply.deleted_at IS NULL)
        WHERE id = ? AND conversation = ?";
    /// Posts that nobody reacted to, by their places in an order that looks random, within a range of places.
    MissedPosts -> (BigInt, BigInt) = "SELECT (id * 1640531527) & 1099511627775 AS place, id FROM posts
        WHERE replies = 0 AND reposts = 0 AND bookmarks = 0 AND reply_to IS NULL AND repost_of IS NULL AND is_human
            AND deleted_at IS NULL AND (id * 1640531527) & 1099511627775 BETWEEN ? AND ?
        ORDER BY (id * 1640531527) & 1099511627775 DESC LIMIT ?";
    /// The same in the other direction.
    MissedPostsUpwards -> (BigInt, BigInt) = "SELECT (id * 1640531527) & 1099511627775 AS place, id FROM posts
        WHERE replies = 0 AND reposts = 0 AND bookmarks = 0 AND reply_to IS NULL AND repost_of IS NULL AND is_human
            AND deleted_at IS NULL AND (id * 1640531527) & 1099511627775 BETWEEN ? AND ?
        ORDER BY (id * 1640531527) & 1099511627775 LIMIT ?";
    /// Posts of people since a moment by the number of other users that reacted to them: among the newest posts, and among
    /// the newest bookmarks (their numbers, the moment, how many).
    TrendingPosts -> BigInt = "WITH newest AS MATERIALIZED (
            SELECT user_id, reply_to, repost_of FROM posts WHERE deleted_at IS NULL ORDER BY id DESC LIMIT ?
        ), reactions AS (
            SELECT repost_of AS post_id, user_id FROM newest WHERE repost_of IS NOT NULL
            UNION SELECT reply_to, user_id FROM newest WHERE reply_to IS NOT NULL
            UNION SELECT * FROM (SELECT post_id, user_id FROM bookmarks ORDER BY id DESC LIMIT ?)
        )
        SELECT posts.id FROM reactions CROSS JOIN posts ON posts.id = reactions.post_id
        WHERE posts.user_id <> reactions.user_id AND posts.deleted_at IS NULL AND posts.is_human AND posts.created_at > ?
        GROUP BY posts.id ORDER BY COUNT(*) DESC, posts.id DESC LIMIT ?";

    /// The first message from an id on, and its time.
    MessageSince -> (BigInt, BigInt) = "SELECT id, created_at FROM messages WHERE id >= ? ORDER BY id LIMIT 1";
    /// Users that wrote posts of a range of ids, or messages of another; the ends do not belong to them.
    ActiveUsers -> BigInt = "SELECT COUNT(*) FROM (
            SELECT user_id FROM posts WHERE id >= ? AND id < ?
            UNION SELECT user_id FROM messages WHERE id >= ? AND id < ?)";

    /// How far the full-text index of posts has come.
    PostMark -> BigInt = "SELECT indexed_up_to FROM post_search_mark";
    /// It has come further.
    MovePostMark -> () = "UPDATE post_search_mark SET indexed_up_to = ?";
    /// By which rules its words and marks were made.
    PostWordsFormat -> BigInt = "SELECT format FROM post_search_mark";
    /// They were made by these, or have to be made anew.
    SetPostWordsFormat -> () = "UPDATE post_search_mark SET format = ?";
    /// The newest post.
    LastPostId -> BigInt = "SELECT COALESCE(MAX(id), 0) FROM posts";
    /// The newest file.
    LastFileId -> BigInt = "SELECT COALESCE(MAX(id), 0) FROM files";
    /// The id of the newest poll.
    LastPollId -> BigInt = "SELECT COALESCE(MAX(id), 0) FROM polls";
    /// The last of the next posts after an id, so many at most; nothing if there is none.
    EndOfPostSlice -> Nullable<BigInt> = "SELECT MAX(id) FROM (SELECT id FROM posts WHERE id > ? ORDER BY id LIMIT ?)";
    /// How many posts and reposts an author had written with one of them, counted up to a bound.
    PostsUpTo -> BigInt = "SELECT COUNT(*) FROM (SELECT 1 FROM posts WHERE user_id = ? AND id <= ? LIMIT ?)";
    /// The words and marks of a post.
    IndexPostWords -> () = "INSERT INTO post_words (rowid, words, marks) VALUES (?, ?, ?)";
    /// The index has to forget a post; it must be told what it was given.
    ForgetPostWords -> () = "INSERT INTO post_words (post_words, rowid, words, marks) VALUES ('delete', ?, ?, ?)";
    /// The index writes out what it holds in memory: an error shows here and not in the commit.
    FlushPostWords -> () = "INSERT INTO post_words (post_words) VALUES ('flush')";
    /// The index holds nothing any more.
    EmptyPostWords -> () = "INSERT INTO post_words (post_words) VALUES ('delete-all')";
    /// Posts that hold words and marks, within a range of ids, newest first.
    NewestPosts -> BigInt = "SELECT rowid FROM post_words
        WHERE post_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?";
    /// The same, oldest first.
    OldestPosts -> BigInt = "SELECT rowid FROM post_words
        WHERE post_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid ASC LIMIT ?";

    /// Messages that hold words and marks, within a range of ids, newest first.
    NewestMessages -> BigInt = "SELECT rowid FROM message_words
        WHERE message_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?";
    /// The same, oldest first.
    OldestMessages -> BigInt = "SELECT rowid FROM message_words
        WHERE message_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid ASC LIMIT ?";
}

/// A value for a `?`.
pub(super) enum Bind<'a> {
    Int(i64),
    Flag(bool),
    Text(&'a str),
    Null,
}

impl From<i64> for Bind<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Bind<'_> {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl<'a> From<&'a str> for Bind<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a, T: Into<Bind<'a>>> From<Option<T>> for Bind<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Runs a statement; the number of rows that it changed.
pub(super) fn execute<S: Statement>(sql: &mut Sql, binds: &[Bind<'_>]) -> QueryResult<usize> {
    Run::<S>(binds, PhantomData).execute(sql)
}

/// A statement to be loaded from.
pub(super) fn query<'a, S: Statement>(binds: &'a [Bind<'a>]) -> Run<'a, S> {
    Run(binds, PhantomData)
}

/// A statement with its values.
pub(super) struct Run<'a, S>(&'a [Bind<'a>], PhantomData<S>);

impl<S: Statement> QueryId for Run<'_, S> {
    // The type names the text, so the prepared statement is found without building the text.
    type QueryId = S;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Statement> Query for Run<'_, S> {
    type SqlType = S::Row;
}

impl<S: Statement> QueryFragment<Sqlite> for Run<'_, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        const NULL: &Option<i64> = &None;
        let mut parts = S::TEXT.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (part, bind) in parts.zip(self.0) {
            match bind {
                Bind::Int(value) => out.push_bind_param::<BigInt, _>(value)?,
                Bind::Flag(value) => out.push_bind_param::<Bool, _>(value)?,
                Bind::Text(value) => out.push_bind_param::<Text, str>(value)?,
                Bind::Null => out.push_bind_param::<Nullable<BigInt>, _>(NULL)?,
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

impl<S> RunQueryDsl<Sql> for Run<'_, S> {}
