-- Keys under which calls may be repeated (`Idempotency-Key`): a row for each write of such a call, made in the transaction of
-- the write. It holds what names the outcome, and no content.
CREATE TABLE call_keys (
    holder   TEXT COLLATE "C" NOT NULL,           -- user and app of the token
    key      TEXT COLLATE "C" NOT NULL,           -- as the client chose it
    step     BIGINT NOT NULL,                     -- which write of the call
    call     TEXT COLLATE "C" NOT NULL,           -- a sum of method, address, body and scopes
    outcome  TEXT NOT NULL,                       -- what names it, as JSON
    nr       BIGINT NOT NULL,                     -- which row of the holder, to bound them
    kept_at  BIGINT NOT NULL,
    PRIMARY KEY (holder, key, step)
);
CREATE UNIQUE INDEX call_keys_nr ON call_keys (holder, nr);
CREATE INDEX call_keys_kept_at ON call_keys (kept_at);
