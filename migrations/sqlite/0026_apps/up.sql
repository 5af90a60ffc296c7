-- What users see of apps, and when tokens were used.

-- A private app is shown to its owner only, and only its owner may authorize it.
ALTER TABLE clients ADD COLUMN is_private BOOLEAN NOT NULL DEFAULT FALSE;
-- Description as its owner wrote it, and {text, html, entities} of it.
ALTER TABLE clients ADD COLUMN description TEXT;
ALTER TABLE clients ADD COLUMN content TEXT;
-- Posts and reposts made with it that are not deleted: kept, not counted.
ALTER TABLE clients ADD COLUMN posts BIGINT NOT NULL DEFAULT 0;
UPDATE clients SET posts =
    (SELECT count(*) FROM posts WHERE posts.client_id = clients.id AND posts.deleted_at IS NULL);
CREATE INDEX clients_by_owner ON clients (owner_id);

-- From here on the apps that the account owns, without private and deleted ones; before, those that it had authorized.
UPDATE users SET clients =
    (SELECT count(*) FROM clients WHERE clients.owner_id = users.id AND clients.deleted_at IS NULL);

-- Last use, to the hour. NULL: before this column was there.
ALTER TABLE tokens ADD COLUMN used_at BIGINT;
