-- How far the full-text index has come. Messages up to this id are in it unless they are deleted; later ones are not
-- in it yet (src/store/search/indexing.rs).
CREATE TABLE search_mark (
    id             BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    indexed_up_to  BIGINT NOT NULL
);

INSERT INTO search_mark (id, indexed_up_to) VALUES (1, 0);
