-- The form and the kind of an event become columns: a program that does not know one of them steps over the row
-- without reading its body. Form 1 is {"v":1,"body":{…}}, form 2 is the inner object alone.
ALTER TABLE log_events ADD COLUMN v INTEGER NOT NULL DEFAULT 1;
ALTER TABLE log_events ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT '';
