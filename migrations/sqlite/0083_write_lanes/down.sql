DROP TABLE write_lanes;
