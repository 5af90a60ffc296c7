ALTER TABLE channels DROP COLUMN revision;
