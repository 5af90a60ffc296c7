-- Polls and their answers. Rows of polls are never removed: deletion is a mark, and takes words and answers away.

CREATE TABLE polls (
    id            BIGINT           PRIMARY KEY NOT NULL,
    user_id       BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id     TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE RESTRICT,
    kind          TEXT COLLATE "C" NOT NULL,              -- `type` on the wire
    prompt        TEXT COLLATE "C" NOT NULL,              -- empty after deletion
    options       TEXT COLLATE "C" NOT NULL,              -- list of texts, by their positions; empty after deletion
    max_options   INTEGER          NOT NULL,              -- that one answer may choose
    is_anonymous  BOOLEAN          NOT NULL,
    is_public     BOOLEAN          NOT NULL,
    token         TEXT COLLATE "C" NOT NULL,              -- a secret: gives access to a poll that is not public
    raw           TEXT COLLATE "C",                       -- NULL: none
    created_at    BIGINT           NOT NULL,
    closes_at     BIGINT           NOT NULL,              -- the microseconds are the poll's own, so that it orders a list
    results       TEXT COLLATE "C",                       -- by option; NULL: it is open
    deleted_at    BIGINT,
    is_answered   BOOLEAN          NOT NULL DEFAULT FALSE -- by some user, ever
);
-- What the sweep looks for: the next polls to close.
CREATE INDEX polls_open ON polls (closes_at) WHERE results IS NULL AND deleted_at IS NULL;
-- The id is the last column, since these lists are ordered by it.
CREATE INDEX polls_by_user ON polls (user_id, id) WHERE deleted_at IS NULL;
CREATE INDEX polls_answered_by_user ON polls (user_id, id) WHERE deleted_at IS NULL AND is_answered;
CREATE INDEX polls_public ON polls (id) WHERE is_public AND deleted_at IS NULL;
CREATE INDEX polls_public_by_user ON polls (user_id, id) WHERE is_public AND deleted_at IS NULL;
-- In the order of their closing.
CREATE INDEX polls_closing_by_user ON polls (user_id, closes_at) WHERE deleted_at IS NULL;
CREATE INDEX polls_closing_public ON polls (closes_at) WHERE is_public AND deleted_at IS NULL;
CREATE INDEX polls_closing_public_by_user ON polls (user_id, closes_at) WHERE is_public AND deleted_at IS NULL;

-- One answer per user: a later one replaces it. Also of anonymous polls, whose answers are shown to their users alone.
CREATE TABLE poll_answers (
    poll_id  BIGINT  NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
    user_id  BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    chosen   INTEGER NOT NULL, -- bit 0 is position 1; 0: the answer was taken back
    PRIMARY KEY (poll_id, user_id)
);
CREATE INDEX poll_answers_by_user ON poll_answers (user_id, poll_id);
