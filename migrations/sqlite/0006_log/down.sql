DROP TABLE log_events;
DROP TABLE log_head;
