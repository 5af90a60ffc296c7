//! Lists and samples: where a plan of the database is part of the meaning.

use diesel::sql_types::{BigInt, Bool, Text};

/// Whether an author is shown to a viewer, by their relations. Its places are bound as `hidden.rs::hiding` says. Without
/// `OFFSET 0` PostgreSQL would read all relations of the viewer.
macro_rules! is_shown {
    ($author:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM relations WHERE relations.user_id = ? AND kind IN ('block', ?) AND other_id = ",
            $author,
            " LIMIT 1 OFFSET 0) AND NOT EXISTS (SELECT 1 FROM relations WHERE relations.user_id = ",
            $author,
            " AND kind = 'block' AND other_id = ? LIMIT 1 OFFSET 0)"
        )
    };
}

statements! {
    /// Relations between a viewer and some users (a JSON list of ids), in both directions; whether each is the viewer's own.
    /// The kinds are named so that each pair is looked up in an index: without them SQLite reads all that the viewer follows,
    /// and all that follow the viewer.
    Between -> (BigInt, Text, Bool) = "SELECT other_id, kind, TRUE FROM relations
            WHERE user_id = ? AND kind IN ('follow', 'mute', 'block') AND other_id IN (SELECT value FROM json_each(?))
        UNION ALL
        SELECT user_id, kind, FALSE FROM relations
            WHERE other_id = ? AND kind IN ('follow', 'block') AND user_id IN (SELECT value FROM json_each(?))",
        postgres "SELECT known.other_id, known.kind, TRUE
            FROM (SELECT ? AS viewer, unnest(translate(?, '[]', '{}')::int8[]) AS id) AS asked CROSS JOIN LATERAL (
                SELECT other_id, kind FROM relations WHERE user_id = asked.viewer
                    AND kind IN ('follow', 'mute', 'block') AND other_id = asked.id OFFSET 0) AS known
        UNION ALL
        SELECT known.user_id, known.kind, FALSE
            FROM (SELECT ? AS viewer, unnest(translate(?, '[]', '{}')::int8[]) AS id) AS asked CROSS JOIN LATERAL (
                SELECT user_id, kind FROM relations WHERE other_id = asked.viewer
                    AND kind IN ('follow', 'block') AND user_id = asked.id OFFSET 0) AS known";
    /// What hides words from users (a JSON list of ids, named twice): each of them, the other user, the kind, and whether the
    /// relation is that of the first. Mutes of others hide nothing from them.
    HidingOf -> (BigInt, BigInt, Text, Bool) = "SELECT user_id, other_id, kind, TRUE FROM relations
            WHERE user_id IN (SELECT value FROM json_each(?)) AND kind IN ('mute', 'block')
        UNION ALL
        SELECT other_id, user_id, kind, FALSE FROM relations
            WHERE other_id IN (SELECT value FROM json_each(?)) AND kind = 'block'",
        postgres "SELECT user_id, other_id, kind, TRUE FROM relations
            WHERE user_id = ANY (translate(?, '[]', '{}')::int8[]) AND kind IN ('mute', 'block')
        UNION ALL
        SELECT other_id, user_id, kind, FALSE FROM relations
            WHERE other_id = ANY (translate(?, '[]', '{}')::int8[]) AND kind = 'block'";
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
    LastPostsOfFollowed -> (BigInt, BigInt) = "SELECT COALESCE((SELECT MAX(id) FROM posts WHERE posts.user_id = latest.id), -latest.id),
            latest.id
        FROM (SELECT other_id AS id FROM relations WHERE user_id = ? AND kind = 'follow'
            ORDER BY since DESC LIMIT ?) AS latest";
    /// The same of the users that follow a user.
    LastPostsOfFollowers -> (BigInt, BigInt) = "SELECT COALESCE((SELECT MAX(id) FROM posts WHERE posts.user_id = latest.id), -latest.id),
            latest.id
        FROM (SELECT user_id AS id FROM relations WHERE other_id = ? AND kind = 'follow'
            ORDER BY since DESC LIMIT ?) AS latest";
    /// The last users that reposted each of some posts (a JSON list of ids), so many of each at most, latest first: among
    /// the last 500, without those that are hidden from a viewer by a block, or by the viewer's relations of another kind.
    SampleReposters -> (BigInt, BigInt) = concat!("SELECT posts.repost_of, posts.user_id
        FROM json_each(?) AS wanted JOIN posts ON posts.id IN (
            SELECT id FROM (SELECT id, user_id FROM posts AS reposts
                WHERE reposts.repost_of = wanted.value AND reposts.deleted_at IS NULL ORDER BY id DESC LIMIT 500) AS acts
            WHERE ", is_shown!("acts.user_id"), "
            LIMIT ?)
        ORDER BY posts.id DESC"),
        postgres concat!("SELECT latest.post_id, latest.user_id
        FROM unnest(translate(?, '[]', '{}')::int8[]) AS wanted (value) CROSS JOIN LATERAL (
            SELECT wanted.value AS post_id, acts.id, acts.user_id FROM (SELECT id, user_id FROM posts AS reposts
                WHERE reposts.repost_of = wanted.value AND reposts.deleted_at IS NULL ORDER BY id DESC LIMIT 500) AS acts
            WHERE ", is_shown!("acts.user_id"), "
            ORDER BY acts.id DESC LIMIT ?) AS latest
        ORDER BY latest.id DESC");
    /// The same for the users that bookmarked them.
    SampleBookmarkers -> (BigInt, BigInt) = concat!("SELECT bookmarks.post_id, bookmarks.user_id
        FROM json_each(?) AS wanted JOIN bookmarks ON bookmarks.id IN (
            SELECT id FROM (SELECT id, user_id FROM bookmarks AS marks
                WHERE marks.post_id = wanted.value ORDER BY id DESC LIMIT 500) AS acts
            WHERE ", is_shown!("acts.user_id"), "
            LIMIT ?)
        ORDER BY bookmarks.id DESC"),
        postgres concat!("SELECT latest.post_id, latest.user_id
        FROM unnest(translate(?, '[]', '{}')::int8[]) AS wanted (value) CROSS JOIN LATERAL (
            SELECT wanted.value AS post_id, acts.id, acts.user_id FROM (SELECT id, user_id FROM bookmarks AS marks
                WHERE marks.post_id = wanted.value ORDER BY id DESC LIMIT 500) AS acts
            WHERE ", is_shown!("acts.user_id"), "
            ORDER BY acts.id DESC LIMIT ?) AS latest
        ORDER BY latest.id DESC");
    /// The users of the last 500 acts of an interaction, latest first, without those that are hidden from a viewer: by a
    /// block, or by the viewer's relations of another kind. A user that acted twice is there twice. Read as far as needed.
    UsersOfActs -> BigInt = concat!("SELECT acts.user_id
        FROM (SELECT at, user_id FROM interaction_acts WHERE interaction_id = ? ORDER BY at DESC LIMIT 500) AS acts
        WHERE ", is_shown!("acts.user_id"), " ORDER BY acts.at DESC");
    /// Whether a post, or one of the last 500 reposts of it before a repost, not before a moment, is by a user or by one
    /// that the user follows, and not by one whose posts are hidden from a viewer: by a block, or by the viewer's relations
    /// of another kind.
    HeardRepost -> BigInt = concat!("SELECT earlier.id
        FROM (
            SELECT * FROM (SELECT id, user_id, created_at FROM posts
                WHERE repost_of = ? AND deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT 500) AS reposts
            UNION ALL
            SELECT id, user_id, created_at FROM posts WHERE id = ?
        ) AS earlier
        WHERE earlier.created_at > ?
            AND ", is_shown!("earlier.user_id"), "
            AND (earlier.user_id = ? OR EXISTS (
            SELECT 1 FROM relations WHERE relations.user_id = ? AND kind = 'follow' AND other_id = earlier.user_id LIMIT 1 OFFSET 0))
        LIMIT 1");
    /// The users of the same posts, the same for each viewer: of a post, and of the last 500 reposts of it before a repost, not before a
    /// moment.
    HeardFrom -> BigInt = "SELECT DISTINCT earlier.user_id
        FROM (
            SELECT * FROM (SELECT user_id, created_at FROM posts
                WHERE repost_of = ? AND deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT 500) AS reposts
            UNION ALL
            SELECT user_id, created_at FROM posts WHERE id = ?
        ) AS earlier
        WHERE earlier.created_at > ?";
    /// Posts without a reaction, by their places in an order that looks random, within a range of places.
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
            UNION SELECT * FROM (SELECT post_id, user_id FROM bookmarks ORDER BY id DESC LIMIT ?) AS marked
        )
        SELECT posts.id FROM reactions CROSS JOIN posts
        WHERE posts.id = reactions.post_id AND posts.user_id <> reactions.user_id AND posts.deleted_at IS NULL AND posts.is_human AND posts.created_at > ?
        GROUP BY posts.id ORDER BY COUNT(*) DESC, posts.id DESC LIMIT ?";
    /// The first message from an id on, and its time.
    MessageSince -> (BigInt, BigInt) = "SELECT id, created_at FROM messages WHERE id >= ? ORDER BY id LIMIT 1";
    /// Users that wrote posts of a range of ids, or messages of another; the ends do not belong to them.
    ActiveUsers -> BigInt = "SELECT COUNT(*) FROM (
            SELECT user_id FROM posts WHERE id >= ? AND id < ?
            UNION SELECT user_id FROM messages WHERE id >= ? AND id < ?) AS active";
    /// The newest file.
    LastFileId -> BigInt = "SELECT COALESCE(MAX(id), 0) FROM files";
    /// The id of the newest poll.
    LastPollId -> BigInt = "SELECT COALESCE(MAX(id), 0) FROM polls";
}
