-- Lists that were sorted for each page are read along an index.
CREATE INDEX channel_subscriptions_by_time ON channel_subscriptions (channel_id, since);
CREATE INDEX channel_mutes_by_time ON channel_mutes (user_id, since);

-- Public polls of one type.
CREATE INDEX polls_public_of_kind ON polls (kind, id) WHERE is_public AND deleted_at IS NULL;
CREATE INDEX polls_closing_public_of_kind ON polls (kind, closes_at) WHERE is_public AND deleted_at IS NULL;
-- Deleted polls whose answers are still to be removed.
CREATE INDEX polls_to_clear ON polls (id) WHERE deleted_at IS NOT NULL AND is_answered;
-- Disabled accounts are counted, and there are few.
CREATE INDEX users_disabled ON users (disabled_at) WHERE disabled_at IS NOT NULL;
