-- What an app asked to be told about.

CREATE TABLE app_streams (
    client_id     TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    key           TEXT   NOT NULL,                -- the app's name for it
    object_types  TEXT   NOT NULL,                -- list of texts, in the order given
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (client_id, key)
) WITHOUT ROWID;
