//! The same presence on all servers: changes over the bus, and now and then a comparison.
//!
//! A user's presence is set by a request, to any server, so no server owns it. Of two entries the later one holds, on
//! every server alike ([`Entry::wins_over`]). Messages may be lost: each server sends a digest from time to time, one sum per
//! bucket of users; who finds other sums asks for the entries of those buckets. A server that begins has empty buckets,
//! and so gets everything.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{APART, Entry, PresenceBoard, is_long_over};
use crate::bus::{NodeId, Replica};
use crate::fault::{Seeded, seeded};
use crate::model::{ChannelId, Stamp, UserId};

/// Users are compared in so many buckets; a mask of them is a number.
const BUCKETS: usize = 64;

/// Entries of one message.
const AT_ONCE: usize = 512;

/// Entries of one answer, but for one bucket at least: the rest is asked for behind the next digest. A server that begins
/// asks for all, and changes do not wait behind them.
const ANSWERED: usize = 8192;

/// A server asks, or sends its digest out of turn, at most once in this time.
const PAUSE: Duration = Duration::from_secs(1);

/// What servers say about presence.
#[derive(Debug, Serialize, Deserialize)]
enum Said {
    /// These were set.
    Entries(Vec<Told>),
    /// A sum per bucket, of what holds at this moment.
    Digest { at: Stamp, sums: Vec<u64> },
    /// Server `of` has other sums in the buckets of the mask.
    Want { of: u64, buckets: u64 },
}

/// An entry, and whose it is.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    user: UserId,
    channel: Option<ChannelId>,
    text: Option<String>,
    until: Stamp,
    set_at: Stamp,
    forget_at: Stamp,
}

/// When this server spoke last.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    asked: Mutex<Option<Instant>>,
    told: Mutex<Option<Instant>>,
}

/// Whether it is time again.
fn is_due(last: &Mutex<Option<Instant>>) -> bool {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let due = last.is_none_or(|last| last.elapsed() >= PAUSE);
    if due {
        *last = Some(Instant::now());
    }
    due
}

impl Entry {
    /// Whether it holds instead of the other one. Of two that were set in the same microsecond it is the one that says less,
    /// so that what was taken offline stays so.
    fn wins_over(&self, other: &Self) -> bool {
        if seeded(Seeded::PresenceOfLastTold) {
            return true;
        }
        let rank = |entry: &Self| {
            let text = entry.text.clone();
            (entry.set_at, entry.text.is_none(), entry.until, text)
        };
        rank(self) > rank(other)
    }

    fn told(&self, user: UserId, channel: Option<ChannelId>) -> Told {
        Told {
            user,
            channel,
            text: self.text.clone(),
            until: self.until,
            set_at: self.set_at,
            forget_at: self.forget_at,
        }
    }

    /// The same on all servers that have it.
    fn sum(&self, user: UserId, channel: Option<ChannelId>) -> u64 {
        let parts = [
            user.0,
            channel.map_or(-1, |channel| channel.0),
            self.set_at.0,
            i64::from(self.text.is_some()),
        ];
        parts.into_iter().fold(0, |sum: u64, part| {
            mixed(sum ^ u64::from_le_bytes(part.to_le_bytes()))
        })
    }
}

/// All bits of a number depend on all bits of another (splitmix64).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn bucket(user: UserId) -> usize {
    usize::try_from(user.0.rem_euclid(64)).unwrap_or(0)
}

fn packed(said: &Said) -> Bytes {
    // Plain fields: this does not fail, and an empty message would be no harm.
    serde_json::to_vec(said).unwrap_or_default().into()
}

impl PresenceBoard {
    /// Tells the other servers.
    pub(super) fn tell(&self, user: UserId, channel: Option<ChannelId>, entry: &Entry) {
        if seeded(Seeded::PresenceUntold) {
            return;
        }
        let told = || packed(&Said::Entries(vec![entry.told(user, channel)]));
        self.bus.send_change(told);
    }

    fn merge(&self, told: Told) {
        let Told {
            user,
            channel,
            text,
            until,
            set_at,
            forget_at,
        } = told;
        let (oldest, now) = (self.oldest(), self.clock.now());
        // By a clock that is wrong: it would hold until all others have come so far.
        if set_at > Stamp(now.0.saturating_add(APART)) {
            return;
        }
        let entry = Entry {
            text,
            until,
            set_at,
            forget_at,
        };
        match channel {
            None => {
                let mut known = self.everywhere.entry(user).or_insert_with(|| entry.clone());
                if entry.wins_over(&known) {
                    *known = entry;
                }
            }
            // What is over is kept only in place of something.
            Some(channel) => {
                let mut there = self.channels.entry(channel).or_default();
                match there.get_mut(&user) {
                    Some(known) if entry.wins_over(known) => *known = entry,
                    Some(_) => {}
                    None if entry.forget_at > oldest || entry.until > oldest => {
                        there.insert(user, entry);
                    }
                    None => {}
                }
            }
        }
    }

    /// `at`: the same moment on the servers that compare, whatever their clocks say.
    fn sums(&self, at: Stamp) -> Vec<u64> {
        let mut sums = vec![0_u64; BUCKETS];
        let mut add = |user, sum: u64| {
            if let Some(place) = sums.get_mut(bucket(user)) {
                *place = place.wrapping_add(sum);
            }
        };
        for entry in &self.everywhere {
            if !is_long_over(&entry, at) {
                add(*entry.key(), entry.sum(*entry.key(), None));
            }
        }
        // What ended is forgotten at different moments, so it is not compared. Until then there is time enough for clocks
        // that are apart.
        for there in &self.channels {
            for (user, entry) in there.value() {
                if entry.text.is_some() && entry.until > at {
                    add(*user, entry.sum(*user, Some(*there.key())));
                }
            }
        }
        sums
    }

    fn compare(&self, from: NodeId, at: Stamp, sums: &[u64]) -> Vec<Bytes> {
        let own = self.sums(at);
        let differs = own.iter().zip(sums).enumerate();
        let buckets = differs
            .filter(|(_, (own, theirs))| own != theirs)
            .fold(0_u64, |mask, (at, _)| mask | 1 << at);
        let mut replies = Vec::new();
        if buckets == 0 || seeded(Seeded::PresenceNotCompared) {
            return replies;
        }
        if is_due(&self.exchange.asked) {
            let of = from.0;
            replies.push(packed(&Said::Want { of, buckets }));
        }
        // The other one may lack something too.
        if is_due(&self.exchange.told) {
            replies.push(self.digest());
        }
        replies
    }

    /// The entries of some of these buckets, beginning at any: of one that differs all the time others do not wait for ever.
    fn entries(&self, buckets: u64) -> Vec<Bytes> {
        let now = self.clock.now();
        let mut all: Vec<Vec<Told>> = (0..BUCKETS).map(|_| Vec::new()).collect();
        let mut add = |user: UserId, channel, entry: &Entry| {
            let place = bucket(user);
            if buckets >> place & 1 == 1
                && let Some(wanted) = all.get_mut(place)
            {
                wanted.push(entry.told(user, channel));
            }
        };
        for entry in &self.everywhere {
            if !is_long_over(&entry, now) {
                add(*entry.key(), None, &entry);
            }
        }
        for there in &self.channels {
            for (user, entry) in there.value() {
                add(*user, Some(*there.key()), entry);
            }
        }
        all.rotate_left(rand::random_range(0..BUCKETS));
        let (mut messages, mut count) = (Vec::new(), 0);
        for mut wanted in all {
            if count > 0 && count + wanted.len() > ANSWERED {
                continue;
            }
            count += wanted.len();
            while !wanted.is_empty() {
                let part = wanted.split_off(wanted.len().saturating_sub(AT_ONCE));
                messages.push(packed(&Said::Entries(part)));
            }
        }
        messages
    }
}

impl Replica for PresenceBoard {
    fn digest(&self) -> Bytes {
        let at = self.clock.now();
        let sums = self.sums(at);
        packed(&Said::Digest { at, sums })
    }

    fn take(&self, from: NodeId, said: &[u8]) -> Vec<Bytes> {
        match serde_json::from_slice(said) {
            Ok(Said::Entries(entries)) => {
                entries.into_iter().for_each(|told| self.merge(told));
                Vec::new()
            }
            Ok(Said::Digest { at, sums }) => self.compare(from, at, &sums),
            Ok(Said::Want { of, buckets }) if self.bus.node() == Some(NodeId(of)) => {
                self.entries(buckets)
            }
            // For another server, or of a newer one.
            Ok(Said::Want { .. }) | Err(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
