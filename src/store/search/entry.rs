//! An entry of a full-text index, as each database takes it.

use diesel::{PgConnection, QueryResult, RunQueryDsl as _};

use super::super::connect::Sql;
use super::super::group::IndexEntry;
use super::super::statements::{Statement, Values, execute, set};

/// Longest word in an index of PostgreSQL, in characters: a lexeme has 2046 bytes at most.
pub(super) const LONGEST: usize = 500;
/// Longest entry there, in bytes: a `tsvector` has 1 MiB at most, and is never longer than its literal.
const MOST_BYTES: usize = 1_000_000;

/// Gives an entry to the index by its statement.
pub(super) fn add<S: Statement>(sql: &mut Sql, entry: &IndexEntry) -> QueryResult<()> {
    let id = entry.id.into();
    match sql {
        Sql::Sqlite(_) => {
            let (words, marks) = (entry.words.as_str().into(), entry.marks.as_str().into());
            execute::<S>(sql, &[id, words, marks])?;
        }
        Sql::Postgres(_) => {
            let words = tsvector(entry);
            execute::<S>(sql, &[id, words.as_str().into()])?;
        }
    }
    Ok(())
}

/// Gives many to the index of a server at once: each statement is a way there and back, and all writers wait meanwhile.
pub(super) fn add_all<S: Statement>(
    sql: &mut PgConnection,
    entries: &[IndexEntry],
) -> QueryResult<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = entries.iter().map(tsvector).collect();
    let columns = [
        Values::Ints(entries.iter().map(|entry| entry.id).collect()),
        Values::Texts(words.iter().map(String::as_str).collect()),
    ];
    set::<S>(&columns).execute(sql).map(drop)
}

/// As PostgreSQL reads it: `'=b42' '=u7' 'hello':1 'world':2`. Words and marks hold no quotes. (A function in SQL that makes
/// the same of both costs twenty times as much.)
fn tsvector(entry: &IndexEntry) -> String {
    let marks = entry.marks.split_ascii_whitespace();
    let marks = marks.map(|mark| format!("'={mark}' "));
    let words = entry.words.split_ascii_whitespace().zip(1..);
    let words = words.map(|(word, place)| {
        let cut: String = word.chars().take(LONGEST).collect();
        format!("'{cut}':{place} ")
    });
    let mut text = String::new();
    for lexeme in marks.chain(words) {
        if text.len() + lexeme.len() > MOST_BYTES {
            break;
        }
        text.push_str(&lexeme);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(words: &str, marks: &str) -> IndexEntry {
        IndexEntry {
            id: 1,
            words: words.to_owned(),
            marks: marks.to_owned(),
        }
    }

    #[test]
    fn marks_come_first_and_words_have_their_places() {
        let text = tsvector(&entry("hello world hello", "b42 u7"));
        assert_eq!(text, "'=b42' '=u7' 'hello':1 'world':2 'hello':3 ");
        assert_eq!(tsvector(&entry("", "")), "");
    }

    #[test]
    fn an_entry_is_bounded() {
        let long = "x".repeat(10_000);
        assert_eq!(tsvector(&entry(&long, "")).len(), LONGEST + "'':1 ".len());
        let many = "word ".repeat(500_000);
        assert!(tsvector(&entry(&many, "u7")).len() <= MOST_BYTES);
    }
}
