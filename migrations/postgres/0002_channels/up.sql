-- Channels, their members, and who attends them.

CREATE TABLE channels (
    id                         BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('channels'),
    kind                       TEXT COLLATE "C" NOT NULL,        -- the API's "type"
    owner_id                   BIGINT           REFERENCES users (id) ON DELETE SET NULL, -- NULL: private messages
    created_at                 BIGINT           NOT NULL,
    activity                   BIGINT           NOT NULL,        -- moves with each message; orders the inbox; unique
    messages                   BIGINT           NOT NULL,        -- not deleted ones
    subscribers                BIGINT           NOT NULL,
    sticky_messages            BIGINT           NOT NULL,
    recent_message_id          BIGINT,                           -- newest that is not deleted (no key: set per message)
    recent_deleted_message_id  BIGINT,                           -- newest of all, if that one is deleted
    is_active                  BOOLEAN          NOT NULL,
    full_immutable             BOOLEAN          NOT NULL,        -- the flags of the ACL; its lists are in channel_members
    write_any_user             BOOLEAN          NOT NULL,
    write_immutable            BOOLEAN          NOT NULL,
    read_any_user              BOOLEAN          NOT NULL,
    read_public                BOOLEAN          NOT NULL,
    read_immutable             BOOLEAN          NOT NULL,
    pm_key                     TEXT COLLATE "C",                 -- private messages: the users' ids, rising, with commas
    search_text                TEXT COLLATE "C" NOT NULL,        -- name and description in lower case, filled at write
    raw                        TEXT COLLATE "C" NOT NULL,        -- client-defined items by type; last, since it is long
    -- Unique. A B-tree holds keys of up to 2704 bytes, which is less than the ids of all members that a channel may have.
    CONSTRAINT channels_pm_key EXCLUDE USING hash (pm_key WITH =)
);
INSERT INTO last_ids (name, last) VALUES ('channels', 0);
CREATE INDEX channels_by_owner ON channels (owner_id, id) WHERE owner_id IS NOT NULL;

-- The lists of the ACL; a user stands in one at most.
CREATE TABLE channel_members (
    channel_id  BIGINT           NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    user_id     BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    access      TEXT COLLATE "C" NOT NULL, -- full, write, read
    PRIMARY KEY (channel_id, user_id)
);
CREATE INDEX channel_members_by_user ON channel_members (user_id, channel_id);

-- Who has the channel in the inbox.
CREATE TABLE channel_subscriptions (
    channel_id  BIGINT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    user_id     BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    since       BIGINT NOT NULL, -- orders the list of subscribers; unique
    PRIMARY KEY (channel_id, user_id)
);
CREATE INDEX channel_subscriptions_by_user ON channel_subscriptions (user_id, channel_id);

-- Who will not be subscribed by others.
CREATE TABLE channel_mutes (
    user_id     BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel_id  BIGINT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    since       BIGINT NOT NULL, -- orders the list of muted channels; unique
    PRIMARY KEY (user_id, channel_id)
);
CREATE INDEX channel_mutes_by_channel ON channel_mutes (channel_id, user_id);
