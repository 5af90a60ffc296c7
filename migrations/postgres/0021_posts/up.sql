-- Posts, reposts and what is looked up by. Rows are never removed: deletion is a mark, and takes the words away.

CREATE TABLE posts (
    id               BIGINT           PRIMARY KEY NOT NULL,
    user_id          BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id        TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    thread_id        BIGINT           NOT NULL,           -- the root's id; its own on a root and on a repost
    reply_to         BIGINT,                              -- NULL on a root and on a repost
    repost_of        BIGINT,                              -- never a repost itself; NULL on a post
    repost_revision  INTEGER,                             -- the version that a repost shows
    created_at       BIGINT           NOT NULL,
    deleted_at       BIGINT,
    revised_at       BIGINT,                              -- of the last version
    revision         INTEGER          NOT NULL DEFAULT 0, -- 0: as it was written first
    is_human         BOOLEAN          NOT NULL,           -- by the kind of its author: the global stream shows those only
    is_nsfw          BOOLEAN          NOT NULL,
    text             TEXT COLLATE "C" NOT NULL,           -- empty on reposts and after deletion
    html             TEXT COLLATE "C" NOT NULL,
    entities         TEXT COLLATE "C",                    -- NULL: none
    raw              TEXT COLLATE "C",                    -- NULL: none
    bookmarks        BIGINT           NOT NULL DEFAULT 0, -- the counts are kept, not counted
    replies          BIGINT           NOT NULL DEFAULT 0,
    reposts          BIGINT           NOT NULL DEFAULT 0,
    threads          BIGINT           NOT NULL DEFAULT 0
);
-- The id is the last column of the indexes of lists that are ordered by it.
CREATE INDEX posts_by_user ON posts (user_id, id);
CREATE INDEX posts_by_thread ON posts (thread_id, id);
CREATE UNIQUE INDEX posts_by_repost ON posts (repost_of, user_id) WHERE repost_of IS NOT NULL AND deleted_at IS NULL;
-- Newest reposts first.
CREATE INDEX posts_reposts ON posts (repost_of, id) WHERE repost_of IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX posts_global ON posts (id) WHERE repost_of IS NULL AND is_human;
-- Deleted posts whose reposts are still to be taken away.
CREATE INDEX posts_with_reposts_left ON posts (reposts) WHERE deleted_at IS NOT NULL;
-- What a page says about posts that were deleted or revised since.
CREATE INDEX posts_deleted ON posts (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX posts_deleted_by_user ON posts (user_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX posts_deleted_by_thread ON posts (thread_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX posts_revised ON posts (revised_at) WHERE revised_at IS NOT NULL;
CREATE INDEX posts_revised_by_user ON posts (user_id, revised_at) WHERE revised_at IS NOT NULL;
CREATE INDEX posts_revised_by_thread ON posts (thread_id, revised_at) WHERE revised_at IS NOT NULL;

-- Versions that a revision replaced.
CREATE TABLE post_revisions (
    post_id   BIGINT           NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    revision  INTEGER          NOT NULL,
    is_nsfw   BOOLEAN          NOT NULL,
    text      TEXT COLLATE "C" NOT NULL,
    html      TEXT COLLATE "C" NOT NULL,
    entities  TEXT COLLATE "C",
    PRIMARY KEY (post_id, revision)
);

CREATE TABLE post_mentions (
    user_id  BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    post_id  BIGINT  NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    is_copy  BOOLEAN NOT NULL, -- copy mentions only
    PRIMARY KEY (user_id, post_id)
);
CREATE INDEX post_mentions_by_post ON post_mentions (post_id);

CREATE TABLE post_tags (
    tag      TEXT COLLATE "C" NOT NULL, -- folded, see text::words::fold_tag
    post_id  BIGINT           NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    PRIMARY KEY (tag, post_id)
);
CREATE INDEX post_tags_by_post ON post_tags (post_id);

CREATE TABLE bookmarks (
    id       BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('bookmarks'), -- orders a list of bookmarks
    user_id  BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    post_id  BIGINT           NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    note     TEXT COLLATE "C",                                   -- of the user alone
    UNIQUE (user_id, post_id)
);
INSERT INTO last_ids (name, last) VALUES ('bookmarks', 0);
CREATE INDEX bookmarks_of_user ON bookmarks (user_id, id);
CREATE INDEX bookmarks_of_post ON bookmarks (post_id, id);
