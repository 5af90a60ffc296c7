DROP TABLE app_streams;
