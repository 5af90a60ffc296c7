-- Browsers that are signed in, and the keys of this server.

-- What is signed with: a random key per purpose, made at the first start.
CREATE TABLE secrets (
    name           TEXT    PRIMARY KEY NOT NULL, -- cookies
    value          BLOB    NOT NULL
);

-- A browser that signed in. A new password and a disabled account end all sessions of that account.
CREATE TABLE sessions (
    id             INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    hash           BLOB    NOT NULL UNIQUE,      -- SHA-256 of what its cookie holds
    user_id        BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at     BIGINT  NOT NULL,
    expires_at     BIGINT  NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);
