DROP TABLE file_uses;
DROP TABLE file_usage;
DROP TABLE derived_files;
DROP TABLE files;
