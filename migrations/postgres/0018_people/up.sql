-- Words of usernames and display names, cut and folded by the program (src/text/words.rs), which fills the table when it
-- opens a database that has none, or one of other rules (search_mark.format).
CREATE TABLE user_words (
    word     TEXT COLLATE "C" NOT NULL,
    user_id  BIGINT           NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (word, user_id)
);
CREATE INDEX user_words_by_user ON user_words (user_id);

-- Followers in the order of their ids. The other direction has the primary key.
CREATE INDEX relations_incoming_by_id ON relations (other_id, kind, user_id);
