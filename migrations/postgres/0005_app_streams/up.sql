-- What an app asked to be told about.

CREATE TABLE app_streams (
    client_id     TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    key           TEXT COLLATE "C" NOT NULL, -- the app's name for it
    object_types  TEXT COLLATE "C" NOT NULL, -- list of texts, in the order given
    created_at    BIGINT           NOT NULL,
    PRIMARY KEY (client_id, key)
);
