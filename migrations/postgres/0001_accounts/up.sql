-- Accounts, apps, and what accounts decided about one another.
-- In all tables: times are microseconds since 1970 (UTC), lists and objects are JSON text, flags are BOOLEAN. Each text
-- column has the collation "C": it is compared and ordered by its bytes, as on SQLite.

-- The last id that each table has assigned. A sequence would leave holes after rollbacks, and its numbers would not follow
-- the order of the commits. Each write transaction locks the row of log_head first (SELECT ... FOR UPDATE), so that two
-- transactions never wait for each other here. A rolled back savepoint returns its ids.
CREATE TABLE last_ids (
    name  TEXT COLLATE "C" PRIMARY KEY NOT NULL, -- the table
    last  BIGINT           NOT NULL              -- 0: no row yet. Never lowered, so a deleted row's id is not used again.
);

-- The next id of a table, as the default of its column `id`. An INSERT that sets the id does not move the counter: only a
-- copy of a whole database does that, and it sets last_ids at its end. The tables whose ids the program computes (MAX(id) + 1
-- in posts, messages, polls and files) have no default.
CREATE FUNCTION next_id(of_table TEXT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    given BIGINT;
BEGIN
    -- STRICT: a table without a row here is an error.
    UPDATE last_ids SET last = last + 1 WHERE name = of_table RETURNING last INTO STRICT given;
    RETURN given;
END
$$;

-- A person, bot or feed. Accounts are never deleted, so their ids are never given out again.
CREATE TABLE users (
    id             BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('users'),
    username       TEXT COLLATE "C" NOT NULL,           -- in the owner's letter case
    username_key   TEXT COLLATE "C" NOT NULL UNIQUE,    -- lower case; what names are compared by
    name           TEXT COLLATE "C",                    -- display name
    kind           TEXT COLLATE "C" NOT NULL,           -- human, feed, bot
    locale         TEXT COLLATE "C" NOT NULL,
    timezone       TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT           NOT NULL,
    email          TEXT COLLATE "C",                    -- as given
    email_key      TEXT COLLATE "C" UNIQUE,             -- lower case; a second way to name the account at login
    password_hash  TEXT COLLATE "C",                    -- Argon2id, PHC form; NULL: cannot log in with a password
    content        TEXT COLLATE "C",                    -- profile text: {text, html, entities}
    markdown_text  TEXT COLLATE "C",                    -- its source
    raw            TEXT COLLATE "C" NOT NULL,           -- client-defined items by type
    bookmarks      BIGINT           NOT NULL DEFAULT 0, -- the counts are kept, not counted
    clients        BIGINT           NOT NULL DEFAULT 0, -- apps with a live token of this account
    followers      BIGINT           NOT NULL DEFAULT 0,
    following      BIGINT           NOT NULL DEFAULT 0,
    posts          BIGINT           NOT NULL DEFAULT 0
);
INSERT INTO last_ids (name, last) VALUES ('users', 0);

-- A registered app.
CREATE TABLE clients (
    id             TEXT COLLATE "C" PRIMARY KEY NOT NULL, -- public, 32 characters
    secret_hash    BYTEA,                                 -- SHA-256; NULL: a public client has no secret
    name           TEXT COLLATE "C" NOT NULL,
    url            TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT           NOT NULL,
    owner_id       BIGINT           REFERENCES users (id) ON DELETE SET NULL,
    redirect_uris  TEXT COLLATE "C" NOT NULL,             -- list of texts
    is_public      BOOLEAN          NOT NULL
);

-- An access token. Rows are deleted; a number in an old event must not come to mean another token.
CREATE TABLE tokens (
    id          BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('tokens'),
    hash        BYTEA            NOT NULL UNIQUE,                -- SHA-256 of the secret, which is kept nowhere
    client_id   TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id     BIGINT           REFERENCES users (id) ON DELETE CASCADE, -- NULL: an app token
    scopes      TEXT COLLATE "C" NOT NULL,                       -- list of texts, exactly as granted
    created_at  BIGINT           NOT NULL
);
INSERT INTO last_ids (name, last) VALUES ('tokens', 0);
-- SQLite ends each index with the key of the row. Here a list that is ordered by id names the id in its index.
CREATE INDEX tokens_by_client ON tokens (client_id, user_id, id);
CREATE INDEX tokens_by_user ON tokens (user_id, id);

-- user_id follows, mutes or blocks other_id.
CREATE TABLE relations (
    user_id   BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind      TEXT COLLATE "C" NOT NULL, -- follow, mute, block
    other_id  BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    since     BIGINT           NOT NULL, -- orders the lists; unique
    PRIMARY KEY (user_id, kind, other_id)
);
CREATE INDEX relations_by_time ON relations (user_id, kind, since);
CREATE INDEX relations_incoming ON relations (other_id, kind, since);
-- Only here: what two users are to each other. Without it the planner looks for a pair by reading all relations of one user,
-- since it does not take a list of kinds as an inner part of the primary key.
CREATE INDEX relations_of_pair ON relations (user_id, other_id, kind);
