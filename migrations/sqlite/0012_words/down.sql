DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5 (
    text,
    content = 'messages',
    content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO message_words (rowid, text) SELECT id, text FROM messages WHERE deleted_at IS NULL;
ALTER TABLE search_mark DROP COLUMN format;
UPDATE search_mark SET indexed_up_to = (SELECT COALESCE(MAX(id), 0) FROM messages);
