-- By which rules the words of users were cut, apart from those of messages: a server of an earlier version that cuts a user's
-- words beside a later one notes that they are mixed, without touching the index of messages. 0: they have to be cut again.
ALTER TABLE search_mark ADD COLUMN users_format BIGINT NOT NULL DEFAULT 0;
UPDATE search_mark SET users_format = format;
