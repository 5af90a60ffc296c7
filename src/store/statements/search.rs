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
    /// How far the index has come, if it was built by these rules or is damaged. The row is locked while another server
    /// starts a rebuild.
    OwnSearchMark -> BigInt = "SELECT indexed_up_to FROM search_mark WHERE format IN (?, 0)",
        postgres "SELECT indexed_up_to FROM search_mark WHERE format IN (?, 0) FOR UPDATE SKIP LOCKED";
    /// By which rules the words in the index were cut. No slice is indexed meanwhile.
    WordsFormat -> BigInt = "SELECT format FROM search_mark", postgres "SELECT format::int8 FROM search_mark FOR UPDATE";
    /// They were cut by these, or have to be cut again.
    SetWordsFormat -> () = "UPDATE search_mark SET format = ?";
    /// The next start has to cut the words again, which was not known.
    GiveUpWords -> () = "UPDATE search_mark SET format = 0 WHERE format <> 0";
    /// By which rules the words of users were cut.
    UserWordsFormat -> BigInt = "SELECT users_format FROM search_mark", postgres "SELECT users_format FROM search_mark FOR UPDATE";
    /// They were cut by these.
    SetUserWordsFormat -> () = "UPDATE search_mark SET users_format = ?";
    /// Some were cut by these, and others may not be: the format, and what stands there while all are cut by it.
    MixUserWordsFormat -> () = "UPDATE search_mark SET users_format = 0 WHERE users_format NOT IN (?, ?, 0)";
    /// How far the full-text index of posts has come.
    PostMark -> BigInt = "SELECT indexed_up_to FROM post_search_mark";
    /// It has come further.
    MovePostMark -> () = "UPDATE post_search_mark SET indexed_up_to = ?";
    /// How far the index has come, if it was built by these rules or is damaged. The row is locked while another server
    /// starts a rebuild.
    OwnPostMark -> BigInt = "SELECT indexed_up_to FROM post_search_mark WHERE format IN (?, 0)",
        postgres "SELECT indexed_up_to FROM post_search_mark WHERE format IN (?, 0) FOR UPDATE SKIP LOCKED";
    /// By which rules its words and marks were made. No slice is indexed meanwhile.
    PostWordsFormat -> BigInt = "SELECT format FROM post_search_mark", postgres "SELECT format FROM post_search_mark FOR UPDATE";
    /// The index was built by these rules, or the next start has to rebuild it.
    SetPostWordsFormat -> () = "UPDATE post_search_mark SET format = ?";
    /// The next start has to rebuild the index, which was not known.
    GiveUpPostWords -> () = "UPDATE post_search_mark SET format = 0 WHERE format <> 0";
    /// The newest post.
    LastPostId -> BigInt = "SELECT COALESCE(MAX(id), 0) FROM posts";
    /// The last of the next posts after an id, so many at most; nothing if there is none.
    EndOfPostSlice -> Nullable<BigInt> = "SELECT MAX(id) FROM (SELECT id FROM posts WHERE id > ? ORDER BY id LIMIT ?) AS slice";
    /// How many posts and reposts an author had written with one of them, counted up to a bound.
    PostsUpTo -> BigInt = "SELECT COUNT(*) FROM (SELECT 1 FROM posts WHERE user_id = ? AND id <= ? LIMIT ?) AS written";
}

full_text! {
    "message_words": IndexWords, IndexAllWords, ForgetWords, FlushWords, EmptyWords, NewestMessages, OldestMessages;
    "post_words": IndexPostWords, IndexAllPostWords, ForgetPostWords, FlushPostWords, EmptyPostWords, NewestPosts, OldestPosts;
}
