-- What others did to a user's posts and polls, and that they follow: what is alike within a day is one interaction.
CREATE TABLE interactions (
    id        BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('interactions'),
    owner_id  BIGINT           REFERENCES users (id) ON DELETE CASCADE, -- NULL: its object is gone, and its acts are removed
    action    TEXT COLLATE "C" NOT NULL,                         -- bookmark, repost, reply, follow, poll_response
    post_id   BIGINT,                                            -- what was acted on: a post of the owner,
    poll_id   BIGINT,                                            -- a poll, or, where both are NULL, the owner
    began_at  BIGINT           NOT NULL,                         -- its first act
    latest    BIGINT           NOT NULL                          -- its last one; orders the lists; unique
);
INSERT INTO last_ids (name, last) VALUES ('interactions', 0);
CREATE INDEX interactions_of_user ON interactions (owner_id, action, latest);
CREATE INDEX interactions_of_post ON interactions (post_id, action, latest) WHERE post_id IS NOT NULL;
CREATE INDEX interactions_of_poll ON interactions (poll_id, latest) WHERE poll_id IS NOT NULL;

-- What one user did. Found again by its source: the post, the poll or the user that was acted on, or the reply itself.
CREATE TABLE interaction_acts (
    interaction_id  BIGINT NOT NULL REFERENCES interactions (id) ON DELETE CASCADE,
    at              BIGINT NOT NULL, -- unique
    user_id         BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source_id       BIGINT NOT NULL,
    PRIMARY KEY (interaction_id, at)
);
CREATE INDEX interaction_acts_by_source ON interaction_acts (user_id, source_id);
