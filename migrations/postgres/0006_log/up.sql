-- The event log: everything that anybody hears, in commit order.

-- One row. Each write transaction locks it first (SELECT ... FOR UPDATE), before it reads anything else, and moves it last.
-- So there is one writer at a time, and numbers become visible in order. This takes READ COMMITTED: each statement after the
-- lock sees what the previous writer committed.
CREATE TABLE log_head (
    id     BIGINT           PRIMARY KEY NOT NULL CHECK (id = 1),
    epoch  TEXT COLLATE "C" NOT NULL, -- random; tells a wiped log from a continued one
    pos    BIGINT           NOT NULL, -- last number given out; dense, from 1
    bytes  BIGINT           NOT NULL, -- size of all bodies that are kept
    stamp  BIGINT           NOT NULL  -- last moment given out; moments are unique and rise, over restarts too
);
-- The epoch is 32 characters, as on SQLite. gen_random_uuid is a secure random source; md5 of random() is not.
INSERT INTO log_head (id, epoch, pos, bytes, stamp) VALUES (1, replace(gen_random_uuid()::TEXT, '-', ''), 0, 0, 0);

CREATE TABLE log_events (
    pos    BIGINT           PRIMARY KEY NOT NULL,
    at     BIGINT           NOT NULL,
    owner  TEXT COLLATE "C" NOT NULL, -- routing key: channel:42, user:7, nobody
    bytes  BIGINT           NOT NULL, -- size of the body
    body   TEXT COLLATE "C" NOT NULL  -- {"v":1,"body":{…}}
);
