ALTER TABLE tokens DROP COLUMN used_at;
UPDATE users SET clients =
    (SELECT count(DISTINCT tokens.client_id) FROM tokens WHERE tokens.user_id = users.id);
DROP INDEX clients_by_owner;
ALTER TABLE clients DROP COLUMN posts;
ALTER TABLE clients DROP COLUMN content;
ALTER TABLE clients DROP COLUMN description;
ALTER TABLE clients DROP COLUMN is_private;
