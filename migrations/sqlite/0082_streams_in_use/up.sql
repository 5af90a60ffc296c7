-- App streams that are in use, one row for each connection and each running webhook. The one server of a file counts them
-- in memory, so here the table stays empty.
CREATE TABLE streams_in_use (
    id        TEXT   PRIMARY KEY NOT NULL,
    client_id TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    node      TEXT   NOT NULL,
    key       TEXT,                               -- of a webhook, and of a stream that is open in partitions
    part      BIGINT,                             -- the partition; connections of the partitions of one stream share a place
    parts     BIGINT
) WITHOUT ROWID;
CREATE INDEX streams_in_use_by_client ON streams_in_use (client_id);
CREATE INDEX streams_in_use_by_node ON streams_in_use (node);
