DROP INDEX log_events_related;
