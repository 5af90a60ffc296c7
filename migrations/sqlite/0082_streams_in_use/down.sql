DROP TABLE streams_in_use;
