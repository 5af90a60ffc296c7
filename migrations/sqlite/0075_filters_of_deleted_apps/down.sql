-- What was of no use is not made again.
SELECT 1;
