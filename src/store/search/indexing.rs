//! When the full-text indexes learn of new messages and posts: after their commits, many at once.
//!
//! A message in an index of its own costs as much as all the rest of its write, so the lane indexes in slices, from a
//! mark on (`search_mark`). The mark moves in the transaction that indexes, so a crash leaves nothing out. A search
//! has the rest indexed first ([`Store::search`]): what was written before is found.

use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;

use super::super::connect::Sql;
use super::super::group::IndexEntry;
use super::super::statements::{
    self, EndOfSlice, GiveUpPostWords, GiveUpWords, LastMessageId, MoveSearchMark, OwnSearchMark,
    SearchMark, SetWordsFormat, SliceTexts, WordsFormat, execute,
};
use super::super::{Db, Failure, MessageSearch, PostSearch, Purpose, Store, Tx};
use super::words::{FORMAT, MessageWords};
use super::{ChannelOrder, ChannelSearch, changes, channel_index, post_index, words};
use crate::model::{Channel, ChannelId, Message, MessageId, Page, PageRequest, Principal, UserId};

/// So many new messages are indexed without waiting longer; a slice holds a few times as many.
const MANY: usize = 64;
/// The same on a server: all lanes wait for a slice, and each asks for several ways there and back.
const MANY_ON_SERVER: usize = 256;
/// Messages per transaction of the index: writes wait for one of these at most.
const SLICE: i64 = 512;
/// Slices that a search waits for. There are more while the index is rebuilt, which takes a while.
const MOST_SLICES: u8 = 16;
/// So long a search waits for what it can do without.
const PATIENCE: Duration = Duration::from_secs(3);
/// New messages are indexed after this time, however few they are.
const SOON: Duration = Duration::from_millis(250);
/// The same on a server, where each lane looks after what all of them have written.
const SOON_ON_SERVER: Duration = Duration::from_secs(1);
/// After a failure, which is logged where it arose.
const LATER: Duration = Duration::from_secs(5);

/// What follows the commits.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Indexed {
    Messages,
    Posts,
    Channels,
    /// The places of channels, by the messages in them.
    ChannelRanks,
}

impl Indexed {
    pub(in super::super) const ALL: [Self; 4] = [
        Self::Messages,
        Self::Posts,
        Self::Channels,
        Self::ChannelRanks,
    ];

    /// How far the index has come.
    fn mark(self, sql: &mut Sql) -> Result<i64, Failure> {
        match self {
            Self::Messages => mark(sql),
            Self::Posts => post_index::mark(sql),
            Self::Channels => channel_index::mark(sql),
            Self::ChannelRanks => channel_index::rank_mark(sql),
        }
    }

    /// The newest id.
    fn newest(self, sql: &mut Sql) -> Result<i64, Failure> {
        match self {
            Self::Messages | Self::ChannelRanks => {
                Ok(statements::query::<LastMessageId>(&[]).get_result(sql)?)
            }
            Self::Posts => post_index::newest(sql),
            Self::Channels => channel_index::newest(sql),
        }
    }

    /// Whether nothing is missing. All writers need not wait for that question.
    pub(in super::super) fn is_done(self, sql: &mut Sql) -> Result<bool, Failure> {
        Ok(self.mark(sql)? >= self.newest(sql)?)
    }

    /// Whether more is missing than a search would wait for, as while the index is made anew.
    pub(super) fn is_far_behind(self, sql: &mut Sql) -> Result<bool, Failure> {
        let mark = self.mark(sql)?;
        let most = |slice: i64| slice.saturating_mul(MOST_SLICES.into());
        let end = match self {
            Self::Messages => end_of_messages(sql, mark, most(SLICE)),
            Self::Posts => post_index::end_of(sql, mark, most(post_index::SLICE)),
            Self::Channels => channel_index::end_of(sql, mark, most(channel_index::SLICE)),
            Self::ChannelRanks => end_of_messages(sql, mark, most(channel_index::MESSAGES)),
        };
        let newest = self.newest(sql)?;
        Ok(end?.is_some_and(|end| end < newest))
    }

    /// Indexes the next ones; whether those were all.
    pub(in super::super) fn index_slice(self, sql: &mut Sql) -> Result<bool, Failure> {
        match self {
            Self::Messages => index_messages(sql),
            Self::Posts => post_index::index_slice(sql),
            Self::Channels => channel_index::index_slice(sql),
            Self::ChannelRanks => channel_index::rank_slice(sql),
        }
    }

    /// Notes that the index failed while the database works: the next start rebuilds the index. Until then each try may fail.
    pub(in super::super) fn give_up(self, sql: &mut Sql) -> Result<(), Failure> {
        let noted = match self {
            Self::Messages => execute::<GiveUpWords>(sql, &[])?,
            Self::Posts => execute::<GiveUpPostWords>(sql, &[])?,
            // It gives up by itself (`channel_index.rs`), and places are ordinary rows.
            Self::Channels | Self::ChannelRanks => 0,
        };
        if noted > 0 {
            tracing::error!(of = ?self, "a full-text index is damaged; the next start rebuilds it");
        }
        Ok(())
    }
}

/// When the lane indexes next.
pub(in super::super) struct Indexing {
    many: usize,
    soon: Duration,
    waiting: usize,
    due: Option<Instant>,
    /// Set by a failure: many messages do not make the next try come earlier.
    not_before: Option<Instant>,
}

impl Indexing {
    pub(in super::super) fn due_at_once(sql: &Sql, now: Instant) -> Self {
        let (many, soon) = match sql {
            Sql::Sqlite(_) => (MANY, SOON),
            Sql::Postgres(_) => (MANY_ON_SERVER, SOON_ON_SERVER),
        };
        Self {
            many,
            soon,
            waiting: 0,
            due: Some(now),
            not_before: None,
        }
    }

    /// Messages, posts and channels were committed.
    pub(in super::super) fn note(&mut self, new: usize, now: Instant) {
        if new == 0 {
            return;
        }
        self.waiting += new;
        self.due = if self.waiting >= self.many {
            Some(now)
        } else {
            self.due.or(Some(now + self.soon))
        }
        .max(self.not_before);
    }

    /// Something else failed just now.
    pub(in super::super) fn put_off(&mut self, now: Instant) {
        self.not_before = self.not_before.max(Some(now + LATER));
        self.due = self.due.max(self.not_before);
    }

    pub(in super::super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A slice was indexed; whether it was the last.
    pub(in super::super) fn done(&mut self, all: Result<bool, Failure>, now: Instant) {
        self.waiting = 0;
        self.not_before = all.as_ref().err().map(|_logged_already| now + LATER);
        self.due = match all {
            Ok(true) => None,
            Ok(false) => Some(now),
            Err(_logged_already) => self.not_before,
        };
    }
}

fn index_messages(sql: &mut Sql) -> Result<bool, Failure> {
    let Some(mark) = changes::own_mark::<OwnSearchMark>(sql, FORMAT)? else {
        return Ok(true);
    };
    let Some(end) = end_of_messages(sql, mark, SLICE)? else {
        return Ok(true);
    };
    let range = [mark.into(), end.into()];
    let texts: Vec<(i64, i64, i64, String)> = statements::query::<SliceTexts>(&range).load(sql)?;
    let entries: Vec<IndexEntry> = texts
        .into_iter()
        .map(|(id, channel, author, text)| {
            words::entry(MessageId(id), ChannelId(channel), UserId(author), &text)
        })
        .collect();
    changes::add_new::<MessageWords>(sql, &entries)?;
    execute::<MoveSearchMark>(sql, &[end.into()])?;
    Ok(statements::query::<LastMessageId>(&[]).get_result::<i64>(sql)? <= end)
}

/// Empties each index, to rebuild it, if its words were cut by other rules. Called when the database is opened.
pub(in super::super) fn renew(sql: &mut Sql) -> Result<(), Failure> {
    let format: i64 = statements::query::<WordsFormat>(&[]).get_result(sql)?;
    if format != FORMAT {
        words::clear(sql)?;
        execute::<MoveSearchMark>(sql, &[0.into()])?;
        execute::<SetWordsFormat>(sql, &[FORMAT.into()])?;
        tracing::info!(format = FORMAT, "the full-text index is rebuilt");
    }
    post_index::renew(sql)?;
    channel_index::renew(sql)
}

fn mark(sql: &mut Sql) -> Result<i64, Failure> {
    Ok(statements::query::<SearchMark>(&[]).get_result(sql)?)
}

/// The last of so many messages after the mark; nothing if there is none.
fn end_of_messages(sql: &mut Sql, mark: i64, count: i64) -> Result<Option<i64>, Failure> {
    let binds = [mark.into(), count.into()];
    Ok(statements::query::<EndOfSlice>(&binds).get_result::<Option<i64>>(sql)?)
}

impl Db<'_> {
    /// The newest one, if it is not in the index yet.
    fn newest_unindexed(&mut self, what: Indexed) -> Result<Option<i64>, Failure> {
        let newest = what.newest(self.sql)?;
        if what.mark(self.sql)? >= newest {
            return Ok(None);
        }
        // The lane is at work on it; a search that cannot wait for the end does not add to that.
        match what.is_far_behind(self.sql)? {
            true => Err(Failure::Busy),
            false => Ok(Some(newest)),
        }
    }

    /// Whether the index of channels can be asked: it is neither damaged nor being made anew.
    pub(super) fn has_channel_index(&mut self) -> Result<bool, Failure> {
        Ok(!channel_index::is_damaged(self.sql)? && !Indexed::Channels.is_far_behind(self.sql)?)
    }
}

impl Tx<'_> {
    /// A message is deleted: the index forgets it at the end of the group, unless it has not learnt of it yet.
    pub(in super::super) fn forget_message_words(
        &mut self,
        message: &Message,
        text: &str,
    ) -> Result<(), Failure> {
        let (sql, group) = self.parts();
        group.has_deleted = true;
        if message.id.0 <= mark(sql)? {
            let entry = words::entry(message.id, message.channel_id, message.user_id, text);
            group.forgotten.push(entry);
        }
        Ok(())
    }
}

impl Store {
    /// As [`Store::read`], for a search, which the index answers: what was written before this call is found.
    ///
    /// # Errors
    /// [`Failure::Busy`] of either queue, and while much is not indexed yet.
    pub async fn search<T: Send + 'static>(
        &self,
        search: MessageSearch,
        job: impl FnOnce(&mut Db<'_>, MessageSearch) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.index_written(Indexed::Messages).await?;
        self.read_for(Purpose::Search, move |db| job(db, search))
            .await
    }

    /// The same for posts, if the search asks the index.
    ///
    /// # Errors
    /// As [`Store::search`].
    pub async fn search_posts<T: Send + 'static>(
        &self,
        search: PostSearch,
        job: impl FnOnce(&mut Db<'_>, PostSearch) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        if search.asks_index() {
            self.index_written(Indexed::Posts).await?;
        }
        self.read_for(Purpose::Search, move |db| job(db, search))
            .await
    }

    /// The same for channels; the orders that move with each message should know of those messages too. Without words a
    /// search goes by what is indexed already if nothing can be written, and so do the orders.
    ///
    /// # Errors
    /// As [`Store::search`].
    pub async fn search_channels(
        &self,
        search: ChannelSearch,
        reader: Principal,
        request: PageRequest,
    ) -> Result<Page<Channel>, Failure> {
        match search.has_words() {
            true => self.index_written(Indexed::Channels).await?,
            false => self.index_if_possible(Indexed::Channels).await,
        }
        match search.order {
            ChannelOrder::Id => {}
            ChannelOrder::Activity | ChannelOrder::Popularity => {
                self.index_if_possible(Indexed::ChannelRanks).await;
            }
        }
        self.read_for(Purpose::Search, move |db| {
            db.search_channels(&search, &reader, &request)
        })
        .await
    }

    /// A disk that is full and a database that is locked leave what was indexed before, which is moments old.
    async fn index_if_possible(&self, what: Indexed) {
        match tokio::time::timeout(PATIENCE, self.index_written(what)).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => tracing::debug!(%failure, ?what, "searched as indexed before"),
            Err(_elapsed) => {
                tracing::debug!(?what, "searched as indexed before; writing takes long");
            }
        }
    }

    async fn index_written(&self, what: Indexed) -> Result<(), Failure> {
        // Asked of the database, not of the lane: another process may have written.
        let newest = self.read(move |db| db.newest_unindexed(what));
        let newest = newest.await?;
        if let Some(newest) = newest {
            // What is written meanwhile is not waited for.
            for _ in 0..MOST_SLICES {
                if self.write(move |tx| index_up_to(tx, what, newest)).await? {
                    return Ok(());
                }
            }
            return Err(Failure::Busy);
        }
        Ok(())
    }
}

fn index_up_to(tx: &mut Tx<'_>, what: Indexed, newest: i64) -> Result<bool, Failure> {
    let (sql, _) = tx.parts();
    Ok(what.mark(sql)? >= newest || what.index_slice(sql)? || what.mark(sql)? >= newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure_many_messages_do_not_bring_the_next_try_forward() {
        let now = Instant::now();
        let mut indexing = Indexing {
            many: MANY,
            soon: SOON,
            waiting: 0,
            due: Some(now),
            not_before: None,
        };
        indexing.done(Err(Failure::Busy), now);
        indexing.note(MANY, now);
        assert_eq!(indexing.due(), Some(now + LATER));
        indexing.done(Ok(true), now + LATER);
        indexing.note(MANY, now + LATER);
        assert_eq!(indexing.due(), Some(now + LATER));
        indexing.done(Ok(true), now + LATER);
        indexing.note(1, now + LATER);
        assert_eq!(indexing.due(), Some(now + LATER + SOON));
    }
}
