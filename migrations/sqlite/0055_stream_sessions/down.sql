DROP TABLE stream_session_subscriptions;
DROP TABLE stream_sessions;
