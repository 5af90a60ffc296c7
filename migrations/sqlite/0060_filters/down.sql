DROP INDEX app_streams_by_filter;
ALTER TABLE app_streams DROP COLUMN filter_id;
DROP TABLE event_filters;
