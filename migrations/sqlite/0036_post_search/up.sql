-- Words of posts, cut and folded by the program (src/text/words.rs), and their marks: what else a search asks for (author,
-- tags, links, types of raw …), each as one word (src/store/search/marks.rs). The index joins them newest first, so that a
-- page of any search costs what the page holds. It holds no text (contentless) and no lengths (ranked by the program);
-- what is taken out of it is removed from its pages at once (secure-delete).
CREATE VIRTUAL TABLE post_words USING fts5 (
    words,                                        -- separated by blanks
    marks,                                        -- separated by blanks
    content = '',
    columnsize = 0,
    tokenize = 'ascii'
);
INSERT INTO post_words (post_words, rank) VALUES ('secure-delete', 1);

-- How far the index has come, and by which rules its words were cut; 0: it has to be made anew.
CREATE TABLE post_search_mark (
    id             INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    indexed_up_to  BIGINT  NOT NULL,
    format         BIGINT  NOT NULL
);
INSERT INTO post_search_mark VALUES (1, 0, 0);

-- On the root of a thread: the first reply by another person, which made it a conversation. NULL: none did.
ALTER TABLE posts ADD COLUMN conversation BIGINT;
UPDATE posts SET conversation = (
        SELECT MIN(reply.id) FROM posts AS reply
        WHERE reply.thread_id = posts.id AND reply.user_id <> posts.user_id AND reply.is_human AND reply.deleted_at IS NULL
    )
    WHERE reply_to IS NULL AND repost_of IS NULL AND is_human AND deleted_at IS NULL;
CREATE INDEX posts_conversations ON posts (conversation) WHERE conversation IS NOT NULL;

-- Posts of people that nobody reacted to, in an order that looks random: the ids, multiplied and cut to 40 bits.
CREATE INDEX posts_missed ON posts ((id * 1640531527) & 1099511627775)
    WHERE replies = 0 AND reposts = 0 AND bookmarks = 0 AND reply_to IS NULL AND repost_of IS NULL AND is_human
        AND deleted_at IS NULL;
