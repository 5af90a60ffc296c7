-- Words of posts, cut and folded by the program (src/text/words.rs), and their marks: what else a search asks for (author,
-- tags, links, types of raw …), each as one word (src/store/search/marks.rs). The form of an entry is that of message_words.
CREATE TABLE post_words (
    id     BIGINT   PRIMARY KEY NOT NULL,
    words  TSVECTOR NOT NULL
);
CREATE INDEX post_words_words ON post_words USING gin (words) WITH (gin_pending_list_limit = 512);

-- How far the index has come, and by which rules its words were cut; 0: it has to be made anew.
CREATE TABLE post_search_mark (
    id             BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    indexed_up_to  BIGINT NOT NULL,
    format         BIGINT NOT NULL
);
INSERT INTO post_search_mark (id, indexed_up_to, format) VALUES (1, 0, 0);

-- On the root of a thread: the first reply by another person, which made it a conversation. NULL: none did.
ALTER TABLE posts ADD COLUMN conversation BIGINT;
CREATE INDEX posts_conversations ON posts (conversation) WHERE conversation IS NOT NULL;

-- Posts of people that nobody reacted to, in an order that looks random: the ids, multiplied and cut to 40 bits.
-- The planner uses the index only for exactly this expression (src/store/statements/lists.rs). The product fits into a BIGINT for
-- ids up to 5.6 * 10^9.
CREATE INDEX posts_missed ON posts (((id * 1640531527) & 1099511627775))
    WHERE replies = 0 AND reposts = 0 AND bookmarks = 0 AND reply_to IS NULL AND repost_of IS NULL AND is_human
        AND deleted_at IS NULL;
