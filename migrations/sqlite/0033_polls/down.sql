DROP TABLE poll_answers;
DROP TABLE polls;
