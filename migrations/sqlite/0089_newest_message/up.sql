-- The newest message id, and the timestamp of the commit as of which it was so: while that is still the last one, no server
-- has given out another id. A server asks for it in the statement that locks the row.
ALTER TABLE log_head ADD COLUMN newest_message BIGINT NOT NULL DEFAULT 0;
ALTER TABLE log_head ADD COLUMN newest_message_at BIGINT NOT NULL DEFAULT -1;
