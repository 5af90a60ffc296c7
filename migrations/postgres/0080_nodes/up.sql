-- The servers that run on this database, each with a lease on its name. A server without a row, or one whose lease is
-- over, holds nothing.
CREATE TABLE nodes (
    name             TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    epoch            TEXT COLLATE "C" NOT NULL, -- random, one for each process; the ids of its connections begin with it
    address          TEXT COLLATE "C" NOT NULL, -- of its listener, for people
    internal_address TEXT COLLATE "C" NOT NULL, -- where the other nodes ask it for something
    renewed_at       BIGINT           NOT NULL, -- by the clock of the database
    lease            BIGINT           NOT NULL  -- microseconds after renewed_at for which it holds
);
