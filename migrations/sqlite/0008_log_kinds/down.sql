UPDATE log_events
SET body = json_object('v', 1, 'body', json(body))
WHERE v = 2 AND json_valid(body);

UPDATE log_events SET bytes = length(CAST(body AS BLOB));
UPDATE log_head SET bytes = (SELECT coalesce(sum(bytes), 0) FROM log_events);

ALTER TABLE log_events DROP COLUMN kind;
ALTER TABLE log_events DROP COLUMN v;
