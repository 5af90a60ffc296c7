//! Words in messages, by the full-text index of SQLite. The other database will have this file its own way.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;

use super::super::connect::Sql;
use super::super::db::to_json;
use super::super::messages::WithClient;
use super::super::statements::{self, BestMessages, ForgetWords};
use super::super::{Db, Failure};
use crate::model::ChannelId;

/// Takes deleted messages out of the index, which must be told the text that it was given.
pub(in super::super) fn forget_words(
    sql: &mut Sql,
    forgotten: &[(i64, String)],
) -> Result<(), Failure> {
    for (id, text) in forgotten {
        statements::execute::<ForgetWords>(sql, &[(*id).into(), text.as_str().into()])?;
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

impl Db<'_> {
    /// Ids of messages that hold the words, best first.
    pub(super) fn ranked(
        &mut self,
        question: &str,
        channels: &[ChannelId],
        offset: i64,
        limit: i64,
    ) -> Result<Vec<i64>, Failure> {
        let channels = to_json(&channels.iter().map(|id| id.0).collect::<Vec<i64>>())?;
        let binds = [
            question.into(),
            channels.as_str().into(),
            limit.into(),
            offset.into(),
        ];
        Ok(statements::query::<BestMessages>(&binds).load(self.sql)?)
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
