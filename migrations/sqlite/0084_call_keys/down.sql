DROP TABLE call_keys;
