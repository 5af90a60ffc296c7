-- The node (nodes.epoch) whose connection a session has, or had last. A file is served by one server, which has none.
ALTER TABLE stream_sessions ADD COLUMN node TEXT;
