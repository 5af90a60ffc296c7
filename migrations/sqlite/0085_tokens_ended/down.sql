ALTER TABLE log_head DROP COLUMN tokens_ended;
