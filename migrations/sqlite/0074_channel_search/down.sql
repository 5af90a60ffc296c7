DROP INDEX channels_by_time;
DROP TABLE channel_search_mark;
DROP TABLE channel_ranks;
DROP TABLE channel_words;
