//! Presence of users, global and per channel. Kept in memory, until it expires.
//!
//! Each server of a database has all of it: changes go over the bus, and of two the later one holds (`replicating/mod.rs`).
//! Without a bus a server knows what was set on itself.

mod replicating;

use std::collections::HashMap;

use dashmap::DashMap;

use crate::bus::Bus;
use crate::clock::Clock;
use crate::model::access::may_be_present;
use crate::model::{Channel, ChannelId, Page, PageRequest, Presence, Stamp, UserId};

/// How far the clocks of two servers may be apart, in microseconds: five minutes from the database's, in either direction,
/// and a little more.
const APART: i64 = 11 * 60 * 1_000_000;

/// How long it is known when a user was there last, in microseconds: thirty days.
const REMEMBERED: i64 = 30 * 86_400 * 1_000_000;

/// A change of presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPresence {
    /// `None` is offline.
    pub text: Option<String>,
    /// When it expires.
    pub until: Stamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    text: Option<String>,
    until: Stamp,
    set_at: Stamp,
    /// When it may be forgotten if it is over: as long as another server may still have what it replaced.
    forget_at: Stamp,
}

impl Entry {
    /// In place of an older one. It is the later of the two, also where the other was set by a clock that is ahead.
    fn new(set: SetPresence, now: Stamp, older: Option<&Self>) -> Self {
        let behind = older.map_or(now, |older| Stamp(older.set_at.0.saturating_add(1)));
        Self {
            text: set.text,
            until: set.until,
            set_at: now.max(behind),
            forget_at: older.map_or(set.until, |older| older.forget_at.max(set.until)),
        }
    }

    fn show(&self, user_id: UserId, now: Stamp) -> Presence {
        let text = self.text.clone().filter(|_| self.until > now);
        Presence {
            user_id,
            text,
            last_seen_at: Some(self.set_at),
        }
    }
}

/// Not there, as far as this server knows.
fn absent(user_id: UserId) -> Presence {
    Presence {
        user_id,
        text: None,
        last_seen_at: None,
    }
}

fn is_listed(user: UserId, entry: &Entry, request: &PageRequest, now: Stamp) -> bool {
    let is_present = entry.text.is_some() && entry.until > now;
    is_present && (request.low()..=request.high()).contains(&user.0)
}

/// Only what is on the page is copied.
fn page_of(
    request: &PageRequest,
    mut ids: Vec<UserId>,
    show: impl Fn(UserId) -> Option<Presence>,
) -> Page<Presence> {
    ids.sort_unstable();
    if !request.oldest {
        ids.reverse();
    }
    ids.truncate(usize::from(request.count) + 1);
    let shown = ids.into_iter();
    let shown = shown.filter_map(|user| Some((user.0, show(user)?)));
    Page::of(request, shown.collect())
}

/// The presence of all users. Written by the actor of the user or channel and by the bus, read by any thread.
pub struct PresenceBoard {
    clock: Clock,
    bus: Bus,
    exchange: replicating::Exchange,
    everywhere: DashMap<UserId, Entry>,
    channels: DashMap<ChannelId, HashMap<UserId, Entry>>,
}

impl PresenceBoard {
    /// Every user is offline.
    pub fn new(clock: Clock, bus: Bus) -> Self {
        Self {
            clock,
            bus,
            exchange: replicating::Exchange::default(),
            everywhere: DashMap::new(),
            channels: DashMap::new(),
        }
    }

    /// One user's global presence.
    pub fn of(&self, user: UserId) -> Presence {
        let now = self.clock.now();
        let entry = self.everywhere.get(&user);
        entry.map_or_else(|| absent(user), |entry| entry.show(user, now))
    }

    /// How many users are not offline.
    pub fn count(&self) -> usize {
        let now = self.clock.now();
        let all = self.everywhere.iter();
        all.filter(|entry| entry.text.is_some() && entry.until > now)
            .count()
    }

    /// Users that are not offline; the highest id first.
    pub fn all(&self, request: &PageRequest) -> Page<Presence> {
        let now = self.clock.now();
        let ids = self.everywhere.iter().filter_map(|entry| {
            let is_listed = is_listed(*entry.key(), entry.value(), request, now);
            is_listed.then(|| *entry.key())
        });
        page_of(request, ids.collect(), |user| {
            self.everywhere
                .get(&user)
                .map(|entry| entry.show(user, now))
        })
    }

    /// Users present in a channel; the highest id first. What was set by a user that may not be there any more is not shown.
    pub fn in_channel(&self, channel: &Channel, request: &PageRequest) -> Page<Presence> {
        let now = self.clock.now();
        let there = self.channels.get(&channel.id);
        let ids = there.iter().flat_map(|there| there.iter());
        let ids = ids.filter(|(user, _)| may_be_present(**user, channel));
        let ids =
            ids.filter_map(|(user, entry)| is_listed(*user, entry, request, now).then_some(*user));
        page_of(request, ids.collect(), |user| {
            let entry = there.as_ref().and_then(|there| there.get(&user));
            entry.map(|entry| entry.show(user, now))
        })
    }

    /// One user's presence in a channel.
    pub fn of_in(&self, user: UserId, channel: &Channel) -> Presence {
        let now = self.clock.now();
        let there = self.channels.get(&channel.id);
        let there = there.filter(|_| may_be_present(user, channel));
        let entry = there.as_ref().and_then(|there| there.get(&user));
        entry.map_or_else(|| absent(user), |entry| entry.show(user, now))
    }

    /// Sets a global presence and returns it.
    pub fn set(&self, user: UserId, set: SetPresence) -> Presence {
        let now = self.clock.now();
        let entry = {
            let mut place = self.everywhere.entry(user).or_insert_with(|| none(now));
            *place = Entry::new(set, now, Some(&*place));
            place.clone()
        };
        self.tell(user, None, &entry);
        entry.show(user, now)
    }

    /// Sets a presence in a channel and returns it.
    pub fn set_in(&self, user: UserId, channel: ChannelId, set: SetPresence) -> Presence {
        let now = self.clock.now();
        let entry = {
            let mut there = self.channels.entry(channel).or_default();
            let entry = Entry::new(set, now, there.get(&user));
            there.insert(user, entry.clone());
            entry
        };
        self.tell(user, Some(channel), &entry);
        entry.show(user, now)
    }

    /// Takes a user out of a channel. A user that is not there changes nothing.
    pub fn leave(&self, user: UserId, channel: ChannelId) -> Presence {
        let now = self.clock.now();
        let there = self.channels.get_mut(&channel);
        let left = there.and_then(|mut there| {
            let entry = there.get_mut(&user)?;
            let left = SetPresence {
                text: None,
                until: now,
            };
            *entry = Entry::new(left, now, Some(entry));
            Some(entry.clone())
        });
        let Some(entry) = left else {
            return absent(user);
        };
        self.tell(user, Some(channel), &entry);
        entry.show(user, now)
    }

    /// A channel changed: users that may not be there any more are taken out. On each server, by the event of the log.
    pub fn keep_readers(&self, channel: &Channel) {
        if let Some(mut there) = self.channels.get_mut(&channel.id) {
            let gone = there
                .iter_mut()
                .filter(|(user, _)| !may_be_present(**user, channel));
            // Not removed: what another server still has would come back.
            gone.for_each(|(_, entry)| entry.text = None);
        }
    }

    /// Takes a user offline, everywhere: the account was disabled. On each server, by the event of the log.
    pub fn take_offline(&self, user: UserId) {
        if let Some(mut entry) = self.everywhere.get_mut(&user) {
            entry.text = None;
        }
        for mut there in self.channels.iter_mut() {
            if let Some(entry) = there.get_mut(&user) {
                entry.text = None;
            }
        }
    }

    /// What was over before this moment is over by the clock of any server.
    fn oldest(&self) -> Stamp {
        Stamp(self.clock.now().0.saturating_sub(APART))
    }

    /// Removes what is over from channels. Global entries stay for `last_seen_at`, though not for ever.
    pub fn sweep(&self) {
        let oldest = self.oldest();
        self.everywhere
            .retain(|_, entry| !is_long_over(entry, oldest));
        for mut there in self.channels.iter_mut() {
            there.retain(|_, entry| entry.until > oldest || entry.forget_at > oldest);
        }
        self.channels.retain(|_, there| !there.is_empty());
    }
}

/// Whether a global entry has been over for so long that it is not kept in common any more. Servers compare it as of one
/// moment, and forget it later than that by any of their clocks.
fn is_long_over(entry: &Entry, at: Stamp) -> bool {
    entry.until.0.max(entry.set_at.0) < at.0.saturating_sub(REMEMBERED)
}

/// Before the first presence of a user.
fn none(now: Stamp) -> Entry {
    Entry {
        text: None,
        until: now,
        set_at: Stamp(0),
        forget_at: now,
    }
}
