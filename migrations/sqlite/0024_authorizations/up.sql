-- What users allowed to apps, and the codes by which apps fetch it.

-- An authorization code. Used ones stay for a day: a second use revokes the token that the first one made.
CREATE TABLE codes (
    id               INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    hash             BLOB    NOT NULL UNIQUE,    -- SHA-256 of the code, which is kept nowhere
    client_id        TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id          BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes           TEXT    NOT NULL,           -- list of texts, as they will be granted
    redirect_uri     TEXT    NOT NULL,           -- as it was asked for
    challenge        TEXT,                       -- of PKCE; NULL: without
    challenge_method TEXT,                       -- S256, plain
    created_at       BIGINT  NOT NULL,
    expires_at       BIGINT  NOT NULL,
    used_at          BIGINT,                     -- NULL: not yet
    token_id         BIGINT                      -- the token that it was exchanged for, which may be gone
);
CREATE INDEX codes_by_time ON codes (created_at);
CREATE INDEX codes_by_client ON codes (client_id);
CREATE INDEX codes_by_user ON codes (user_id);

-- The scopes that a user once granted to an app, until the last token of the two is gone: they are not asked for again.
CREATE TABLE grants (
    user_id          BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id        TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scopes           TEXT    NOT NULL,           -- list of texts
    PRIMARY KEY (user_id, client_id)
) WITHOUT ROWID;
CREATE INDEX grants_by_client ON grants (client_id);
