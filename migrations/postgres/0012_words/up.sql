-- The table of words has its final form since step 0007.

-- By which rules the words in the index were cut. A program with other rules indexes all messages anew when it opens the
-- database.
ALTER TABLE search_mark ADD COLUMN format INTEGER NOT NULL DEFAULT 0;
