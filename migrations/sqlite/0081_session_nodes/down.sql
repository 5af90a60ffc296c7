ALTER TABLE stream_sessions DROP COLUMN node;
