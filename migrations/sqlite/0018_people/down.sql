DROP INDEX relations_incoming_by_id;
DROP TABLE user_words;
