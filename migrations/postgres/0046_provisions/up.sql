-- Files that are to come under one address: each is a file without contents until it is there.
CREATE TABLE provisions (
    file_id       BIGINT           PRIMARY KEY NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    user_id       BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    operation_id  TEXT COLLATE "C" NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    key           TEXT COLLATE "C" NOT NULL, -- the name of its part in the form that brings it
    size          BIGINT           NOT NULL, -- bytes, as announced
    expires_at    BIGINT           NOT NULL
);
CREATE UNIQUE INDEX provisions_by_operation ON provisions (operation_id, key);
CREATE INDEX provisions_by_user ON provisions (user_id);
CREATE INDEX provisions_by_time ON provisions (expires_at);

ALTER TABLE operations ADD COLUMN is_dead BOOLEAN NOT NULL DEFAULT FALSE;  -- it ended before it was done
