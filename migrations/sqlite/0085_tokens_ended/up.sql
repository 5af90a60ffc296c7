-- How often a token, an app or an account has ended: a writer knows by it whether the tokens that it found live still are.
ALTER TABLE log_head ADD COLUMN tokens_ended BIGINT NOT NULL DEFAULT 0;
