-- The node (nodes.epoch) whose connection a session has, or had last. Only that one writes for the session: a node that
-- continues it puts its own epoch here first.
ALTER TABLE stream_sessions ADD COLUMN node TEXT COLLATE "C";
