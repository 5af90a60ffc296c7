-- The index of messages knows their channels and authors too, each as one word (src/store/search/words.rs): a search in a
-- small channel no longer looks at all messages that hold its words. Lengths are not kept: the program ranks the hits.
DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5 (
    words,                                        -- separated by blanks
    marks,                                        -- separated by blanks
    content = '',
    columnsize = 0,
    tokenize = 'ascii'
);
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);

-- The program indexes all messages again when it opens the database.
UPDATE search_mark SET indexed_up_to = 0, format = 0;
