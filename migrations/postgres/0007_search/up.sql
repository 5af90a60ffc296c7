-- Words of the messages that are not deleted. The program cuts and folds them (src/text/words.rs), as for SQLite. An entry
-- has the id of its message, and holds two kinds of lexemes, which the program writes as a TSVECTOR literal:
-- * words, with their positions, for phrases: 'hello':1,3 'world':2
-- * marks (src/store/search/marks.rs), each with `=` before it and without a position: '=b42'. No word contains `=`.
-- Weight labels would also separate the two kinds, but a GIN index does not store labels: each hit would be checked again in
-- the table.
--
-- The program keeps the limits of TSVECTOR: a lexeme has at most 2046 bytes (words are cut to 500 characters, in questions
-- too), and an entry at most 1 MB (the words behind that are not indexed). PostgreSQL itself keeps the first 255 positions of
-- a word, and counts positions up to 16 383: phrases are found up to there.
CREATE TABLE message_words (
    id     BIGINT   PRIMARY KEY NOT NULL,
    words  TSVECTOR NOT NULL
);
-- The pending list makes a slice of messages cheaper to add than one by one. A search reads the whole list, so it is short.
CREATE INDEX message_words_words ON message_words USING gin (words) WITH (gin_pending_list_limit = 512);
