-- The words of messages are cut and folded by the program (src/text/words.rs): scripts without blanks between words are
-- indexed too, and any database can index the same words. The index holds no text (contentless). What is taken out of it
-- is removed from its pages at once (secure-delete).
DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5 (
    words,                                        -- separated by blanks
    content = '',
    tokenize = 'ascii'
);
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);

-- By which rules the words in the index were cut. A program with other rules indexes all messages anew when it opens the
-- database.
ALTER TABLE search_mark ADD COLUMN format INTEGER NOT NULL DEFAULT 0;

-- The words of a deleted message go when it is deleted.
UPDATE messages SET text = '', html = '', entities = NULL, raw = NULL WHERE deleted_at IS NOT NULL;
