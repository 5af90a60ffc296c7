-- Words of the names and descriptions of chat rooms, cut and folded by the program (src/text/words.rs), and what else a
-- search asks of a channel, each as one word (src/store/search/marks.rs). It holds no text (contentless) and no lengths;
-- what is taken out of it is removed from its pages at once (secure-delete). Words are found by how they begin, so the
-- first letters have an index too.
CREATE VIRTUAL TABLE channel_words USING fts5 (
    words,                                        -- separated by blanks
    marks,                                        -- separated by blanks
    content = '',
    columnsize = 0,
    prefix = '1 2 3',
    tokenize = 'ascii'
);
INSERT INTO channel_words (channel_words, rank) VALUES ('secure-delete', 1);

-- The places of the channels in the orders that move with each message. They follow behind the commits, many messages at
-- once, so that a message does not pay for them.
CREATE TABLE channel_ranks (
    id          INTEGER PRIMARY KEY NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    activity    BIGINT  NOT NULL,                 -- as in channels
    popularity  BIGINT  NOT NULL                  -- messages of the channel, times 2^32, and its id
);
INSERT INTO channel_ranks SELECT id, activity, messages * 4294967296 + id FROM channels;
CREATE INDEX channel_ranks_activity ON channel_ranks (activity);
CREATE INDEX channel_ranks_popularity ON channel_ranks (popularity);

-- How far the index has come, and by which rules it was made (0: it has to be made anew); up to which message the places
-- are right.
CREATE TABLE channel_search_mark (
    id             INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    indexed_up_to  BIGINT  NOT NULL,
    format         BIGINT  NOT NULL,
    ranked_up_to   BIGINT  NOT NULL
);
INSERT INTO channel_search_mark SELECT 1, 0, 0, COALESCE(MAX(id), 0) FROM messages;

-- A period as a range of ids.
CREATE INDEX channels_by_time ON channels (created_at);
