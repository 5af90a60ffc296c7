-- What apps leave out of their streams.
CREATE TABLE event_filters (
    id            BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('event_filters'),
    client_id     TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id       BIGINT           REFERENCES users (id) ON DELETE CASCADE, -- NULL: the app's own
    revision      BIGINT           NOT NULL,                     -- counts its changes
    name          TEXT COLLATE "C" NOT NULL,
    match_policy  TEXT COLLATE "C" NOT NULL,                     -- include_any, include_all, exclude_any, exclude_all
    clauses       TEXT COLLATE "C" NOT NULL                      -- list of objects, in the order given
);
INSERT INTO last_ids (name, last) VALUES ('event_filters', 0);
CREATE INDEX event_filters_of_client ON event_filters (client_id, user_id, id);
CREATE INDEX event_filters_of_user ON event_filters (user_id);
-- NULL: none. A filter that a stream uses is not deleted, except with its app or its user.
ALTER TABLE app_streams ADD COLUMN filter_id BIGINT REFERENCES event_filters (id) ON DELETE SET NULL;
CREATE INDEX app_streams_by_filter ON app_streams (filter_id) WHERE filter_id IS NOT NULL;
