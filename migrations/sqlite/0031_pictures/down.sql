DROP TABLE user_badges;
DROP TABLE badges;
DROP TABLE pictures;
ALTER TABLE users DROP COLUMN verified;
ALTER TABLE users DROP COLUMN badge;
ALTER TABLE users DROP COLUMN cover;
ALTER TABLE users DROP COLUMN avatar;
