DROP TABLE stream_markers;
DROP TABLE channel_markers;
