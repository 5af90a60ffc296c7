-- How far a reader has read. Markers of channels have a table of their own, since unread counts join it.

CREATE TABLE channel_markers (
    user_id       BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel_id    BIGINT  NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    position      BIGINT  NOT NULL, -- the API's "id"; may move both ways
    last_read_id  BIGINT  NOT NULL, -- greatest position ever, unless reset
    percentage    INTEGER NOT NULL,
    updated_at    BIGINT  NOT NULL,
    PRIMARY KEY (user_id, channel_id)
);

-- global, personal, mentions
CREATE TABLE stream_markers (
    user_id       BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name          TEXT COLLATE "C" NOT NULL,
    position      BIGINT           NOT NULL,
    last_read_id  BIGINT           NOT NULL,
    percentage    INTEGER          NOT NULL,
    updated_at    BIGINT           NOT NULL,
    PRIMARY KEY (user_id, name)
);
