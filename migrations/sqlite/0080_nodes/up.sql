-- The servers that run on one PostgreSQL database, each with a lease on its name. One server at a time serves a file, so
-- here the table stays empty.
CREATE TABLE nodes (
    name             TEXT   PRIMARY KEY NOT NULL,
    epoch            TEXT   NOT NULL,             -- random, one for each process; the ids of its connections begin with it
    address          TEXT   NOT NULL,             -- of its listener, for people
    internal_address TEXT   NOT NULL,             -- where the other nodes ask it for something
    renewed_at       BIGINT NOT NULL,             -- by the clock of the database
    lease            BIGINT NOT NULL              -- microseconds after renewed_at for which it holds
) WITHOUT ROWID;
