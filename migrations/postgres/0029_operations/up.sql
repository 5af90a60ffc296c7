-- Work that goes on behind its answer.
CREATE TABLE operations (
    id          TEXT COLLATE "C" PRIMARY KEY NOT NULL, -- a UUID
    user_id     BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind        TEXT COLLATE "C" NOT NULL,             -- file_delete
    objects     TEXT COLLATE "C" NOT NULL,             -- the ids that are left to do, as a JSON list
    created_at  BIGINT           NOT NULL,
    ended_at    BIGINT                                 -- NULL: it runs
);
CREATE INDEX operations_running ON operations (created_at) WHERE ended_at IS NULL;
CREATE INDEX operations_ended ON operations (ended_at) WHERE ended_at IS NOT NULL;
