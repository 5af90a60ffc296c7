-- What users allowed to apps, and the codes by which apps fetch it.

-- An authorization code. Used ones stay for a day: a second use revokes the token that the first one made.
CREATE TABLE codes (
    id                BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('codes'),
    hash              BYTEA            NOT NULL UNIQUE, -- SHA-256 of the code, which is kept nowhere
    client_id         TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id           BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes            TEXT COLLATE "C" NOT NULL,        -- list of texts, as they will be granted
    redirect_uri      TEXT COLLATE "C" NOT NULL,        -- as it was asked for
    challenge         TEXT COLLATE "C",                 -- of PKCE; NULL: without
    challenge_method  TEXT COLLATE "C",                 -- S256, plain
    created_at        BIGINT           NOT NULL,
    expires_at        BIGINT           NOT NULL,
    used_at           BIGINT,                           -- NULL: not yet
    token_id          BIGINT                            -- the token that it was exchanged for, which may be gone
);
INSERT INTO last_ids (name, last) VALUES ('codes', 0);
CREATE INDEX codes_by_time ON codes (created_at);
CREATE INDEX codes_by_client ON codes (client_id);
CREATE INDEX codes_by_user ON codes (user_id);

-- The scopes that a user once granted to an app, until the last token of the two is gone: they are not asked for again.
CREATE TABLE grants (
    user_id    BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scopes     TEXT COLLATE "C" NOT NULL, -- list of texts
    PRIMARY KEY (user_id, client_id)
);
CREATE INDEX grants_by_client ON grants (client_id);
