DROP INDEX posts_missed;
DROP INDEX posts_conversations;
ALTER TABLE posts DROP COLUMN conversation;
DROP TABLE post_search_mark;
DROP TABLE post_words;
