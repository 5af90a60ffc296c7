//! Words in messages, by the full-text index of SQLite. The other database will have this file its own way; which
//! words there are is not its business (`text/words.rs`).

use diesel::RunQueryDsl as _;

use super::super::connect::Sql;
use super::super::db::to_json;
use super::super::pages::{Candidate, MOST};
use super::super::statements::{
    self, BestMessages, EmptyWords, FlushWords, ForgetWords, IndexWords, NewestMessages,
    OldestMessages, Release, RollbackToSavepoint, Savepoint, SetWordsFormat, execute,
};
use super::super::{Db, Failure};
use super::MessageSearch;
use crate::model::PageRequest;
use crate::text::words::{self, Phrase};

/// Pagination id of the best hit; each next one has one less. So pages go on where they ended while the ranking
/// stays as it is.
const BEST: i64 = 1_000_000_000;

/// No format: the index has to be rebuilt.
pub(super) const NO_FORMAT: i64 = 0;

pub(super) fn index(sql: &mut Sql, id: i64, text: &str) -> Result<(), Failure> {
    let words = words::cut(text).join(" ");
    execute::<IndexWords>(sql, &[id.into(), words.as_str().into()])?;
    Ok(())
}

/// Empties the index.
pub(super) fn clear(sql: &mut Sql) -> Result<(), Failure> {
    execute::<EmptyWords>(sql, &[])?;
    Ok(())
}

/// Takes deleted messages out of the index, which must be told the words that it was given. An index that fails must not
/// fail the writes of the group: it is rebuilt at the next start, and until then searches leave out what is deleted.
pub(in super::super) fn forget_words(
    sql: &mut Sql,
    forgotten: &[(i64, String)],
) -> Result<(), Failure> {
    if forgotten.is_empty() {
        return Ok(());
    }
    execute::<Savepoint>(sql, &[])?;
    if let Err(failure) = forget(sql, forgotten) {
        tracing::error!(%failure, "the full-text index is damaged; the next start rebuilds it");
        execute::<RollbackToSavepoint>(sql, &[])?;
        execute::<SetWordsFormat>(sql, &[NO_FORMAT.into()])?;
    }
    execute::<Release>(sql, &[])?;
    Ok(())
}

fn forget(sql: &mut Sql, forgotten: &[(i64, String)]) -> Result<(), Failure> {
    for (id, text) in forgotten {
        let words = words::cut(text).join(" ");
        execute::<ForgetWords>(sql, &[(*id).into(), words.as_str().into()])?;
    }
    execute::<FlushWords>(sql, &[])?;
    Ok(())
}

/// The question in the syntax of the index. Words hold letters, digits and marks only, so nothing in them is syntax.
pub(super) fn expression(phrases: &[Phrase]) -> String {
    let shown = phrases.iter().map(|phrase| {
        let open = if phrase.is_open { " *" } else { "" };
        format!("\"{}\"{open}", phrase.words.join(" "))
    });
    shown.collect::<Vec<_>>().join(" ")
}

impl Db<'_> {
    /// Messages that hold the words, in the order that is asked for; one more than [`MOST`] at most.
    pub(super) fn holding(
        &mut self,
        question: &str,
        search: &MessageSearch,
        request: &PageRequest,
    ) -> Result<Vec<Candidate>, Failure> {
        if search.by_relevance {
            self.ranked(question, search, request)
        } else {
            self.by_age(question, search, request)
        }
    }

    fn ranked(
        &mut self,
        question: &str,
        search: &MessageSearch,
        request: &PageRequest,
    ) -> Result<Vec<Candidate>, Failure> {
        let first = BEST.saturating_sub(request.high()).max(0);
        let last = BEST.saturating_sub(request.low()).min(BEST);
        let count = last.saturating_sub(first).saturating_add(1);
        let channels = search.channel_list()?;
        let binds = [
            question.into(),
            channels.as_str().into(),
            count.clamp(0, LIMIT).into(),
            first.into(),
        ];
        let ids: Vec<i64> = statements::query::<BestMessages>(&binds).load(self.sql)?;
        let keys = (0..).map(|n| BEST - first - n);
        let mut found: Vec<Candidate> = keys
            .zip(ids)
            .map(|(key, id)| Candidate { key, id })
            .collect();
        // The oldest of a range are its worst.
        if request.oldest {
            found.reverse();
        }
        Ok(found)
    }

    fn by_age(
        &mut self,
        question: &str,
        search: &MessageSearch,
        request: &PageRequest,
    ) -> Result<Vec<Candidate>, Failure> {
        let channels = search.channel_list()?;
        let binds = [
            question.into(),
            channels.as_str().into(),
            request.low().into(),
            request.high().into(),
            LIMIT.into(),
        ];
        let ids: Vec<i64> = if request.oldest {
            statements::query::<OldestMessages>(&binds).load(self.sql)?
        } else {
            statements::query::<NewestMessages>(&binds).load(self.sql)?
        };
        Ok(ids
            .into_iter()
            .map(|id| Candidate { key: id, id })
            .collect())
    }
}

#[expect(clippy::cast_possible_wrap, reason = "a small constant")]
const LIMIT: i64 = MOST as i64 + 1;

impl MessageSearch {
    fn channel_list(&self) -> Result<String, Failure> {
        to_json(&self.channels.iter().map(|id| id.0).collect::<Vec<i64>>())
    }
}
