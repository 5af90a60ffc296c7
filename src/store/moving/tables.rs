//! The tables that are copied, in an order in which no row comes before one that it refers to. A test compares the list
//! with the schema.

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Its primary key, in whose order it is read.
    pub(super) key: &'static [&'static str],
    /// The database gives its ids out, and no id twice.
    pub(super) has_given_ids: bool,
}

const fn table(name: &'static str, key: &'static [&'static str]) -> Table {
    Table {
        name,
        key,
        has_given_ids: false,
    }
}

const fn numbered(name: &'static str) -> Table {
    Table {
        name,
        key: &["id"],
        has_given_ids: true,
    }
}

pub(super) const TABLES: &[Table] = &[
    numbered("users"),
    table("clients", &["id"]),
    numbered("tokens"),
    table("secrets", &["name"]),
    table("relations", &["user_id", "kind", "other_id"]),
    table("grants", &["user_id", "client_id"]),
    numbered("codes"),
    numbered("sessions"),
    numbered("invites"),
    table("pictures", &["id"]),
    numbered("badges"),
    table("user_badges", &["user_id", "badge_id"]),
    numbered("channels"),
    table("channel_members", &["channel_id", "user_id"]),
    table("channel_subscriptions", &["channel_id", "user_id"]),
    table("channel_mutes", &["user_id", "channel_id"]),
    table("channel_markers", &["user_id", "channel_id"]),
    table("stream_markers", &["user_id", "name"]),
    table("messages", &["id"]),
    table("posts", &["id"]),
    table("post_revisions", &["post_id", "revision"]),
    table("post_mentions", &["user_id", "post_id"]),
    table("post_tags", &["tag", "post_id"]),
    numbered("bookmarks"),
    table("polls", &["id"]),
    table("poll_answers", &["poll_id", "user_id"]),
    numbered("interactions"),
    table("interaction_acts", &["interaction_id", "at"]),
    numbered("reports"),
    table("files", &["id"]),
    table("derived_files", &["file_id", "key"]),
    table("file_uses", &["file_id", "kind", "object_id"]),
    table("file_usage", &["user_id"]),
    table("operations", &["id"]),
    table("provisions", &["file_id"]),
    numbered("event_filters"),
    table("app_streams", &["client_id", "key"]),
    table("webhooks", &["client_id", "key"]),
    numbered("webhook_dead_letters"),
    table("stream_sessions", &["id"]),
    table("stream_session_subscriptions", &["session_id", "id"]),
    table("call_keys", &["holder", "key", "step"]),
    table("log_events", &["pos"]),
];

/// Tables that the first start rebuilds from the rows above.
pub(super) const DERIVED_FROM_ROWS: &[&str] = &["user_words", "channel_ranks"];

/// What is not copied for another reason: the indexes are tables of the database's own kind, marks say how far they are,
/// the others belong to one database.
#[cfg(test)]
const OWN: &[&str] = &[
    "__diesel_schema_migrations",
    "channel_search_mark",
    "channel_words",
    "content_claims",
    "last_ids",
    "log_head",
    "message_words",
    "nodes",
    "post_search_mark",
    "post_words",
    "search_mark",
    "streams_in_use",
    "write_lanes",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use diesel::prelude::*;
    use diesel::sql_types::Text;

    use super::*;
    use crate::store::connect::sqlite::connect;
    use crate::store::migrate::migrate;

    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = Text)]
        name: String,
    }

    #[test]
    fn every_table_is_copied_or_known_not_to_be_and_comes_behind_those_it_refers_to() {
        let folder = tempfile::tempdir().unwrap();
        let mut sql = connect(&folder.path().join("x.db")).unwrap();
        migrate(&mut sql).unwrap();
        let query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_words\\__%' ESCAPE '\\'
            AND name NOT LIKE 'sqlite_%'";
        let there: BTreeSet<String> = diesel::sql_query(query)
            .load::<Named>(&mut sql)
            .unwrap()
            .into_iter()
            .map(|one| one.name)
            .collect();
        let copied: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        let known = copied.iter().chain(DERIVED_FROM_ROWS).chain(OWN);
        let known: BTreeSet<&str> = known.copied().filter(|name| *name != "last_ids").collect();
        assert_eq!(
            there.iter().map(String::as_str).collect::<BTreeSet<_>>(),
            known
        );
        for (at, table) in TABLES.iter().enumerate() {
            let refers = format!(
                "SELECT \"table\" AS name FROM pragma_foreign_key_list('{}')",
                table.name
            );
            for to in diesel::sql_query(refers).load::<Named>(&mut sql).unwrap() {
                let is_before = copied[..at].contains(&&*to.name);
                assert!(is_before, "{} refers to {}", table.name, to.name);
            }
            let key = format!(
                "SELECT name FROM pragma_table_info('{}') WHERE pk > 0 ORDER BY pk",
                table.name
            );
            let key = diesel::sql_query(key).load::<Named>(&mut sql).unwrap();
            assert!(
                key.iter()
                    .map(|one| &*one.name)
                    .eq(table.key.iter().copied()),
                "{}",
                table.name
            );
        }
    }
}
