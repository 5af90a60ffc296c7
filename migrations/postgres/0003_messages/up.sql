-- Messages. Rows are never removed: deletion is a mark. So ids grow, in commit order, over all channels.
-- Each index here is paid for by every message; those with WHERE are paid for by the few that need them. The id is not
-- assigned here: the program computes it and needs it before the INSERT.

CREATE TABLE messages (
    id          BIGINT           PRIMARY KEY NOT NULL,
    channel_id  BIGINT           NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    user_id     BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id   TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    thread_id   BIGINT,                              -- the root's id; NULL on a root
    reply_to    BIGINT,                              -- same channel, checked when it is written; rows are never removed
    created_at  BIGINT           NOT NULL,
    deleted_at  BIGINT,
    deleted_by  BIGINT,
    sticky_at   BIGINT,                              -- orders the sticky messages; unique
    replies     BIGINT           NOT NULL DEFAULT 0, -- direct ones
    is_nsfw     BOOLEAN          NOT NULL,
    text        TEXT COLLATE "C" NOT NULL,           -- final text; kept after deletion, never shown then
    html        TEXT COLLATE "C" NOT NULL,
    entities    TEXT COLLATE "C",                    -- NULL: none
    raw         TEXT COLLATE "C"                     -- NULL: none
);
CREATE INDEX messages_by_channel ON messages (channel_id, id);
CREATE INDEX messages_by_user ON messages (user_id, id);
CREATE INDEX messages_by_thread ON messages (thread_id, id) WHERE thread_id IS NOT NULL;
CREATE INDEX messages_sticky ON messages (channel_id, sticky_at) WHERE sticky_at IS NOT NULL;
CREATE INDEX messages_deleted ON messages (channel_id, deleted_at) WHERE deleted_at IS NOT NULL;
