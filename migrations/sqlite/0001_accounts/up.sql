-- Accounts, apps, and what accounts decided about one another.
-- Everywhere: times are microseconds since 1970 (UTC), lists and objects are JSON text, flags are BOOLEAN.

-- A person, bot or feed. Accounts are never deleted, so their ids are never given out again.
CREATE TABLE users (
    id             INTEGER PRIMARY KEY NOT NULL,
    username       TEXT    NOT NULL,             -- in the owner's letter case
    username_key   TEXT    NOT NULL UNIQUE,      -- lower case; what names are compared by
    name           TEXT,                         -- display name
    kind           TEXT    NOT NULL,             -- human, feed, bot
    locale         TEXT    NOT NULL,
    timezone       TEXT    NOT NULL,
    created_at     BIGINT  NOT NULL,
    email          TEXT,                         -- as given
    email_key      TEXT    UNIQUE,               -- lower case; a second way to name the account at login
    password_hash  TEXT,                         -- Argon2id, PHC form; NULL: cannot log in with a password
    content        TEXT,                         -- profile text: {text, html, entities}
    markdown_text  TEXT,                         -- its source
    raw            TEXT    NOT NULL,             -- client-defined items by type
    bookmarks      BIGINT  NOT NULL DEFAULT 0,   -- the counts are kept, not counted
    clients        BIGINT  NOT NULL DEFAULT 0,   -- apps with a live token of this account
    followers      BIGINT  NOT NULL DEFAULT 0,
    following      BIGINT  NOT NULL DEFAULT 0,
    posts          BIGINT  NOT NULL DEFAULT 0
);

-- A registered app.
CREATE TABLE clients (
    id             TEXT    PRIMARY KEY NOT NULL, -- public, 32 characters
    secret_hash    BLOB,                         -- SHA-256; NULL: a public client has no secret
    name           TEXT    NOT NULL,
    url            TEXT    NOT NULL,
    created_at     BIGINT  NOT NULL,
    owner_id       BIGINT  REFERENCES users (id) ON DELETE SET NULL,
    redirect_uris  TEXT    NOT NULL,             -- list of texts
    is_public      BOOLEAN NOT NULL
);

-- An access token. AUTOINCREMENT: rows go away, and a number in an old event must not come to mean another token.
CREATE TABLE tokens (
    id             INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    hash           BLOB    NOT NULL UNIQUE,      -- SHA-256 of the secret, which is kept nowhere
    client_id      TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id        BIGINT  REFERENCES users (id) ON DELETE CASCADE, -- NULL: an app token
    scopes         TEXT    NOT NULL,             -- list of texts, exactly as granted
    created_at     BIGINT  NOT NULL
);
CREATE INDEX tokens_by_client ON tokens (client_id, user_id);
CREATE INDEX tokens_by_user ON tokens (user_id);

-- user_id follows, mutes or blocks other_id.
CREATE TABLE relations (
    user_id        BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind           TEXT    NOT NULL,             -- follow, mute, block
    other_id       BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    since          BIGINT  NOT NULL,             -- orders the lists; unique
    PRIMARY KEY (user_id, kind, other_id)
) WITHOUT ROWID;
CREATE INDEX relations_by_time ON relations (user_id, kind, since);
CREATE INDEX relations_incoming ON relations (other_id, kind, since);
