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

use super::{Entry, PresenceBoard};
use crate::bus::{NodeId, Replica};
use crate::fault::{Seeded, seeded};
use crate::model::{ChannelId, Stamp, UserId};

/// Users are compared in so many buckets; a mask of them is a number.
const BUCKETS: usize = 64;

/// Entries of one message.
const AT_ONCE: usize = 512;

/// A server asks, or sends its digest out of turn, at most once in this time.
const PAUSE: Duration = Duration::from_secs(1);

/// What servers say about presence.
#[derive(Debug, Serialize, Deserialize)]
enum Said {
    /// These were set.
    Entries(Vec<Told>),
    /// A sum per bucket.
    Digest(Vec<u64>),
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
        let now = self.clock.now();
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
                    None if entry.forget_at > now || entry.until > now => {
                        there.insert(user, entry);
                    }
                    None => {}
                }
            }
        }
    }

    fn sums(&self) -> Vec<u64> {
        let mut sums = vec![0_u64; BUCKETS];
        let mut add = |user, sum: u64| {
            if let Some(place) = sums.get_mut(bucket(user)) {
                *place = place.wrapping_add(sum);
            }
        };
        for entry in &self.everywhere {
            add(*entry.key(), entry.sum(*entry.key(), None));
        }
        // What ended is forgotten at different moments, so it is not compared.
        let now = self.clock.now();
        for there in &self.channels {
            for (user, entry) in there.value() {
                if entry.text.is_some() && entry.until > now {
                    add(*user, entry.sum(*user, Some(*there.key())));
                }
            }
        }
        sums
    }

    fn compare(&self, from: NodeId, sums: &[u64]) -> Vec<Bytes> {
        let own = self.sums();
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
            replies.push(packed(&Said::Digest(own)));
        }
        replies
    }

    fn entries(&self, buckets: u64) -> Vec<Bytes> {
        let is_wanted = |user: &UserId| buckets >> bucket(*user) & 1 == 1;
        let mut all = Vec::new();
        for entry in &self.everywhere {
            if is_wanted(entry.key()) {
                all.push(entry.told(*entry.key(), None));
            }
        }
        for there in &self.channels {
            let wanted = there.value().iter().filter(|(user, _)| is_wanted(user));
            all.extend(wanted.map(|(user, entry)| entry.told(*user, Some(*there.key()))));
        }
        let mut messages = Vec::new();
        while !all.is_empty() {
            let part = all.split_off(all.len().saturating_sub(AT_ONCE));
            messages.push(packed(&Said::Entries(part)));
        }
        messages
    }
}

impl Replica for PresenceBoard {
    fn digest(&self) -> Bytes {
        packed(&Said::Digest(self.sums()))
    }

    fn take(&self, from: NodeId, said: &[u8]) -> Vec<Bytes> {
        match serde_json::from_slice(said) {
            Ok(Said::Entries(entries)) => {
                entries.into_iter().for_each(|told| self.merge(told));
                Vec::new()
            }
            Ok(Said::Digest(sums)) => self.compare(from, &sums),
            Ok(Said::Want { of, buckets }) if self.bus.node() == Some(NodeId(of)) => {
                self.entries(buckets)
            }
            // For another server, or of a newer one.
            Ok(Said::Want { .. }) | Err(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::SetPresence;
    use crate::bus::tests::TestBus;
    use crate::clock::Clock;

    const ADA: UserId = UserId(1);
    const BOB: UserId = UserId(65);
    const ROOM: ChannelId = ChannelId(7);

    struct Server {
        node: NodeId,
        bus: TestBus,
        board: PresenceBoard,
    }

    impl Server {
        fn new(node: u64) -> Self {
            let bus = TestBus::new(node);
            Self {
                node: NodeId(node),
                board: PresenceBoard::new(Clock::default(), bus.bus.clone()),
                bus,
            }
        }

        fn says(&self, user: UserId, text: &str) {
            self.board.set(user, self.until(Some(text), 60));
        }

        fn until(&self, text: Option<&str>, seconds: i64) -> SetPresence {
            let until = Stamp(self.board.clock.now().0 + seconds * 1_000_000);
            let text = text.map(str::to_owned);
            SetPresence { text, until }
        }

        fn shows(&self, user: UserId) -> Option<String> {
            self.board.of(user).text
        }

        fn in_room(&self, user: UserId) -> Option<String> {
            let there = self.board.channels.get(&ROOM)?;
            there.get(&user)?.text.clone()
        }
    }

    /// Compares the two until neither has anything to say.
    fn agree(a: &Server, b: &Server) {
        let mut said = vec![(a, b, a.board.digest()), (b, a, b.board.digest())];
        while let Some((from, to, what)) = said.pop() {
            let replies = to.board.take(from.node, &what);
            said.extend(replies.into_iter().map(|reply| (to, from, reply)));
        }
        assert_eq!(a.board.digest(), b.board.digest());
    }

    #[test]
    fn changes_arrive_in_any_order_and_the_later_one_holds() {
        let (mut a, b) = (Server::new(1), Server::new(2));
        a.says(ADA, "one");
        a.says(ADA, "two");
        let changes = a.bus.said();
        assert_eq!(changes.len(), 2);
        for change in changes.iter().rev() {
            b.board.take(a.node, change);
        }
        assert_eq!(b.shows(ADA).as_deref(), Some("two"));
        assert_eq!(b.board.digest(), a.board.digest());
        // It was set behind what this server has seen, whatever its clock says.
        b.says(ADA, "three");
        assert!(
            b.board.everywhere.get(&ADA).unwrap().set_at
                > a.board.everywhere.get(&ADA).unwrap().set_at
        );
    }

    #[test]
    fn servers_that_missed_everything_agree_by_their_digests() {
        let (a, b) = (Server::new(1), Server::new(2));
        a.says(ADA, "on a");
        b.says(BOB, "on b");
        b.board.set_in(ADA, ROOM, b.until(Some("typing"), 60));
        agree(&a, &b);
        for server in [&a, &b] {
            assert_eq!(server.shows(ADA).as_deref(), Some("on a"));
            assert_eq!(server.shows(BOB).as_deref(), Some("on b"));
            assert_eq!(server.in_room(ADA).as_deref(), Some("typing"));
        }
    }

    #[test]
    fn what_ended_on_one_server_does_not_come_back_from_another() {
        let (a, b) = (Server::new(1), Server::new(2));
        a.board.set_in(ADA, ROOM, a.until(Some("typing"), 60));
        a.says(BOB, "here");
        agree(&a, &b);
        let fresh = Server::new(3);
        a.board.leave(ADA, ROOM);
        a.board.take_offline(BOB);
        a.board.sweep();
        // `b` has missed both, and brings what it has to a server that has nothing.
        agree(&b, &fresh);
        assert_eq!(fresh.in_room(ADA).as_deref(), Some("typing"));
        for behind in [&b, &fresh] {
            // A pause between two questions, for the story alone.
            *a.board.exchange.asked.lock().unwrap() = None;
            *a.board.exchange.told.lock().unwrap() = None;
            *behind.board.exchange.asked.lock().unwrap() = None;
            *behind.board.exchange.told.lock().unwrap() = None;
            agree(&a, behind);
            for server in [&a, behind] {
                assert_eq!(server.in_room(ADA), None);
                assert_eq!(server.shows(BOB), None);
            }
        }
    }

    #[test]
    fn what_is_over_is_swept_and_is_no_difference() {
        let (a, b) = (Server::new(1), Server::new(2));
        a.board.set_in(ADA, ROOM, a.until(Some("gone"), -1));
        assert_eq!(a.board.digest(), b.board.digest());
        a.board.sweep();
        assert!(a.board.channels.is_empty());
        // A copy of it that comes later is not taken.
        let told = a.board.everywhere.len();
        b.board.take(a.node, b"[not what servers say]");
        assert_eq!((told, b.board.everywhere.len()), (0, 0));
    }

    #[test]
    fn a_question_to_another_server_is_not_answered() {
        let (a, b) = (Server::new(1), Server::new(2));
        a.says(ADA, "here");
        let want = packed(&Said::Want {
            of: 3,
            buckets: u64::MAX,
        });
        assert!(a.board.take(b.node, &want).is_empty());
        let want = packed(&Said::Want {
            of: 1,
            buckets: u64::MAX,
        });
        assert_eq!(a.board.take(b.node, &want).len(), 1);
    }
}
