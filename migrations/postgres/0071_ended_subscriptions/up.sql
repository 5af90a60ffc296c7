-- A subscription of a session that may not go on ends for good, and each later hello says so: the slug of the reason.
-- Written by the change of a channel that cuts it off, in the same commit, and where a session goes on without it.
ALTER TABLE stream_session_subscriptions ADD COLUMN ended TEXT COLLATE "C";
CREATE INDEX stream_session_subscriptions_by_topic ON stream_session_subscriptions (topic);
