//! The full-text index of channels, and their places in the orders that move with each message.
//!
//! As with posts the index learns of new channels after their commits, a slice at a time and from a mark on (`indexing.rs`),
//! and of changed ones at the end of the group that writes them. The places (`channel_ranks`) follow the messages in the
//! same way: an index on the channels themselves would cost each message two of its entries.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::super::channels::{Row, search_text};
use super::super::connect::Sql;
use super::super::group::{IndexChange, IndexEntry};
use super::super::schema::channels;
use super::super::statements::{
    self, EndOfSlice, Release, RollbackToSavepoint, Savepoint, execute, full_text, statements,
};
use super::super::{Db, Failure, Tx};
use super::changes::{self, FullText, NO_FORMAT};
use super::marks::{self, marks_of_channel};
use crate::model::{Channel, ChannelId};
use crate::text::words::{self, cut};

/// Channels per transaction of the index.
pub(super) const SLICE: i64 = 256;
/// Messages per transaction of the places: of each only its channel is read.
pub(super) const MESSAGES: i64 = 2048;
/// By which rules the words and marks are made.
const FORMAT: i64 = words::FORMAT * 1000 + marks::CHANNEL_FORMAT;

statements! {
    /// How far the full-text index of channels has come.
    Mark -> BigInt = "SELECT indexed_up_to FROM channel_search_mark WHERE id = 1";
    /// It has come further.
    MoveMark -> () = "UPDATE channel_search_mark SET indexed_up_to = ?";
    /// The same, if the index was built by these rules or is damaged. The row is locked while another server starts a rebuild.
    OwnMark -> BigInt = "SELECT indexed_up_to FROM channel_search_mark WHERE format IN (?, 0)",
        postgres "SELECT indexed_up_to FROM channel_search_mark WHERE format IN (?, 0) FOR UPDATE SKIP LOCKED";
    /// By which rules its words and marks were made.
    Format -> BigInt = "SELECT format FROM channel_search_mark WHERE id = 1";
    /// The same. No slice is indexed meanwhile.
    HeldFormat -> BigInt = "SELECT format FROM channel_search_mark", postgres "SELECT format FROM channel_search_mark FOR UPDATE";
    /// The index was built by these rules, or the next start has to rebuild it.
    SetFormat -> () = "UPDATE channel_search_mark SET format = ?";
    /// The newest channel.
    LastChannelId -> BigInt = "SELECT COALESCE(MAX(id), 0) FROM channels";
    /// The last of the next channels after an id, so many at most; nothing if there is none.
    EndOfChannels -> Nullable<BigInt> = "SELECT MAX(id) FROM (SELECT id FROM channels WHERE id > ? ORDER BY id LIMIT ?) AS slice";

    /// Up to which message the places of the channels are right.
    RankMark -> BigInt = "SELECT ranked_up_to FROM channel_search_mark";
    /// They are right up to this one.
    MoveRankMark -> () = "UPDATE channel_search_mark SET ranked_up_to = ?";
    /// The places of the channels in which messages of a range of ids were written.
    RankWritten -> () = "INSERT INTO channel_ranks (id, activity, popularity)
        SELECT id, activity, messages * 4294967296 + id FROM channels
            WHERE id IN (SELECT channel_id FROM messages WHERE messages.id > ? AND messages.id <= ?)
        ON CONFLICT (id) DO UPDATE SET activity = excluded.activity, popularity = excluded.popularity";
    /// The places of the channels of a range of ids.
    RankChannels -> () = "INSERT INTO channel_ranks (id, activity, popularity)
        SELECT id, activity, messages * 4294967296 + id FROM channels WHERE id >= ? AND id <= ?
        ON CONFLICT (id) DO UPDATE SET activity = excluded.activity, popularity = excluded.popularity";
}

full_text! {
    "channel_words": IndexWords, IndexAllWords, ForgetWords, FlushWords, EmptyWords, NewestChannels, OldestChannels;
}

/// The index, to be told of changes.
pub(in super::super) struct ChannelWords;

impl FullText for ChannelWords {
    const OBJECTS: &'static str = "channels";
    type Add = IndexWords;
    type AddAll = IndexAllWords;
    type Forget = ForgetWords;
    type Flush = FlushWords;
    type SetFormat = SetFormat;
}

/// How far the index has come.
pub(super) fn mark(sql: &mut Sql) -> Result<i64, Failure> {
    Ok(statements::query::<Mark>(&[]).get_result(sql)?)
}

/// The newest channel.
pub(super) fn newest(sql: &mut Sql) -> Result<i64, Failure> {
    Ok(statements::query::<LastChannelId>(&[]).get_result(sql)?)
}

/// Up to which message the places are right.
pub(super) fn rank_mark(sql: &mut Sql) -> Result<i64, Failure> {
    Ok(statements::query::<RankMark>(&[]).get_result(sql)?)
}

/// Indexes the next channels; whether those were all.
pub(super) fn index_slice(sql: &mut Sql) -> Result<bool, Failure> {
    let Some(mark) = changes::own_mark::<OwnMark>(sql, FORMAT)? else {
        return Ok(true);
    };
    let Some(end) = end_of(sql, mark, SLICE)? else {
        return Ok(true);
    };
    let rows = channels::table
        .filter(channels::id.between(mark + 1, end))
        .select(Row::as_select())
        .load::<Row>(sql)?;
    // One that cannot be read must not keep the others out.
    let channels = (Db { sql }).readable_with_members(rows)?;
    if !is_damaged(sql)? {
        add_or_give_up(sql, &channels)?;
    }
    execute::<RankChannels>(sql, &[(mark + 1).into(), end.into()])?;
    execute::<MoveMark>(sql, &[end.into()])?;
    Ok(newest(sql)? <= end)
}

/// The next start rebuilds an index that fails; until then the index learns of nothing more, and searches do not ask it.
fn add_or_give_up(sql: &mut Sql, channels: &[Channel]) -> Result<(), Failure> {
    execute::<Savepoint>(sql, &[])?;
    let entries: Vec<IndexEntry> = channels.iter().map(entry).collect();
    let added = changes::add_new::<ChannelWords>(sql, &entries);
    if added.is_err() {
        execute::<RollbackToSavepoint>(sql, &[])?;
    }
    execute::<Release>(sql, &[])?;
    match added {
        // Not the index is to blame.
        Err(failure @ (Failure::Busy | Failure::Away)) => Err(failure),
        Err(failure) => {
            tracing::error!(%failure, "the full-text index of channels is damaged; the next start rebuilds it");
            execute::<SetFormat>(sql, &[NO_FORMAT.into()])?;
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Whether the index has to be made anew at the next start.
pub(super) fn is_damaged(sql: &mut Sql) -> Result<bool, Failure> {
    let format: i64 = statements::query::<Format>(&[]).get_result(sql)?;
    Ok(format == NO_FORMAT)
}

/// The last of so many channels after the mark; nothing if there is none.
pub(super) fn end_of(sql: &mut Sql, mark: i64, count: i64) -> Result<Option<i64>, Failure> {
    let binds = [mark.into(), count.into()];
    Ok(statements::query::<EndOfChannels>(&binds).get_result::<Option<i64>>(sql)?)
}

/// Moves the channels of the next messages to their places; whether those were all messages.
pub(super) fn rank_slice(sql: &mut Sql) -> Result<bool, Failure> {
    let mark = rank_mark(sql)?;
    let end: Option<i64> = statements::query::<EndOfSlice>(&[mark.into(), MESSAGES.into()])
        .get_result::<Option<i64>>(sql)?;
    let Some(end) = end else {
        return Ok(true);
    };
    execute::<RankWritten>(sql, &[mark.into(), end.into()])?;
    execute::<MoveRankMark>(sql, &[end.into()])?;
    let newest: i64 = statements::query::<statements::LastMessageId>(&[]).get_result(sql)?;
    Ok(newest <= end)
}

/// Begins the index anew if its words or marks were made by other rules.
pub(super) fn renew(sql: &mut Sql) -> Result<(), Failure> {
    let format: i64 = statements::query::<HeldFormat>(&[]).get_result(sql)?;
    if format != FORMAT {
        execute::<EmptyWords>(sql, &[])?;
        execute::<MoveMark>(sql, &[0.into()])?;
        execute::<SetFormat>(sql, &[FORMAT.into()])?;
        tracing::info!(
            format = FORMAT,
            "all channels are indexed anew for the search"
        );
    }
    Ok(())
}

fn entry(channel: &Channel) -> IndexEntry {
    IndexEntry {
        id: channel.id.0,
        words: cut(&search_text(&channel.kind, &channel.raw)).join(" "),
        marks: marks_of_channel(channel),
    }
}

impl Tx<'_> {
    /// A channel is about to change: at the end of the group the index forgets it as it is now, unless it has not learnt of it
    /// yet.
    pub(in super::super) fn forget_channel_words(&mut self, id: ChannelId) -> Result<(), Failure> {
        if let Some(entry) = self.indexed_channel(id)? {
            self.parts()
                .1
                .channel_changes
                .push(IndexChange::Forget(entry));
        }
        Ok(())
    }

    /// It has changed: the index learns of it as it is now.
    pub(in super::super) fn add_channel_words(&mut self, id: ChannelId) -> Result<(), Failure> {
        if let Some(entry) = self.indexed_channel(id)? {
            let changes = &mut self.parts().1.channel_changes;
            // Most changes are of nothing that the index holds: it need not write the same words again.
            match changes.pop_if(|last| matches!(last, IndexChange::Forget(held) if *held == entry))
            {
                Some(_unchanged) => {}
                None => changes.push(IndexChange::Add(entry)),
            }
        }
        Ok(())
    }

    fn indexed_channel(&mut self, id: ChannelId) -> Result<Option<IndexEntry>, Failure> {
        if id.0 > mark(self.sql)? {
            return Ok(None);
        }
        Ok(self.channel(id)?.map(|channel| entry(&channel)))
    }

    /// A message of the channel is deleted: one less.
    pub(in super::super) fn rank_channel(&mut self, id: ChannelId) -> Result<(), Failure> {
        execute::<RankChannels>(self.sql, &[id.0.into(), id.0.into()])?;
        Ok(())
    }
}
