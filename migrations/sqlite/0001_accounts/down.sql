DROP TABLE relations;
DROP TABLE tokens;
DROP TABLE clients;
DROP TABLE users;
