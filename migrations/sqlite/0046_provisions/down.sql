ALTER TABLE operations DROP COLUMN is_dead;
DROP TABLE provisions;
