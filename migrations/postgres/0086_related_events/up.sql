-- What users decided about one another, to know what held at a position of the log.
CREATE INDEX log_events_related ON log_events (pos) WHERE kind = 'related';
