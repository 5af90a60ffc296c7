-- Codes with which people make an account themselves.
CREATE TABLE invites (
    id          BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('invites'),
    hash        BYTEA            NOT NULL UNIQUE, -- SHA-256 of the code, which is kept nowhere
    note        TEXT COLLATE "C" NOT NULL,        -- of the operator, for the operator
    uses_left   INTEGER          NOT NULL,
    created_at  BIGINT           NOT NULL,
    expires_at  BIGINT           NOT NULL
);
INSERT INTO last_ids (name, last) VALUES ('invites', 0);
