//! Writes: transactions, the head of the log, messages, counters.

use diesel::sql_types::{BigInt, Text};

use super::cluster::now;

statements! {
    /// Takes the write lock at once, so that no reading transaction has to be raised to a writing one.
    Begin -> () = "BEGIN IMMEDIATE", postgres "BEGIN ISOLATION LEVEL READ COMMITTED";
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
    /// A step of the schema was applied.
    NoteMigration -> () = "INSERT INTO __diesel_schema_migrations (version) VALUES (?)";

    /// The last issued timestamp, of any process.
    LastStamp -> BigInt = "SELECT stamp FROM log_head";
    /// The same, how often tokens have ended, the last position, the clock of a database that is a server, and the newest message
    /// as of a timestamp, while no other process writes: on PostgreSQL each writer locks this row first, so that no two that
    /// hold other rows can wait for one another.
    LockLogHead -> (BigInt, BigInt, BigInt, BigInt, BigInt, BigInt) = "SELECT stamp, tokens_ended, pos, 0, newest_message,
            newest_message_at FROM log_head",
        postgres concat!("SELECT stamp, tokens_ended, pos, ", now!(), ", newest_message, newest_message_at
            FROM log_head FOR UPDATE");
    /// A token, an app or an account ended.
    EndTokens -> () = "UPDATE log_head SET tokens_ended = tokens_ended + 1";
    /// What is known of a write of a call: holder, key, step.
    FindKey -> (Text, Text) = "SELECT call, outcome FROM call_keys WHERE holder = ? AND key = ? AND step = ?";
    /// The first and the last number of the rows of a holder, who is named twice.
    KeysOfHolder -> (BigInt, BigInt) = "SELECT COALESCE((SELECT MIN(nr) FROM call_keys WHERE holder = ?), 1),
        COALESCE((SELECT MAX(nr) FROM call_keys WHERE holder = ?), 0)";
    /// Keeps the key of a write.
    KeepKey -> () = "INSERT INTO call_keys (holder, key, step, call, outcome, nr, kept_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    /// Removes some that are older than a moment.
    ForgetKeys -> () = "DELETE FROM call_keys WHERE (holder, key, step) IN
        (SELECT holder, key, step FROM call_keys WHERE kept_at < ? ORDER BY kept_at LIMIT 1000)";
    /// Changes one page, by a microsecond. (SQLite does not write a page that would stay the same.)
    TouchLogHead -> () = "UPDATE log_head SET stamp = stamp + 1";
    /// The last timestamp of the last commit of a write lane, which leaves it there (`EndGroup`): by it the lane sees whether a
    /// commit holds in which it lost its connection.
    LaneStamp -> BigInt = "SELECT stamp FROM write_lanes WHERE name = ?";
    /// Lanes that have written nothing since a moment look for nothing any more.
    ForgetLanes -> () = "DELETE FROM write_lanes WHERE stamp < ?";
    /// Where users decided about one another behind a position, the newest first.
    RelatedBehind -> BigInt = "SELECT pos FROM log_events WHERE kind = 'related' AND pos > ? ORDER BY pos DESC";
    /// Numbers for events: by how many, by how many bytes, the last moment given out. (PostgreSQL has `EndGroup`.)
    MoveLogHead -> BigInt = "UPDATE log_head SET pos = pos + ?, bytes = bytes + ?, stamp = ? RETURNING pos";
    /// The newest id, when another process may have given out some.
    LastMessageId -> BigInt = "SELECT COALESCE(MAX(id), 0) FROM messages";
    /// A message; its id is known beforehand.
    InsertMessage -> () = "INSERT INTO messages (id, channel_id, user_id, client_id, thread_id, reply_to,
            created_at, is_nsfw, text, html, entities, raw)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    /// A user that a post mentions; whether each mention is a copy.
    InsertMention -> () = "INSERT INTO post_mentions (user_id, post_id, is_copy) VALUES (?, ?, ?)";
    /// A tag of a post.
    InsertTag -> () = "INSERT INTO post_tags (tag, post_id) VALUES (?, ?)";
    /// The words that a user is found by (a JSON list).
    InsertUserWords -> () = "INSERT INTO user_words (user_id, word) SELECT ?, value FROM json_each(?)",
        postgres "INSERT INTO user_words (user_id, word) SELECT ?, value FROM json_array_elements_text(?::json)";
    /// New messages of a channel, if it still is as it was when they were allowed: their number, the newest id, its
    /// moment. A set may hold messages for two revisions of a channel, so the newest wins whatever comes last.
    MoveChannelAt -> () = "UPDATE channels SET messages = messages + ?, recent_message_id = MAX(COALESCE(recent_message_id, 0), ?),
            recent_deleted_message_id = NULL, activity = MAX(activity, ?)
        WHERE id = ? AND revision = ?", postgres "";
    /// The same, by a job that has looked at the channel in its own transaction.
    MoveChannel -> () = "UPDATE channels SET messages = messages + ?, recent_message_id = MAX(COALESCE(recent_message_id, 0), ?),
            recent_deleted_message_id = NULL, activity = MAX(activity, ?)
        WHERE id = ?", postgres "UPDATE channels SET messages = messages + ?, recent_message_id = GREATEST(COALESCE(recent_message_id, 0), ?),
            recent_deleted_message_id = NULL, activity = GREATEST(activity, ?)
        WHERE id = ?";
    /// Which version of a channel there is.
    ChannelRevision -> BigInt = "SELECT revision FROM channels WHERE id = ?";
    /// A deleted poll whose answers are still there.
    PollToClear -> BigInt = "SELECT id FROM polls WHERE deleted_at IS NOT NULL AND is_answered ORDER BY id LIMIT 1";
    /// When the next poll closes.
    NextClosing -> BigInt = "SELECT closes_at FROM polls WHERE results IS NULL AND deleted_at IS NULL
        ORDER BY closes_at LIMIT 1";
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
}
