-- The event log: everything that anybody hears, in commit order.

-- One row. It is moved as the last step of a writing transaction, so that numbers become visible in order.
CREATE TABLE log_head (
    id     INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    epoch  TEXT   NOT NULL,                       -- random; tells a wiped log from a continued one
    pos    BIGINT NOT NULL,                       -- last number given out; dense, from 1
    bytes  BIGINT NOT NULL,                       -- size of all bodies that are kept
    stamp  BIGINT NOT NULL                        -- last moment given out; moments are unique and rise, over restarts too
);

CREATE TABLE log_events (
    pos    INTEGER PRIMARY KEY NOT NULL,
    at     BIGINT NOT NULL,
    owner  TEXT   NOT NULL,                       -- routing key: channel:42, user:7, nobody
    bytes  BIGINT NOT NULL,                       -- size of the body
    body   TEXT   NOT NULL                        -- {"v":1,"body":{…}}
);
