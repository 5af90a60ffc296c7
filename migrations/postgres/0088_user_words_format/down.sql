ALTER TABLE search_mark DROP COLUMN users_format;
