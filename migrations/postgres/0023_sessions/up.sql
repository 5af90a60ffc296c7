-- Browsers that are signed in, and the keys of this server.

-- What is signed with: a random key per purpose, made at the first start.
CREATE TABLE secrets (
    name   TEXT COLLATE "C" PRIMARY KEY NOT NULL, -- cookies
    value  BYTEA            NOT NULL
);

-- A browser that signed in. A new password and a disabled account end all sessions of that account.
CREATE TABLE sessions (
    id          BIGINT PRIMARY KEY NOT NULL DEFAULT next_id('sessions'),
    hash        BYTEA  NOT NULL UNIQUE, -- SHA-256 of what its cookie holds
    user_id     BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
INSERT INTO last_ids (name, last) VALUES ('sessions', 0);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);
