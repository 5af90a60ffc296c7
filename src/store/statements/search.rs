//! The full-text indexes of messages and posts.

use diesel::sql_types::{BigInt, Nullable, Text};

statements! {
    /// How far the full-text index has come.
    SearchMark -> BigInt = "SELECT indexed_up_to FROM search_mark";
    /// It has come further.
    MoveSearchMark -> () = "UPDATE search_mark SET indexed_up_to = ?";
    /// The last of the next messages after an id, so many at most; nothing if there is none.
    EndOfSlice -> Nullable<BigInt> = "SELECT MAX(id) FROM (SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT ?) AS slice";
    /// The channels, authors and texts of a range of ids that are not deleted.
    SliceTexts -> (BigInt, BigInt, BigInt, Text) = "SELECT id, channel_id, user_id, text FROM messages WHERE id > ? AND id <= ? AND deleted_at IS NULL";
    /// The words and marks of a message.
    IndexWords -> () = "INSERT INTO message_words (rowid, words, marks) VALUES (?, ?, ?)", postgres "INSERT INTO message_words (id, words) VALUES (?, ?::tsvector)";
    /// The index has to forget a message; it must be told what it was given.
    ForgetWords -> () = "INSERT INTO message_words (message_words, rowid, words, marks) VALUES ('delete', ?, ?, ?)", postgres "DELETE FROM message_words WHERE id = ?";
    /// The index writes out what it holds in memory: an error shows here and not in the commit.
    FlushWords -> () = "INSERT INTO message_words (message_words) VALUES ('flush')", postgres "";
    /// By which rules the words in the index were cut.
    WordsFormat -> BigInt = "SELECT format FROM search_mark", postgres "SELECT format::int8 FROM search_mark";
    /// They were cut by these, or have to be cut again.
    SetWordsFormat -> () = "UPDATE search_mark SET format = ?";
    /// The index has no words any more.
    EmptyWords -> () = "INSERT INTO message_words (message_words) VALUES ('delete-all')", postgres "DELETE FROM message_words";
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
    /// The last of the next posts after an id, so many at most; nothing if there is none.
    EndOfPostSlice -> Nullable<BigInt> = "SELECT MAX(id) FROM (SELECT id FROM posts WHERE id > ? ORDER BY id LIMIT ?) AS slice";
    /// How many posts and reposts an author had written with one of them, counted up to a bound.
    PostsUpTo -> BigInt = "SELECT COUNT(*) FROM (SELECT 1 FROM posts WHERE user_id = ? AND id <= ? LIMIT ?) AS written";
    /// The words and marks of a post.
    IndexPostWords -> () = "INSERT INTO post_words (rowid, words, marks) VALUES (?, ?, ?)", postgres "INSERT INTO post_words (id, words) VALUES (?, ?::tsvector)";
    /// The index has to forget a post; it must be told what it was given.
    ForgetPostWords -> () = "INSERT INTO post_words (post_words, rowid, words, marks) VALUES ('delete', ?, ?, ?)", postgres "DELETE FROM post_words WHERE id = ?";
    /// The index writes out what it holds in memory: an error shows here and not in the commit.
    FlushPostWords -> () = "INSERT INTO post_words (post_words) VALUES ('flush')", postgres "";
    /// The index holds nothing any more.
    EmptyPostWords -> () = "INSERT INTO post_words (post_words) VALUES ('delete-all')", postgres "DELETE FROM post_words";
    /// Posts that hold words and marks, within a range of ids, newest first.
    NewestPosts -> BigInt = "SELECT rowid FROM post_words
        WHERE post_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?", postgres found_in!("post_words", "DESC");
    /// The same, oldest first.
    OldestPosts -> BigInt = "SELECT rowid FROM post_words
        WHERE post_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid ASC LIMIT ?", postgres found_in!("post_words", "ASC");
    /// Messages that hold words and marks, within a range of ids, newest first.
    NewestMessages -> BigInt = "SELECT rowid FROM message_words
        WHERE message_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?", postgres found_in!("message_words", "DESC");
    /// The same, oldest first.
    OldestMessages -> BigInt = "SELECT rowid FROM message_words
        WHERE message_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid ASC LIMIT ?", postgres found_in!("message_words", "ASC");
}
