//! The words of users' names and profiles, which a search asks; a start cuts them again when the rules for words changed.

use diesel::prelude::*;

use super::super::connect::Sql;
use super::super::db::to_json;
use super::super::schema::{user_words, users};
use super::super::statements::{
    InsertAllUserWords, InsertUserWords, MixUserWordsFormat, SetUserWordsFormat, UserWordsFormat,
    Values, execute, query, set,
};
use super::super::{Failure, Tx};
use super::entry::LONGEST;
use super::words::FORMAT;
use crate::model::{Content, User};
use crate::text::words;

/// Before a word of a profile. No word begins with it.
pub(super) const OF_PROFILE: char = '~';
/// The format while the words of all users are cut by these rules.
const UNDER_WAY: i64 = -FORMAT;
/// Users whose words are cut again in one transaction: all writers wait for it.
const SLICE: i64 = 200;

/// Id, username, display name, content.
type Names = (i64, String, Option<String>, Option<String>);

/// The words of a user's names, each once.
pub(super) fn words_of_names(username: &str, name: Option<&str>) -> Vec<String> {
    let mut words = words::cut(username);
    words.extend(words::cut(name.unwrap_or_default()));
    words.sort_unstable();
    words.dedup();
    words
}

/// The words that a user is found by, as they are kept, each once.
fn words_kept(username: &str, name: Option<&str>, profile: Option<&str>) -> Vec<String> {
    let of_profile = words::cut(profile.unwrap_or_default()).into_iter();
    let mut kept = words_of_names(username, name);
    kept.extend(of_profile.map(|word| format!("{OF_PROFILE}{word}")));
    for word in &mut kept {
        // Longer ones do not fit into an index of PostgreSQL.
        if let Some((end, _)) = word.char_indices().nth(LONGEST) {
            word.truncate(end);
        }
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

impl Tx<'_> {
    /// A user has names and a profile, or others.
    pub(in super::super) fn index_user(&mut self, user: &User) -> Result<(), Failure> {
        let old = user_words::table.filter(user_words::user_id.eq(user.id.0));
        diesel::delete(old).execute(self.sql)?;
        let profile = user.content.as_ref().map(|content| content.text.as_str());
        let words = words_kept(&user.username, user.name.as_deref(), profile);
        // A server of a later version cuts these words again at its next start.
        execute::<MixUserWordsFormat>(self.sql, &[FORMAT.into(), UNDER_WAY.into()])?;
        index(self.sql, user.id.0, &words)
    }
}

/// Words of users, in rows.
fn index(sql: &mut Sql, id: i64, words: &[String]) -> Result<(), Failure> {
    let words = to_json(&words)?;
    execute::<InsertUserWords>(sql, &[id.into(), (&*words).into()])?;
    Ok(())
}

/// The text of a stored profile. One that cannot be read has none: it must not keep the database from being opened.
fn text_of(content: Option<&str>) -> Option<String> {
    let content = serde_json::from_str::<Content>(content?);
    content.ok().map(|content| content.text)
}

/// How far the words of all users have been cut again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum UserWords {
    /// By these rules they are all cut.
    Current,
    /// Up to this user.
    UpTo(i64),
}

/// Cuts the words of the next users, if rules for words changed or no user is indexed. A transaction each, in which no other
/// process writes: a server that runs waits for a slice at most. A server of another version that changes a user meanwhile says
/// so ([`MixUserWordsFormat`]), and the next start begins again.
pub(in super::super) fn renew_users(
    sql: &mut Sql,
    reached: Option<i64>,
) -> Result<UserWords, Failure> {
    let format: i64 = query::<UserWordsFormat>(&[]).get_result(sql)?;
    let Some(after) = reached else {
        let any: Option<i64> = user_words::table
            .select(user_words::user_id)
            .first(sql)
            .optional()?;
        if format == FORMAT && any.is_some() {
            return Ok(UserWords::Current);
        }
        execute::<SetUserWordsFormat>(sql, &[UNDER_WAY.into()])?;
        return Ok(UserWords::UpTo(0));
    };
    let rows: Vec<Names> = users::table
        .filter(users::id.gt(after))
        .order(users::id.asc())
        .limit(SLICE)
        .select((users::id, users::username, users::name, users::content))
        .load(sql)?;
    let Some((end, ..)) = rows.last() else {
        if format == UNDER_WAY {
            execute::<SetUserWordsFormat>(sql, &[FORMAT.into()])?;
        }
        return Ok(UserWords::Current);
    };
    let end = *end;
    let old = user_words::table.filter(user_words::user_id.gt(after));
    diesel::delete(old.filter(user_words::user_id.le(end))).execute(sql)?;
    let users = rows.iter().map(|(id, username, name, content)| {
        let profile = text_of(content.as_deref());
        (
            *id,
            words_kept(username, name.as_deref(), profile.as_deref()),
        )
    });
    index_all(sql, &Vec::from_iter(users))?;
    Ok(UserWords::UpTo(end))
}

fn index_all(sql: &mut Sql, users: &[(i64, Vec<String>)]) -> Result<(), Failure> {
    let Sql::Postgres(sql) = sql else {
        return users
            .iter()
            .try_for_each(|(id, words)| index(sql, *id, words));
    };
    let rows = || {
        users
            .iter()
            .flat_map(|(id, words)| words.iter().map(move |word| (*id, word)))
    };
    let columns = [
        Values::Ints(rows().map(|(id, _)| id).collect()),
        Values::Texts(rows().map(|(_, word)| word.as_str()).collect()),
    ];
    set::<InsertAllUserWords>(&columns).execute(sql)?;
    Ok(())
}
