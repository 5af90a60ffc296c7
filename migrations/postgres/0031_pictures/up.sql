-- Avatars, covers, badges, and links that were verified.
ALTER TABLE users ADD COLUMN avatar TEXT COLLATE "C";      -- {id, width, height}; NULL: the default one
ALTER TABLE users ADD COLUMN cover TEXT COLLATE "C";       -- the same
ALTER TABLE users ADD COLUMN badge TEXT COLLATE "C";       -- the one that is shown, of those that were awarded: {id, name}
ALTER TABLE users ADD COLUMN verified TEXT COLLATE "C";    -- {domain, url} of a web site that is the user's

-- Files of one picture, in all its sizes; the contents are kept beside the database. A row is there before its files
-- and goes after them, so that no file is without a row.
CREATE TABLE pictures (
    id            TEXT COLLATE "C" PRIMARY KEY NOT NULL, -- random: not shared, and not guessed
    user_id       BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sizes         TEXT COLLATE "C" NOT NULL,             -- list of {width, height, kind}, largest first
    unused_since  BIGINT                                 -- NULL: shown; else not shown yet, or not any more
);
CREATE INDEX pictures_unused ON pictures (unused_since) WHERE unused_since IS NOT NULL;

-- What users can be awarded.
CREATE TABLE badges (
    id           BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('badges'),
    name         TEXT COLLATE "C" NOT NULL UNIQUE,
    description  TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT           NOT NULL
);
INSERT INTO last_ids (name, last) VALUES ('badges', 0);

CREATE TABLE user_badges (
    user_id     BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    badge_id    BIGINT NOT NULL REFERENCES badges (id) ON DELETE CASCADE,
    awarded_at  BIGINT NOT NULL,
    PRIMARY KEY (user_id, badge_id)
);
CREATE INDEX user_badges_by_badge ON user_badges (badge_id);
