DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5 (
    words,
    content = '',
    tokenize = 'ascii'
);
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
UPDATE search_mark SET indexed_up_to = 0, format = 0;
