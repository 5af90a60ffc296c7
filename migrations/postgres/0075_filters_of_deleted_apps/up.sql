-- Nothing to do: filters of deleted apps exist only in databases of older programs. (A step must have a statement.)
SELECT 1;
