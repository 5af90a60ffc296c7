DROP TABLE grants;
DROP TABLE codes;
