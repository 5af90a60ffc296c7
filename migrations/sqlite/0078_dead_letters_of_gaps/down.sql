ALTER TABLE webhook_dead_letters DROP COLUMN is_gap;
