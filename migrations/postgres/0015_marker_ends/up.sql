-- Nothing to do: this step corrects rows of older programs, which never wrote to PostgreSQL. (A step must have a statement.)
SELECT 1;
