-- Words of the names and descriptions of chat rooms, cut and folded by the program (src/text/words.rs), and what else a
-- search asks of a channel, each as one word (src/store/search/marks.rs). The form of an entry is that of message_words. The
-- GIN index also finds words by their beginning.
CREATE TABLE channel_words (
    id     BIGINT   PRIMARY KEY NOT NULL,
    words  TSVECTOR NOT NULL
);
CREATE INDEX channel_words_words ON channel_words USING gin (words) WITH (gin_pending_list_limit = 512);

-- The places of the channels in the orders that move with each message. They follow behind the commits, many messages at
-- once, so that a message does not pay for them.
CREATE TABLE channel_ranks (
    id          BIGINT PRIMARY KEY NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    activity    BIGINT NOT NULL, -- as in channels
    popularity  BIGINT NOT NULL  -- messages of the channel, times 2^32, and its id
);
CREATE INDEX channel_ranks_activity ON channel_ranks (activity);
CREATE INDEX channel_ranks_popularity ON channel_ranks (popularity);

-- How far the index has come, and by which rules it was made (0: it has to be made anew); up to which message the places
-- are right.
CREATE TABLE channel_search_mark (
    id             BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    indexed_up_to  BIGINT NOT NULL,
    format         BIGINT NOT NULL,
    ranked_up_to   BIGINT NOT NULL
);
INSERT INTO channel_search_mark (id, indexed_up_to, format, ranked_up_to) VALUES (1, 0, 0, 0);

-- A period as a range of ids.
CREATE INDEX channels_by_time ON channels (created_at);
