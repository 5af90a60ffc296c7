-- What users report to the operator. Who reported is shown to the operator only.
CREATE TABLE reports (
    id           BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('reports'),
    kind         TEXT COLLATE "C" NOT NULL, -- post, message
    object_id    BIGINT           NOT NULL, -- its id; the object may be deleted since
    author_id    BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reporter_id  BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reason       TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT           NOT NULL,
    closed_at    BIGINT                     -- NULL: open
);
INSERT INTO last_ids (name, last) VALUES ('reports', 0);
-- A user has one open report about an object: the last one.
CREATE UNIQUE INDEX reports_open ON reports (kind, object_id, reporter_id) WHERE closed_at IS NULL;
CREATE INDEX reports_of_author ON reports (author_id, id);
CREATE INDEX reports_by_reporter ON reports (reporter_id, id);
