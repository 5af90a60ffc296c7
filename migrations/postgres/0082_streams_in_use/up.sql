-- App streams that are in use, one row for each connection and each running webhook. A row holds as long as the lease of
-- its node (nodes.epoch).
CREATE TABLE streams_in_use (
    id        TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    node      TEXT COLLATE "C" NOT NULL,
    key       TEXT COLLATE "C",          -- of a webhook, and of a stream that is open in partitions
    part      BIGINT,                    -- the partition; connections of the partitions of one stream share a place
    parts     BIGINT
);
CREATE INDEX streams_in_use_by_client ON streams_in_use (client_id);
CREATE INDEX streams_in_use_by_node ON streams_in_use (node);
