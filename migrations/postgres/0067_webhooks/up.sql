-- App streams whose events are posted to an address.
CREATE TABLE webhooks (
    client_id      TEXT COLLATE "C" NOT NULL,
    key            TEXT COLLATE "C" NOT NULL,
    url            TEXT COLLATE "C" NOT NULL,
    secret         TEXT COLLATE "C" NOT NULL, -- as it is: deliveries are signed with it
    parameters     TEXT COLLATE "C" NOT NULL, -- as in the address of a live stream
    token_id       BIGINT           NOT NULL, -- the app token that switched it on; it may be gone
    off            TEXT COLLATE "C",          -- why it is off: paused, failing, …; NULL: it is on
    failing_since  BIGINT,
    epoch          TEXT COLLATE "C" NOT NULL, -- the log that the positions belong to
    positions      TEXT COLLATE "C" NOT NULL, -- list of numbers: everything up to each is settled, by lane
    PRIMARY KEY (client_id, key),
    FOREIGN KEY (client_id, key) REFERENCES app_streams (client_id, key) ON DELETE CASCADE
);
-- Deliveries that were given up. Their contents are in the log.
CREATE TABLE webhook_dead_letters (
    id            BIGINT           PRIMARY KEY NOT NULL DEFAULT next_id('webhook_dead_letters'),
    client_id     TEXT COLLATE "C" NOT NULL,
    key           TEXT COLLATE "C" NOT NULL,
    epoch         TEXT COLLATE "C" NOT NULL,
    first_pos     BIGINT           NOT NULL,
    last_pos      BIGINT           NOT NULL, -- of an event the same as the first
    attempts      BIGINT           NOT NULL,
    fault         TEXT COLLATE "C" NOT NULL, -- why the last attempt failed
    status        BIGINT,                    -- of the last answer
    died_at       BIGINT           NOT NULL,
    is_replaying  BOOLEAN          NOT NULL, -- to be delivered again
    FOREIGN KEY (client_id, key) REFERENCES webhooks (client_id, key) ON DELETE CASCADE
);
INSERT INTO last_ids (name, last) VALUES ('webhook_dead_letters', 0);
CREATE INDEX webhook_dead_letters_of_hook ON webhook_dead_letters (client_id, key, id);
