-- What users see of apps, and when tokens were used.

-- A private app is shown to its owner only, and only its owner may authorize it.
ALTER TABLE clients ADD COLUMN is_private BOOLEAN NOT NULL DEFAULT FALSE;
-- Description as its owner wrote it, and {text, html, entities} of it.
ALTER TABLE clients ADD COLUMN description TEXT COLLATE "C";
ALTER TABLE clients ADD COLUMN content TEXT COLLATE "C";
-- Posts and reposts made with it that are not deleted: kept, not counted.
ALTER TABLE clients ADD COLUMN posts BIGINT NOT NULL DEFAULT 0;
CREATE INDEX clients_by_owner ON clients (owner_id);

-- users.clients: from here on the apps that the account owns, without private and deleted ones.

-- Last use, to the hour. NULL: before this column was there.
ALTER TABLE tokens ADD COLUMN used_at BIGINT;
