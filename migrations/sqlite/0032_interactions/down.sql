DROP TABLE interaction_acts;
DROP TABLE interactions;
