-- Nothing to take back: the positions are as good for the older program.
SELECT 1;
