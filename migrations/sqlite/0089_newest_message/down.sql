ALTER TABLE log_head DROP COLUMN newest_message;
ALTER TABLE log_head DROP COLUMN newest_message_at;
