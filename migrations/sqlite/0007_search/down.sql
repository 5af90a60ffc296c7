DROP TRIGGER message_words_removed;
DROP TRIGGER message_words_hidden;
DROP TRIGGER message_words_added;
DROP TABLE message_words;
