//! Presence of users, global and per channel. Kept in memory, until it expires.

use std::collections::HashMap;

use dashmap::DashMap;

use crate::clock::Clock;
use crate::model::access::may_be_present;
use crate::model::{Channel, ChannelId, Presence, Stamp, UserId};

/// A change of presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPresence {
    /// `None` is offline.
    pub text: Option<String>,
    /// When it expires.
    pub until: Stamp,
}

#[derive(Clone, Debug)]
struct Entry {
    text: Option<String>,
    until: Stamp,
    set_at: Stamp,
}

impl Entry {
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

/// The presence of all users on this machine. Written by the actor of the user or channel, read by any thread.
#[derive(Debug)]
pub struct PresenceBoard {
    clock: Clock,
    everywhere: DashMap<UserId, Entry>,
    channels: DashMap<ChannelId, HashMap<UserId, Entry>>,
}

impl PresenceBoard {
    /// Every user is offline.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
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

    /// All users that are not offline, by rising id.
    pub fn all(&self) -> Vec<Presence> {
        let now = self.clock.now();
        let mut all: Vec<Presence> = self
            .everywhere
            .iter()
            .map(|entry| entry.value().show(*entry.key(), now))
            .filter(|presence| presence.text.is_some())
            .collect();
        all.sort_unstable_by_key(|presence| presence.user_id);
        all
    }

    /// All users present in a channel, by rising id. What was set by a user that may not be there any more is not shown.
    pub fn in_channel(&self, channel: &Channel) -> Vec<Presence> {
        let now = self.clock.now();
        let Some(there) = self.channels.get(&channel.id) else {
            return Vec::new();
        };
        let mut all: Vec<Presence> = there
            .iter()
            .filter(|(user, _)| may_be_present(**user, channel))
            .map(|(user, entry)| entry.show(*user, now))
            .filter(|presence| presence.text.is_some())
            .collect();
        all.sort_unstable_by_key(|presence| presence.user_id);
        all
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
        let entry = Entry {
            text: set.text,
            until: set.until,
            set_at: now,
        };
        let shown = entry.show(user, now);
        self.everywhere.insert(user, entry);
        shown
    }

    /// Sets a presence in a channel and returns it.
    pub fn set_in(&self, user: UserId, channel: ChannelId, set: SetPresence) -> Presence {
        let now = self.clock.now();
        let entry = Entry {
            text: set.text,
            until: set.until,
            set_at: now,
        };
        let shown = entry.show(user, now);
        self.channels
            .entry(channel)
            .or_default()
            .insert(user, entry);
        shown
    }

    /// Takes a user out of a channel. A user that is not there changes nothing.
    pub fn leave(&self, user: UserId, channel: ChannelId) -> Presence {
        let there = self.channels.get_mut(&channel);
        if let Some(mut there) = there
            && let Some(entry) = there.get_mut(&user)
        {
            let now = self.clock.now();
            (entry.text, entry.until, entry.set_at) = (None, now, now);
            return entry.show(user, now);
        }
        absent(user)
    }

    /// A channel changed: users that may not be there any more are taken out.
    pub fn keep_readers(&self, channel: &Channel) {
        if let Some(mut there) = self.channels.get_mut(&channel.id) {
            there.retain(|user, _| may_be_present(*user, channel));
        }
    }

    /// Takes a user offline, everywhere: the account was disabled.
    pub fn take_offline(&self, user: UserId) {
        if let Some(mut entry) = self.everywhere.get_mut(&user) {
            entry.text = None;
        }
        for mut there in self.channels.iter_mut() {
            there.remove(&user);
        }
    }

    /// Removes expired and offline entries of channels. Global entries stay for `last_seen_at`; there
    /// is at most one per account.
    pub fn sweep(&self) {
        let now = self.clock.now();
        for mut there in self.channels.iter_mut() {
            there.retain(|_, entry| entry.text.is_some() && entry.until > now);
        }
        self.channels.retain(|_, there| !there.is_empty());
    }
}
