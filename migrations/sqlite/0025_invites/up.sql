-- Codes with which people make an account themselves.
CREATE TABLE invites (
    id             INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    hash           BLOB    NOT NULL UNIQUE,      -- SHA-256 of the code, which is kept nowhere
    note           TEXT    NOT NULL,             -- of the operator, for the operator
    uses_left      INTEGER NOT NULL,
    created_at     BIGINT  NOT NULL,
    expires_at     BIGINT  NOT NULL
);
