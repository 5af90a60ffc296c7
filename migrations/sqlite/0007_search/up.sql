-- Words of the messages that are not deleted. The text itself stays in messages (external content);
-- the triggers keep the two in step, whatever writes.

CREATE VIRTUAL TABLE message_words USING fts5 (
    text,
    content = 'messages',
    content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER message_words_added AFTER INSERT ON messages
WHEN NEW.deleted_at IS NULL
BEGIN
    INSERT INTO message_words (rowid, text) VALUES (NEW.id, NEW.text);
END;

CREATE TRIGGER message_words_hidden AFTER UPDATE OF deleted_at ON messages
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', OLD.id, OLD.text);
END;

CREATE TRIGGER message_words_removed AFTER DELETE ON messages
WHEN OLD.deleted_at IS NULL
BEGIN
    INSERT INTO message_words (message_words, rowid, text) VALUES ('delete', OLD.id, OLD.text);
END;

INSERT INTO message_words (rowid, text) SELECT id, text FROM messages WHERE deleted_at IS NULL;
