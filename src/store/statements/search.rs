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
    /// By which rules the words in the index were cut.
    WordsFormat -> BigInt = "SELECT format FROM search_mark", postgres "SELECT format::int8 FROM search_mark";
    /// They were cut by these, or have to be cut again.
    SetWordsFormat -> () = "UPDATE search_mark SET format = ?";
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
}

full_text! {
    "message_words": IndexWords, ForgetWords, FlushWords, EmptyWords, NewestMessages, OldestMessages;
    "post_words": IndexPostWords, ForgetPostWords, FlushPostWords, EmptyPostWords, NewestPosts, OldestPosts;
}
