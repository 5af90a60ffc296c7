-- PostgreSQL has no references from messages from here on. Here they stay: a reference is a look into an index of the
-- same file, and a table would have to be written anew to lose one.
SELECT 1;
