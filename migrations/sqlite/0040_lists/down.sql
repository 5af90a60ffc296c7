DROP INDEX users_disabled;
DROP INDEX polls_to_clear;
DROP INDEX polls_closing_public_of_kind;
DROP INDEX polls_public_of_kind;
DROP INDEX channel_mutes_by_time;
DROP INDEX channel_subscriptions_by_time;
