-- What servers are about to do with the contents of files that they share: an upload keeps them and has yet to write its
-- row, or a removal has seen that no row wants them. One excludes the other.
CREATE TABLE content_claims (
    hash       TEXT COLLATE "C" NOT NULL,
    claim      TEXT COLLATE "C" NOT NULL,                   -- the id of the upload or the removal
    is_removal BOOLEAN NOT NULL,
    since      BIGINT NOT NULL,                        -- a claim that is too old counts for nothing: its server is gone
    PRIMARY KEY (hash, claim)
);
