-- The write lanes of the programs that write to this database: a lane that loses its connection within a commit looks here
-- whether the commit holds. (SQLite has no connection that is lost.)
CREATE TABLE write_lanes (
    name   TEXT PRIMARY KEY NOT NULL,
    stamp  BIGINT NOT NULL                        -- last timestamp of the lane's last commit
);
