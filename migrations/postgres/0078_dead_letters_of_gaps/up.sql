-- A gap of one position looked like the event at it.
ALTER TABLE webhook_dead_letters ADD COLUMN is_gap BOOLEAN NOT NULL DEFAULT FALSE;
