-- The older program indexes with each commit: what is left is caught up with first.
INSERT INTO message_words (rowid, text)
    SELECT id, text FROM messages
    WHERE id > (SELECT indexed_up_to FROM search_mark) AND deleted_at IS NULL;
DROP TABLE search_mark;
