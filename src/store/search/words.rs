//! Words in messages, by the full-text index of the database. Which words there are is not its business
//! (`text/words.rs`).
//!
//! Beside its words the index holds the channel and the author of each message, as a mark each (`marks.rs`). It joins both
//! in the order of the ids, so a search in a small channel skips what other channels hold.

use diesel::{QueryResult, RunQueryDsl as _};

use super::super::connect::Sql;
use super::super::group::IndexEntry;
use super::super::statements::{
    self, EmptyWords, FlushWords, ForgetWords, IndexAllWords, IndexWords, NewestMessages,
    OldestMessages, Release, RollbackToSavepoint, Savepoint, SetWordsFormat, execute,
};
use super::super::{Db, Failure};
use super::MessageSearch;
use super::changes::{self, FullText, NO_FORMAT};
use super::marks::Mark;
use super::wanted::Wanted;
use crate::model::{ChannelId, MessageId, PageRequest, UserId};
use crate::text::words::{self, Phrase};

/// By which rules the index of messages and the words of users are made; the second part is to be raised with every change of
/// the marks, and of what of a user is indexed.
pub(super) const FORMAT: i64 = words::FORMAT * 1000 + 2;

/// Most channels that the index is asked about; in more, the hits of all channels are examined one by one.
const CHANNELS_MAX: usize = 500;

/// What the index holds of a message.
pub(super) fn entry(id: MessageId, channel: ChannelId, author: UserId, text: &str) -> IndexEntry {
    IndexEntry {
        id: id.0,
        words: words::cut(text).join(" "),
        marks: format!(
            "{} {}",
            Mark::Channel(channel.0).word(),
            Mark::Author(author.0).word()
        ),
    }
}

/// The index, to be told of new messages.
pub(super) struct MessageWords;

impl FullText for MessageWords {
    const OBJECTS: &'static str = "messages";
    type Add = IndexWords;
    type AddAll = IndexAllWords;
    type Forget = ForgetWords;
    type Flush = FlushWords;
    type SetFormat = SetWordsFormat;
}

/// Empties the index.
pub(super) fn clear(sql: &mut Sql) -> Result<(), Failure> {
    execute::<EmptyWords>(sql, &[])?;
    Ok(())
}

/// Takes deleted messages out of the index, which must be told what it was given. An index that fails must not
/// fail the writes of the group: it is rebuilt at the next start, and until then searches leave out what is deleted.
pub(in super::super) fn forget_words(
    sql: &mut Sql,
    forgotten: &[IndexEntry],
) -> Result<(), Failure> {
    if forgotten.is_empty() {
        return Ok(());
    }
    execute::<Savepoint>(sql, &[])?;
    if let Err(failure) = forget(sql, forgotten).map_err(changes::failure) {
        if let Failure::Busy | Failure::Away = failure {
            // Not the index is to blame.
            return Err(failure);
        }
        tracing::error!(%failure, "the full-text index is damaged; the next start rebuilds it");
        execute::<RollbackToSavepoint>(sql, &[])?;
        execute::<SetWordsFormat>(sql, &[NO_FORMAT.into()])?;
    }
    execute::<Release>(sql, &[])?;
    Ok(())
}

fn forget(sql: &mut Sql, forgotten: &[IndexEntry]) -> QueryResult<()> {
    for entry in forgotten {
        let (words, marks) = (entry.words.as_str(), entry.marks.as_str());
        execute::<ForgetWords>(sql, &[entry.id.into(), words.into(), marks.into()])?;
    }
    execute::<FlushWords>(sql, &[])?;
    Ok(())
}

impl MessageSearch {
    /// What the index is asked: words, the channels, the author. `None`: nothing, which finds all messages.
    pub(super) fn wanted(&self, phrases: &[Phrase]) -> Option<Wanted> {
        let channels = (self.channels.len() <= CHANNELS_MAX).then(|| {
            let channels = self.channels.iter();
            channels.map(|id| Mark::Channel(id.0)).collect()
        });
        let author = self.creator.map(|id| vec![Mark::Author(id.0)]);
        let groups: Vec<Vec<Mark<'_>>> = channels.into_iter().chain(author).collect();
        Wanted::of(phrases, &groups)
    }
}

impl Db<'_> {
    /// Ids of messages that the index finds, in the order of the request.
    pub(super) fn indexed_messages(
        &mut self,
        wanted: &Wanted,
        request: &PageRequest,
    ) -> Result<Vec<i64>, Failure> {
        let wanted = wanted.text(self.sql);
        let binds = [
            (&*wanted).into(),
            request.low().into(),
            request.high().into(),
            i64::from(request.count).into(),
        ];
        Ok(match request.oldest {
            true => statements::query::<OldestMessages>(&binds).load(self.sql)?,
            false => statements::query::<NewestMessages>(&binds).load(self.sql)?,
        })
    }
}
