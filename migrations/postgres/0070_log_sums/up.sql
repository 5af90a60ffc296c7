-- CRC-32 of position, moment, form, kind and body, so that a row that the disk changed is found out (docs/decisions/0017).
-- NULL in rows of older programs, which come here only by a copy of a SQLite database.
ALTER TABLE log_events ADD COLUMN sum BIGINT;
