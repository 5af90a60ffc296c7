-- Words of the messages that are not deleted. The text itself stays in messages (external content).
-- The write lane keeps the two in step, once per commit (src/store/search/words.rs). Triggers would do it within each
-- message's savepoint, and the index writes itself out at the end of each: that halves the rate of messages.

CREATE VIRTUAL TABLE message_words USING fts5 (
    text,
    content = 'messages',
    content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2'
);

INSERT INTO message_words (rowid, text) SELECT id, text FROM messages WHERE deleted_at IS NULL;
