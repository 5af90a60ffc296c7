-- How long a sound or a film is, and how large. Files that were uploaded before have none.
ALTER TABLE files ADD COLUMN media TEXT COLLATE "C";  -- NULL: neither, or it does not say
