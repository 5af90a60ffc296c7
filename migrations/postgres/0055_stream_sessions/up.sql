-- User streams that outlive their connection (auto_delete=0), and what they subscribe to. Written when a session is
-- opened and at each subscription, never per event.
CREATE TABLE stream_sessions (
    id         TEXT COLLATE "C" PRIMARY KEY NOT NULL, -- the id of the connection
    user_id    BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    opened_at  BIGINT           NOT NULL,             -- or continued, the last time
    seen_at    BIGINT           NOT NULL              -- it had a connection then; later than that by at most half of its life
);
CREATE INDEX stream_sessions_by_user ON stream_sessions (user_id);
CREATE INDEX stream_sessions_by_age ON stream_sessions (seen_at);

CREATE TABLE stream_session_subscriptions (
    session_id  TEXT COLLATE "C" NOT NULL REFERENCES stream_sessions (id) ON DELETE CASCADE,
    id          TEXT COLLATE "C" NOT NULL,
    place       BIGINT           NOT NULL, -- orders the subscriptions of a session
    topic       TEXT COLLATE "C" NOT NULL,
    filter      TEXT COLLATE "C" NOT NULL, -- the parameters of the call
    token_id    BIGINT           NOT NULL, -- the token of the call, which may be revoked since
    since       BIGINT           NOT NULL, -- the position of the log behind which it begins
    PRIMARY KEY (session_id, id)
);
