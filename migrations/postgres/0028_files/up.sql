-- Files. A row is never removed: deletion is a mark, and takes name and contents away; so no id is given out twice.
CREATE TABLE files (
    id          BIGINT           PRIMARY KEY NOT NULL,
    user_id     BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id   TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    file_type   TEXT COLLATE "C" NOT NULL, -- reverse domain, chosen by the app
    kind        TEXT COLLATE "C" NOT NULL, -- image, audio, video, other
    name        TEXT COLLATE "C" NOT NULL,
    is_public   BOOLEAN          NOT NULL,
    created_at  BIGINT           NOT NULL,
    deleted_at  BIGINT,
    hash        TEXT COLLATE "C",          -- SHA-256 of the contents; NULL: not uploaded yet, or deleted
    mime_type   TEXT COLLATE "C",
    size        BIGINT           NOT NULL DEFAULT 0,
    image       TEXT COLLATE "C",          -- width and height; NULL: not a picture
    raw         TEXT COLLATE "C"           -- NULL: none
);
-- The id is the last column, since the list is ordered by it.
CREATE INDEX files_by_user ON files (user_id, id) WHERE deleted_at IS NULL;
-- Whether contents are still wanted.
CREATE INDEX files_by_hash ON files (hash) WHERE hash IS NOT NULL;
-- Files without contents expire.
CREATE INDEX files_incomplete ON files (created_at) WHERE hash IS NULL AND deleted_at IS NULL;

-- What was made of files: smaller pictures.
CREATE TABLE derived_files (
    file_id    BIGINT           NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    key        TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL,
    mime_type  TEXT COLLATE "C" NOT NULL,
    size       BIGINT           NOT NULL,
    image      TEXT COLLATE "C",
    PRIMARY KEY (file_id, key)
);
CREATE INDEX derived_files_by_hash ON derived_files (hash);

-- Bytes that the files of a user hold, kept and not counted.
CREATE TABLE file_usage (
    user_id  BIGINT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    bytes    BIGINT NOT NULL
);

-- Objects whose raw shows a file.
CREATE TABLE file_uses (
    file_id    BIGINT           NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    kind       TEXT COLLATE "C" NOT NULL, -- post, message
    object_id  BIGINT           NOT NULL,
    PRIMARY KEY (file_id, kind, object_id)
);
