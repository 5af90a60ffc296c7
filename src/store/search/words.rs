//! Words in messages, by the full-text index of SQLite. The other database will have this file its own way.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::Sqlite;

use super::super::messages::WithClient;
use super::super::{Db, Failure};
use crate::model::ChannelId;

diesel::table! {
    /// The index. `command` is how it is told something (`delete`); it bears the table's own name.
    message_words (rowid) {
        rowid -> BigInt,
        text -> Text,
        #[sql_name = "message_words"]
        command -> Text,
    }
}

/// What the index has to learn.
pub(in super::super) enum Words {
    /// A message came, with this text.
    Added(i64, String),
    /// It went; the index must be told the text that it has to forget.
    Gone(i64, String),
}

/// Brings the index up to date, in the order of what happened. It must know exactly the messages that are not
/// deleted, so each write to `messages` that changes that is told here.
pub(in super::super) fn write_words(db: &mut Db<'_>, all: &[Words]) -> Result<(), Failure> {
    for words in all {
        match words {
            Words::Added(id, text) => diesel::insert_into(message_words::table)
                .values((message_words::rowid.eq(id), message_words::text.eq(text)))
                .execute(db.sql)?,
            Words::Gone(id, text) => diesel::insert_into(message_words::table)
                .values((
                    message_words::command.eq("delete"),
                    message_words::rowid.eq(id),
                    message_words::text.eq(text),
                ))
                .execute(db.sql)?,
        };
    }
    Ok(())
}

/// What people type as a question to the index: each word quoted, so that nothing in it is syntax; all must be there.
/// `None`: there is no word in it.
pub(super) fn question(typed: &str) -> Option<String> {
    let words: Vec<String> = typed
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Narrows messages to those that hold the words.
pub(super) fn holds(
    question: String,
) -> Box<dyn BoxableExpression<WithClient, Sqlite, SqlType = Bool>> {
    Box::new(
        diesel::dsl::sql::<Bool>(
            "messages.id IN (SELECT rowid FROM message_words WHERE message_words MATCH ",
        )
        .bind::<Text, _>(question)
        .sql(")"),
    )
}

#[derive(QueryableByName)]
struct Hit {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

impl Db<'_> {
    /// Ids of messages that hold the words, best first.
    pub(super) fn ranked(
        &mut self,
        question: &str,
        channels: &[ChannelId],
        offset: i64,
        limit: i64,
    ) -> Result<Vec<i64>, Failure> {
        // Numbers only, so they can stand in the text; a bound list would need as many places.
        let places: Vec<String> = channels.iter().map(ToString::to_string).collect();
        let hits = diesel::sql_query(format!(
            "SELECT messages.id AS id
             FROM message_words JOIN messages ON messages.id = message_words.rowid
             WHERE message_words MATCH ? AND messages.channel_id IN ({})
             ORDER BY message_words.rank, messages.id DESC LIMIT ? OFFSET ?",
            places.join(",")
        ))
        .bind::<Text, _>(question)
        .bind::<BigInt, _>(limit)
        .bind::<BigInt, _>(offset)
        .load::<Hit>(self.sql)?;
        Ok(hits.into_iter().map(|hit| hit.id).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_type_is_syntax() {
        assert_eq!(question("one  two\n").as_deref(), Some("\"one\" \"two\""));
        assert_eq!(
            question("NEAR( a\"b c* -d \0").as_deref(),
            Some("\"NEAR(\" \"a\"\"b\" \"c*\" \"-d\"")
        );
        assert_eq!(question(" * \" ( ) "), None);
    }
}
